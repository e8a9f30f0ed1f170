"""Crawlora's answers: a payload with its price, or a typed error (see `crawlora.py` for the documents)."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from tiktok_hashtags.errors import (
    CaptchaError,
    EnvelopeError,
    NotFoundError,
    PageClampedError,
    RequestError,
    StatusError,
)
from tiktok_hashtags.fetch import Accepted, decoder_of, raise_for_status, strict_json
from tiktok_hashtags.providers import _crawlora_wire as wire

CREDITS_PER_REQUEST = 8
# HTTP statuses that an envelope inside a 200 can also hold; without 5xx, because each retry would be billed.
STATUS_CODES = frozenset({400, 401, 402, 403, 404, 422, 429})
NOT_FOUND_CODES = frozenset({10201, 10202, 10205})
CAPTCHA_CODE = 10000


def accept_details(response: httpx.Response, *, where: str) -> Accepted:
    """Return a hashtag's details, or None for a hashtag that does not exist, which is billed too."""
    data = _data(response, where, not_found=NotFoundError)
    status: wire.Status = _decoded(data, wire.Status, where)
    code = status.code
    if code in NOT_FOUND_CODES:
        return Accepted(None, CREDITS_PER_REQUEST, outcome="not_found")
    if code == CAPTCHA_CODE:
        raise CaptchaError(f"{where}: HTTP 200 with a captcha (statusCode 10000)", credits=CREDITS_PER_REQUEST)
    if code != 0:
        raise EnvelopeError(f"{where}: statusCode {code}, {status.status_msg}", credits=CREDITS_PER_REQUEST)
    return Accepted(data, CREDITS_PER_REQUEST)


def accept_popular(response: httpx.Response, *, where: str, number: int) -> Accepted:
    """Return a page of a popular-trend list, if it is the one with this number."""
    inner: wire.Envelope = _decoded(_data(response, where), wire.Envelope, where)
    if inner.code not in (0, "0") or bytes(inner.data) == b"null":
        _raise_for_code(inner, response, where, not_found=StatusError)
        raise EnvelopeError(f"{where}: inner code {inner.code}, {inner.msg}", credits=CREDITS_PER_REQUEST)
    data: wire.PopularData = _decoded(inner.data, wire.PopularData, where)
    if data.pagination.page not in (None, number):
        raise PageClampedError(
            f"{where}: the service answered with page {data.pagination.page}", credits=CREDITS_PER_REQUEST
        )
    return Accepted(data, CREDITS_PER_REQUEST)


def accept_creative(response: httpx.Response, *, where: str) -> Accepted:
    """Return a creative-center list."""
    data: wire.CreativeData = _decoded(_data(response, where), wire.CreativeData, where)
    return Accepted(data.hashtags, CREDITS_PER_REQUEST)


def _data(response: httpx.Response, where: str, *, not_found: type[RequestError] = StatusError) -> msgspec.Raw:
    """Return the outer envelope's data, or raise the error of the envelope or the status."""
    if response.status_code != 200:
        detail, credits = wire.error_detail(response.content), CREDITS_PER_REQUEST if response.is_success else 0
        raise_for_status(response, where, detail=detail, credits=credits, not_found=not_found)
    envelope: wire.Envelope = strict_json(response, wire.Envelope, where)
    if envelope.code not in (200, "200") or bytes(envelope.data) == b"null":
        _raise_for_code(envelope, response, where, not_found=not_found)
        detail = envelope.msg or wire.error_detail(response.content)
        raise EnvelopeError(f"{where}: HTTP 200 with code {envelope.code}, {detail}", credits=CREDITS_PER_REQUEST)
    return envelope.data


def _raise_for_code(
    envelope: wire.Envelope, response: httpx.Response, where: str, *, not_found: type[RequestError]
) -> None:
    """Raise the error of a code that is an HTTP status; such an answer is billed too."""
    status = next((status for status in STATUS_CODES if envelope.code in (status, str(status))), None)
    if status is not None:
        detail = f"inside HTTP 200: {envelope.msg or wire.error_detail(response.content)}"
        meant = httpx.Response(status, headers=response.headers)
        raise_for_status(meant, where, detail=detail, credits=CREDITS_PER_REQUEST, not_found=not_found)


def _decoded(raw: msgspec.Raw, kind: type[Any], where: str) -> Any:  # the type is the argument's
    try:
        return decoder_of(kind, is_strict=False).decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EnvelopeError(
            f"{where}: HTTP 200 with another shape than documented: {error}", credits=CREDITS_PER_REQUEST
        ) from error
