"""An exchange with an API, and its answer: read within bounds, strict JSON, prepared types, typed errors."""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    ConfigError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    ServerError,
    StatusError,
    UnreachableError,
)
from tiktok_hashtags.fetch.calls import Answer, Call
from tiktok_hashtags.fetch.network import CONNECT_FAULTS, DEADLINE_SECONDS, FAULTS
from tiktok_hashtags.redaction import redacted_bytes, redacted_headers

MAX_BODY_BYTES = 32 * 1024 * 1024
_TIMEOUTS = {"timeout": httpx.Timeout(20.0, connect=10.0, pool=None).as_dict()}
_HEADERS_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")

# Raised by msgspec for bytes that are not JSON, not UTF-8, or nested too deeply.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_ILLEGAL = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
REPLACEMENT = b"\\ufffd"
ENDLESS_DIGITS = 1_000
_DECODERS: dict[tuple[Any, bool], msgspec.json.Decoder[Any]] = {}


class Exchange:
    """The innermost layer: sends a call to the provider's own origin and returns the answer if the endpoint accepts it.

    The body is read within a deadline and a size, and gzip is decoded here so that it overruns neither.

    Args:
        network: Sends requests; it has httpx's interface, so that a test or the demo can replace it.
        base_url: The API's base URL; the key goes to its origin and nowhere else.
        headers: The headers of each request, including the key.
        provider: The provider's name, for messages.
        monotonic: Seconds of the clock that the deadline is measured by.
    """

    def __init__(
        self,
        network: httpx.BaseTransport,
        base_url: str,
        headers: Mapping[str, str],
        *,
        provider: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._network, self._headers, self._provider, self._now = network, httpx.Headers(headers), provider, monotonic
        url = httpx.URL(base_url)
        self._origin = _origin(url)
        self._root = f"{url.scheme}://{url.netloc.decode()}"

    def __call__(self, call: Call) -> Answer:
        """Send a call; return its answer if it is valid and accepted.

        Raises:
            ConfigError: The call goes to another origin; it was not sent.
            NetworkError: The connection failed, or the body was late, too large or incomplete.
            RequestError: The endpoint did not accept the answer.
        """
        # Not through httpx's client: its cookies, redirects and proxies are unwanted, and their checks cost a tenth.
        request = httpx.Request("GET", self._root + call.target, headers=self._headers, extensions=_TIMEOUTS)
        if _origin(request.url) != self._origin:
            raise ConfigError(f"a request to {request.url.host} was not sent: the key belongs to {self._origin[1]}")
        response = self._read(request, f"{self._provider} {call.endpoint}")
        try:
            accepted = call.accept(response)
        except RequestError as error:
            error.status = response.status_code
            raise
        return Answer(accepted, response.status_code, response.content)

    def _read(self, request: httpx.Request, where: str) -> httpx.Response:
        """Return the whole answer, without any key that the API echoes."""
        deadline = self._now() + DEADLINE_SECONDS
        try:
            response = self._network.handle_request(request)
            body = b"".join(self._chunks(response, deadline, where))
        except (httpx.ConnectError, httpx.ConnectTimeout, *CONNECT_FAULTS) as error:
            raise UnreachableError(f"{where}: no connection: {error}") from error
        except (httpx.HTTPError, *FAULTS) as error:
            raise NetworkError(f"{where}: {type(error).__name__}: {error}") from error
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _HEADERS_OF_THE_WIRE]
        return httpx.Response(response.status_code, headers=redacted_headers(headers), content=redacted_bytes(body))

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


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def strict_json(response: httpx.Response, kind: type[Any], where: str) -> Any:  # the type is the argument's
    """Decode a body into a wire type that its module has prepared.

    Raises:
        BodyError: Not UTF-8, not JSON by RFC 8259 (NaN is not), nested too deeply, of another shape, or with a number
            of a thousand digits or more.
    """
    try:
        response.content.decode()
        page = decoder_of(kind).decode(sanitised(response.content))
        if has_endless_number(response.content):
            raise BodyError(f"{where}: {_body_kind(response)}: a number of a thousand digits or more")
        return page
    except UnicodeDecodeError as error:
        raise BodyError(f"{where}: the body is not UTF-8") from error
    except RecursionError as error:
        raise BodyError(f"{where}: the body is nested too deep") from error
    except msgspec.DecodeError as error:
        raise BodyError(f"{where}: {_body_kind(response)}: {error}") from error


def raise_for_status(
    response: httpx.Response,
    where: str,
    *,
    detail: str = "",
    credits: int = 0,
    not_found: type[RequestError] = NotFoundError,
) -> None:
    """Raise the typed error of an HTTP status; return on 200.

    Args:
        response: The answer.
        where: Provider, endpoint and hashtag, for the message.
        detail: The body's own message.
        credits: The charge despite the failure.
        not_found: The error for a 404, which means a missing hashtag only at an endpoint of hashtags.

    Raises:
        RequestError: The status is not 200; the class names the remedy.
    """
    status = response.status_code
    if status == 200:
        return
    kinds: dict[int, type[RequestError]] = {
        401: AuthError,
        402: BalanceError,
        403: AuthError,
        404: not_found,
        429: RateLimitedError,
    }
    kind = kinds.get(status, ServerError if status >= 500 else StatusError)
    message = f"{where}: HTTP {status}" + (f", {detail[:300]}" if detail else "")
    if 300 <= status < 400:
        message += ", a redirect, which is never followed"
    raise kind(message, credits=credits, retry_after_seconds=retry_after_seconds(response))


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, given as a number or a date; None if there is none.

    A date counts from the answer's own `Date`, because the clocks of both ends may differ.
    """
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    at = _timestamp(value)
    if at is None:
        return None
    now = _timestamp(response.headers.get("date", ""))
    return max(at - (time.time() if now is None else now), 0.0)


def _timestamp(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def _body_kind(response: httpx.Response) -> str:
    if not response.content:
        return "an empty body"
    kind = "HTML" if response.content.lstrip()[:1] == b"<" else "a body that is not as documented"
    return f"HTTP {response.status_code} with {kind}"


class Id(str):
    """An id: always text, because ids above 2^53 do not survive as JSON numbers."""

    __slots__ = ()


def wire_value(kind: type, value: object) -> object:
    """Make an `Id` from the text or the whole number on the wire (a hook for `msgspec`).

    Raises:
        ValueError: The value is neither.
    """
    if kind is not Id:
        raise NotImplementedError(kind)
    if isinstance(value, str):
        return Id(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Id(str(value))
    raise ValueError(f"Expected an id, got `{type(value).__name__}`")


def prepare(*kinds: Any) -> None:  # a type annotation has no narrower type
    """Build the decoders of some types, which many threads then share.

    Modules call it for the types that they declare, while they are imported: threads that decode a type for the first
    time at the same time crashed msgspec 0.22.
    """
    for kind in kinds:
        for is_strict in (True, False):
            _DECODERS[kind, is_strict] = msgspec.json.Decoder(kind, strict=is_strict, dec_hook=wire_value)


def decoder_of(kind: Any, *, is_strict: bool = True) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a prepared type.

    Args:
        kind: The type to decode into.
        is_strict: Whether "123" is refused where a number is declared.

    Raises:
        TypeError: No module has prepared the type.
    """
    found = _DECODERS.get((kind, is_strict))
    if found is None:
        raise TypeError(f"{kind} was not prepared; the module that declares it calls prepare() for it")
    return found


def prepared_types() -> tuple[Any, ...]:
    """Return the types that threads may decode."""
    return tuple({kind: None for kind, _ in _DECODERS})


def sanitised(text: bytes) -> bytes:
    """Replace the escaped NULs and lone surrogates of a JSON text by escaped U+FFFD.

    No warehouse stores them, and one of them would make the decoder refuse the whole page.
    """
    if not _ILLEGAL.search(text):
        return text
    return _ESCAPES.sub(lambda match: REPLACEMENT if _is_illegal(match[0]) else match[0], text)


def _is_illegal(escape: bytes) -> bool:
    return len(escape) == 6 and bool(_ILLEGAL.fullmatch(escape))


def has_endless_number(text: bytes) -> bool:
    """Return whether JSON holds a number of about `ENDLESS_DIGITS` digits or more, which cannot be a count.

    Raw items would pass such a number on to the warehouse. Texts may hold any number of digits. So many digits fill a
    whole block of half their length, so only full blocks are inspected: a regular expression takes 30 times as long.

    Raises:
        RecursionError: The text is nested too deep.
    """
    half = ENDLESS_DIGITS // 2
    runs = (text[at : at + half] for at in range(0, len(text), half))
    if not any(len(run) == half and run.isdigit() for run in runs):
        return False
    lengths = [0]

    def measure(digits: str) -> None:
        lengths.append(len(digits))

    json.loads(text, parse_int=measure, parse_float=measure)
    return max(lengths) >= ENDLESS_DIGITS
