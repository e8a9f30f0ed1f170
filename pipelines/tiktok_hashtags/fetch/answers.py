"""What an answer's bytes and status say: strict JSON, prepared types, typed errors."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import msgspec

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    ServerError,
    StatusError,
)
from tiktok_hashtags.fetch.pace import retry_after_seconds

# What msgspec raises for bytes that are no JSON, nested too deep, or no UTF-8.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_ILLEGAL = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
REPLACEMENT = b"\\ufffd"
ENDLESS_DIGITS = 1_000
_DECODERS: dict[tuple[Any, bool], msgspec.json.Decoder[Any]] = {}


def strict_json(response: httpx.Response, kind: type[Any], where: str) -> Any:  # the type is the argument's
    """Decode a body into a wire type that its module has prepared.

    Raises:
        BodyError: Not UTF-8, not JSON by RFC 8259 (NaN is not), nested too deep, of another shape, or with a number of
            a thousand digits and more.
    """
    try:
        response.content.decode()
        page = decoder_of(kind).decode(sanitised(response.content))
        if has_endless_number(response.content):
            raise BodyError(f"{where}: {_what_came(response)}: a number of a thousand digits or more")
        return page
    except UnicodeDecodeError as error:
        raise BodyError(f"{where}: the body is not UTF-8") from error
    except RecursionError as error:
        raise BodyError(f"{where}: the body is nested too deep") from error
    except msgspec.DecodeError as error:
        raise BodyError(f"{where}: {_what_came(response)}: {error}") from error


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
        detail: What the body says.
        credits: What was charged all the same.
        not_found: What a 404 means here; only of a hashtag does it say that there is none.

    Raises:
        RequestError: The status is not 200; the class says what can be done.
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


def _what_came(response: httpx.Response) -> str:
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

    No warehouse stores them, and one of them would refuse the whole page.
    """
    if not _ILLEGAL.search(text):
        return text
    return _ESCAPES.sub(lambda match: REPLACEMENT if _is_illegal(match[0]) else match[0], text)


def _is_illegal(escape: bytes) -> bool:
    return len(escape) == 6 and bool(_ILLEGAL.fullmatch(escape))


def has_endless_number(text: bytes) -> bool:
    """Tell whether JSON holds a number of about `ENDLESS_DIGITS` digits or more, which is no count of anything.

    Texts may hold as many digits as they like. So long a run of digits covers a multiple of half its length and as much
    after it, so only there it is looked for.

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
