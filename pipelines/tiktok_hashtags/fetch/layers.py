"""The layers between the client and the network: each one small httpx transport that does one thing.

From the outside in: journal, gate, retry, pace, ledger, acceptance, bounds, origin. A layer above sees the typed errors
of those below, so a page is in the journal only if it was accepted, and each attempt has a line in the ledger. (The two
layers that remember, journal and ledger, are in `ledger.py`; the one that waits is in `pace.py`, the network below them
all in `network.py`.)
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import tenacity

from tiktok_hashtags.errors import (
    BalanceError,
    BodyError,
    CaptchaError,
    ConfigError,
    NetworkError,
    NotJournaledError,
    RequestError,
    ServerError,
    UnreachableError,
)
from tiktok_hashtags.fetch.network import CONNECT_FAULTS, DEADLINE_SECONDS, FAULTS
from tiktok_hashtags.fetch.pace import MAX_WAIT_SECONDS
from tiktok_hashtags.fetch.session import Session
from tiktok_hashtags.redaction import redacted_bytes

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_ATTEMPTS = 5

_HEADERS_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")

Accept = Callable[[httpx.Response], "Accepted"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an endpoint makes of a good answer: the decoded payload and the credits it cost."""

    payload: Any
    credits: int
    outcome: str = "ok"


@dataclass(frozen=True, slots=True)
class Call:
    """What the layers need to know of a request beyond its URL; travels in `request.extensions`."""

    endpoint: str
    request_key: str
    walk_key: str | None
    hashtag_key: str | None
    worst_credits: int
    accept: Accept


def call_of(request: httpx.Request) -> Call:
    """Return the call that a request belongs to."""
    call: Call = request.extensions["call"]
    return call


class OfflineTransport(httpx.BaseTransport):
    """Sends nothing: the inside of a replay."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse a request that the journal could not answer.

        Raises:
            NotJournaledError: Always.
        """
        raise NotJournaledError(f"{call_of(request).endpoint}: the page is not in the journal; nothing was sent")


class GateTransport(httpx.BaseTransport):
    """Lets the first call go alone, because a refused key is told once; lets none go once the provider is stopped."""

    def __init__(self, inner: httpx.BaseTransport, provider: str) -> None:
        self._inner, self._provider = inner, provider
        self._stopped: RequestError | None = None
        self._first = threading.Lock()
        self._is_open = threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, after the first one has its answer or is given up.

        Raises:
            RequestError: What stopped the provider.
        """
        if not self._is_open.is_set():
            with self._first:
                if not self._is_open.is_set():
                    return self._alone(request)
        return self._passed(request)

    def check(self) -> None:
        """Raise what stopped this provider, if anything did."""
        if self._stopped:
            raise self._stopped

    def stop(self, error: RequestError) -> None:
        """Answer every further request with this error."""
        self._stopped = error

    def _alone(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._passed(request)
        finally:
            self._is_open.set()

    def _passed(self, request: httpx.Request) -> httpx.Response:
        self.check()
        try:
            response = self._inner.handle_request(request)
        except RequestError as error:
            if error.stops_provider:
                self._stopped = error
            raise
        if response.extensions.get("is_partial"):
            endpoint = call_of(request).endpoint
            self._stopped = BalanceError(f"{self._provider}: the balance ran out inside a page of {endpoint}")
        return response


class RetryTransport(httpx.BaseTransport):
    """Tries again what may pass: connection faults and 5xx a few times, an unusable body once."""

    def __init__(self, inner: httpx.BaseTransport, session: Session) -> None:
        self._inner = inner
        backoff = tenacity.wait_random_exponential(multiplier=0.5, max=30)
        self._retrying = tenacity.Retrying(
            sleep=session.pause,
            stop=self._is_enough,
            retry=tenacity.retry_if_exception_type((NetworkError, ServerError, BodyError, CaptchaError)),
            wait=lambda state: max(backoff(state), min(_asked_wait(state) or 0.0, MAX_WAIT_SECONDS)),
            reraise=True,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, at most `MAX_ATTEMPTS` times."""
        return self._retrying(self._inner.handle_request, request)

    @staticmethod
    def _is_enough(state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        attempts = 2 if isinstance(error, BodyError | CaptchaError) else MAX_ATTEMPTS
        return state.attempt_number >= attempts


def _asked_wait(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after_seconds if isinstance(error, RequestError) else None


class AcceptTransport(httpx.BaseTransport):
    """Turns an answer into a decoded payload or a typed error, by the rules of its endpoint."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check an answer before anything counts it as a page."""
        request.extensions.pop("status", None)  # of an earlier attempt
        response = self._inner.handle_request(request)
        request.extensions["status"] = response.status_code
        accepted = call_of(request).accept(response)
        response.extensions["accepted"] = accepted
        response.extensions["is_partial"] = getattr(accepted.payload, "is_partial", False)
        return response


class BoundsTransport(httpx.BaseTransport):
    """Reads the body within a deadline and a size, decoding gzip itself so that neither can be overrun."""

    def __init__(self, inner: httpx.BaseTransport, session: Session, *, provider: str) -> None:
        self._inner, self._now, self._provider = inner, session.monotonic, provider

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the whole answer.

        Raises:
            NetworkError: The connection failed, or the body was late, too large or not whole.
        """
        deadline = self._now() + DEADLINE_SECONDS
        where = f"{self._provider} {call_of(request).endpoint}"
        try:
            response = self._inner.handle_request(request)
            body = b"".join(self._chunks(response, deadline, where))
        except (httpx.ConnectError, httpx.ConnectTimeout, *CONNECT_FAULTS) as error:
            raise UnreachableError(f"{where}: no connection: {error}") from error
        except (httpx.HTTPError, *FAULTS) as error:
            raise NetworkError(f"{where}: {type(error).__name__}: {error}") from error
        headers = [
            (name, redacted_bytes(value))
            for name, value in response.headers.raw
            if name.lower() not in _HEADERS_OF_THE_WIRE
        ]
        # An API that says the key back would put it into the journal, the warehouse and messages.
        return httpx.Response(response.status_code, headers=headers, content=redacted_bytes(body))

    def _chunks(self, response: httpx.Response, deadline: float, where: str) -> Iterator[bytes]:
        gzip = zlib.decompressobj(31) if response.headers.get("content-encoding", "").lower() == "gzip" else None
        size = 0
        try:
            for raw in response.stream:  # type: ignore[union-attr]  # a sync transport gives a sync stream
                if self._now() > deadline:
                    raise NetworkError(f"{where}: the body took over {DEADLINE_SECONDS:.0f} s")
                chunk = gzip.decompress(raw, MAX_BODY_BYTES + 1 - size) if gzip else raw
                size += len(chunk)
                if size > MAX_BODY_BYTES:
                    raise NetworkError(f"{where}: the body is over {MAX_BODY_BYTES // 1024 // 1024} MiB")
                yield chunk
        except zlib.error as error:
            raise NetworkError(f"{where}: the gzip body is broken: {error}") from error
        finally:
            response.close()
        if gzip and not gzip.eof:
            raise NetworkError(f"{where}: the gzip body ends in the middle")
        if gzip and gzip.unused_data:
            raise NetworkError(f"{where}: the gzip body goes on after its end")


class OriginTransport(httpx.BaseTransport):
    """Sends the key to the provider's own origin and nowhere else."""

    def __init__(self, inner: httpx.BaseTransport, base_url: str) -> None:
        self._inner, self._origin = inner, _origin(httpx.URL(base_url))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on if it goes to the pinned origin.

        Raises:
            ConfigError: It goes elsewhere; it was not sent.
        """
        if _origin(request.url) != self._origin:
            raise ConfigError(f"a request to {request.url.host} was not sent: the key belongs to {self._origin[1]}")
        return self._inner.handle_request(request)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
