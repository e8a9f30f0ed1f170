from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tiktok_hashtags.fetch.answers import prepare, raise_for_status, retry_after_seconds, strict_json

if TYPE_CHECKING:
    pass

prepare(dict[str, Any], dict[str, str], dict[str, list[msgspec.Raw]])


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, StatusError),
        (401, AuthError),
        (402, BalanceError),
        (403, AuthError),
        (404, NotFoundError),
        (422, StatusError),
        (429, RateLimitedError),
        (500, ServerError),
        (504, ServerError),
        (599, ServerError),
        (204, StatusError),
        (301, StatusError),
    ],
)
def test_each_status_raises_the_error_of_its_remedy(status: int, error: type[RequestError]) -> None:
    with pytest.raises(error, match=rf"^example: HTTP {status}, too bad") as caught:
        raise_for_status(httpx.Response(status), "example", detail="too bad", credits=2)

    assert type(caught.value) is error
    assert caught.value.credits == 2


def test_a_long_detail_is_cut_short() -> None:
    with pytest.raises(StatusError) as caught:
        raise_for_status(httpx.Response(400), "example", detail="x" * 10_000)

    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Sun, 01 Nov 2020 06:00:00 GMT", 0.0),
        ("Mon, 01 Jan 0001 00:00:00 -0000", 0.0),
        ("Mon, 99 Jan 99999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(httpx.Response(429, headers={"retry-after": value})) == seconds


@given(st.binary(max_size=30))
def test_no_retry_after_header_is_an_error(value: bytes) -> None:
    wait = retry_after_seconds(httpx.Response(429, headers=[(b"retry-after", value)]))

    assert wait is None or wait >= 0


def body(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty body"),
        (b"<!doctype html><html>", "HTTP 200 with HTML"),
        (b"  <html>", "HTTP 200 with HTML"),
        (b'{"a": 1', "a body that is not as documented"),
        (b'{"a": NaN}', "a body that is not as documented"),
        (b'{"a": Infinity}', "a body that is not as documented"),
        (b'{"a": 1}{"a": 2}', "a body that is not as documented"),
        (b"[1, 2]", "a body that is not as documented"),
        (b'{"a": "\x00"}', "a body that is not as documented"),
        (b'{"a": "\xff"}', "the body is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "the body is not UTF-8"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "the body is nested too deep"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a body that is not as documented"),
        (b'{"a": [{"b": -' + b"9" * 1_000 + b"}]}", "a number of a thousand digits or more"),
    ],
)
def test_a_body_that_is_not_the_documented_json_is_a_typed_error(content: bytes, said: str) -> None:
    with pytest.raises(BodyError, match=f"^example: .*{said}|^example: {said}") as caught:
        strict_json(body(content), dict[str, Any], "example")

    assert caught.value.credits is None


def test_illegal_code_points_do_not_cost_the_page() -> None:
    page = strict_json(body(rb'{"a": "x\u0000\ud83d"}'), dict[str, str], "example")

    assert page == {"a": "x\ufffd\ufffd"}


@pytest.mark.parametrize("offset", [0, 1, 499, 500, 777])
def test_an_endless_number_is_found_wherever_it_stands_in_raw_items(offset: int) -> None:
    text = b'{"a": [' + b" " * offset + b"9" * 5_000 + b"]}"

    with pytest.raises(BodyError, match="a number of a thousand digits or more"):
        strict_json(body(text), dict[str, list[msgspec.Raw]], "example")


def test_a_text_of_digits_is_a_text() -> None:
    digits = "9" * 5_000

    assert strict_json(body(json.dumps({"a": digits}).encode()), dict[str, str], "example") == {"a": digits}


def test_raw_items_are_left_for_later() -> None:
    page = strict_json(body(b'{"data": [{"id": 1}, null]}'), dict[str, list[msgspec.Raw]], "example")

    assert [bytes(item) for item in page["data"]] == [b'{"id": 1}', b"null"]
