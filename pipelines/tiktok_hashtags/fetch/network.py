"""The network itself: HTTP/1.1 connections on which no answer may take longer than its deadline.

httpx's own transport only has timeouts per read, so a server that sends a byte of its headers every few seconds would
hold a walk forever. A proxy gets a CONNECT and then carries TLS that it cannot read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ssl import SSLCertVerificationError, SSLContext
from typing import Any

import httpcore
import httpx

from tiktok_hashtags.errors import CertificateError, ProxyAwayError, ProxyError

DEADLINE_SECONDS = 60.0
CONNECT_FAULTS = (httpcore.ConnectError, httpcore.ConnectTimeout)
FAULTS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)
_MAX_HEAD = 16_384
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that opens tunnels.

    Args:
        host: Its host.
        port: Its port.
        authorization: The value of its header `Proxy-Authorization`; None without user and password.
        setting: The setting or variable that names it, for messages.
    """

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)
    setting: str = "[sources] proxy (SOURCES__PROXY)"

    def __str__(self) -> str:
        """Name the proxy without its user and password."""
        return f"http://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """How an API is reached.

    Args:
        proxy: The proxy that connections go through; None for direct ones.
        ca_bundle: A file with authorities to trust besides the usual ones.
    """

    proxy: Proxy | None = None
    ca_bundle: str | None = None

    def ssl_context(self) -> SSLContext:
        """Return a context that trusts the usual authorities and those of the bundle."""
        context = httpx.create_ssl_context()
        if self.ca_bundle:
            context.load_verify_locations(cafile=self.ca_bundle)
        return context


DIRECT = Route()


class NetworkTransport(httpx.BaseTransport):
    """Sends requests over a pool of connections; raises httpcore's exceptions, and our own for proxy and certificate.

    Args:
        connections: The most connections at a time, all kept open for the next request.
        monotonic: Seconds of the clock that the deadline is measured by.
        route: The proxy, and the authorities to trust.
    """

    def __init__(
        self, *, connections: int, monotonic: Callable[[], float] = time.monotonic, route: Route = DIRECT
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=route.ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_Tunnels(monotonic, route.proxy) if route.proxy else _Backend(monotonic),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer's head; its body is still to be read."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Any:  # httpcore's stream is typed as sync or async
        return iter(self._answer.stream)  # type: ignore[arg-type]  # a sync pool gives a sync stream

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.SyncBackend):
    """Opens connections whose answers have a deadline."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._now)


class _Tunnels(_Backend):
    """Opens connections through a proxy."""

    def __init__(self, monotonic: Callable[[], float], proxy: Proxy) -> None:
        super().__init__(monotonic)
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        proxy, target = self._proxy, f"{_bracketed(host)}:{port}"
        try:
            stream = super().connect_tcp(proxy.host, proxy.port, timeout, local_address, socket_options)
        except CONNECT_FAULTS as error:
            raise _away(proxy, f"cannot be reached: {error}") from error
        try:
            stream.write(_connect(target, proxy), timeout)
            _check_opened(_head(stream, timeout), proxy, target)
        except FAULTS as error:
            stream.close()
            raise _away(proxy, f"gave no answer: {error}") from error
        except (ProxyAwayError, ProxyError):
            stream.close()
            raise
        return stream


def _connect(target: str, proxy: Proxy) -> bytes:
    authorization = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n".encode("ascii")


def _head(stream: httpcore.NetworkStream, timeout: float | None) -> bytes:
    """Return a proxy's answer up to its empty line, or as much of it as shows that it is no such answer."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD and head[:5] == b"HTTP/"[: len(head)]:
        part = stream.read(4096, timeout)
        if not part:
            raise httpcore.RemoteProtocolError("it closed the connection")
        head += part
    return head


def _check_opened(head: bytes, proxy: Proxy, target: str) -> None:
    """Raise the error of an answer to CONNECT that opens no tunnel."""
    status = _STATUS.match(head)
    code = int(status[1]) if status else 0
    # The other end of a tunnel sends nothing before it has received something.
    if code // 100 == 2 and head.partition(b"\r\n\r\n")[1:] == (b"\r\n\r\n", b""):
        return
    if code == 407:
        asks = "refused its user and password" if proxy.authorization else "asks for a user and a password"
        raise _refused(proxy, f"{asks} (HTTP 407)")
    if code >= 500:
        raise _away(proxy, f"could not connect to {target} (HTTP {code})")
    if code >= 300:
        raise _refused(proxy, f"refused to connect to {target} (HTTP {code})")
    raise _refused(proxy, "did not answer as an HTTP proxy")


def _away(proxy: Proxy, fault: str) -> ProxyAwayError:
    return ProxyAwayError(
        f"the proxy {proxy} {fault}. Nothing was sent to the provider. Run again, or correct {proxy.setting}."
    )


def _refused(proxy: Proxy, fault: str) -> ProxyError:
    return ProxyError(f"the proxy {proxy} {fault}. Nothing was sent to the provider. Correct {proxy.setting}.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Stream(httpcore.NetworkStream):
    """A connection that measures the time from a request's first byte to the last byte of its answer."""

    def __init__(self, inner: httpcore.NetworkStream, monotonic: Callable[[], float]) -> None:
        self._inner, self._now = inner, monotonic
        self._deadline: float | None = None
        self._is_answering = True

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._is_answering:  # nothing is pipelined, so the first write after a read is the next request
            self._deadline, self._is_answering = self._now() + DEADLINE_SECONDS, False
        self._inner.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._is_answering = True
        return self._inner.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._now)
        except httpcore.ConnectError as error:
            if not isinstance(error.__cause__, SSLCertVerificationError):
                raise
            raise CertificateError(
                f"the certificate of {server_hostname} is not trusted: {error.__cause__.verify_message}. Nothing was "
                "sent. If a proxy opens TLS, put its authority into the file of [sources] ca_bundle "
                "(SOURCES__CA_BUNDLE)."
            ) from error

    def get_extra_info(self, info: str) -> Any:  # as httpcore types it
        return self._inner.get_extra_info(info)

    def _left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
        """Return the seconds that the next step may take."""
        if self._deadline is None:
            return timeout
        left = self._deadline - self._now()
        if left <= 0:
            raise late(f"the answer took over {DEADLINE_SECONDS:.0f} s")
        return left if timeout is None else min(timeout, left)
