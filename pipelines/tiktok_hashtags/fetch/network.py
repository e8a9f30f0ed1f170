"""The network itself: HTTP/1.1 connections on which no answer may take longer than its deadline.

httpx's own transport only has timeouts per read, so a server that sends a byte of its headers every few seconds would
hold a walk forever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

DEADLINE_SECONDS = 60.0
CONNECT_FAULTS = (httpcore.ConnectError, httpcore.ConnectTimeout)
FAULTS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


class NetworkTransport(httpx.BaseTransport):
    """Sends requests over a pool of connections; raises httpcore's exceptions.

    Args:
        connections: The most connections at a time, all kept open for the next request.
        monotonic: Seconds of the clock that the deadline is measured by.
    """

    def __init__(self, *, connections: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_Backend(monotonic),
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
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._now)

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
