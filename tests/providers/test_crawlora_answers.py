"""Crawlora's failing answers, of which a 200 can be one, and their charges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.providers.crawled import charges, only_walk

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    CaptchaError,
    EnvelopeError,
    NotFoundError,
    PageClampedError,
    QuotaError,
    RequestError,
    ServerError,
    StatusError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.watchlist.model import Hashtag, TrendList

if TYPE_CHECKING:
    from tests.conftest import Crawl

TODAY = date(2026, 11, 1)
DETAILS = Targets(details=[Hashtag(name="christmas")])
TRENDS = Targets(trends=[TrendList(country="US")])
CREATIVE = Targets(trends=[TrendList(country="US", source="creative_center")])


def envelope(data: Any, code: int | str = 200) -> dict[str, Any]:
    return {"code": code, "msg": "OK", "data": data}


def details(**info: Any) -> dict[str, Any]:
    return envelope({"challengeInfo": info, "statusCode": 0, "status_code": 0})


def trend_page(*items: Any, number: int = 1, has_more: bool = False) -> dict[str, Any]:
    pagination = {"page": number, "size": len(items), "total": 500, "has_more": has_more}
    return envelope({"code": 0, "msg": "OK", "data": {"list": list(items), "pagination": pagination}})


@pytest.mark.parametrize("code", [10201, 10202, 10205, "10202"])
@pytest.mark.parametrize("key", ["statusCode", "status_code"])
def test_a_hashtag_that_does_not_exist_is_a_notice_and_billed(
    crawl: Crawl, answered: Callable[..., Session], code: int | str, key: str
) -> None:
    session = crawl("crawlora", DETAILS, session=answered(200, envelope({key: code, "status_msg": ""})))

    assert (only_walk(session).stop_reason, only_walk(session).is_complete) == ("not_found", True)
    assert charges(session) == [(200, "not_found", 8)]
    assert session.is_missing("christmas")
    assert [notice["kind"] for notice in session.tally.notices] == ["not_found"]


@pytest.mark.parametrize("code", [10000, "10000"])
def test_a_captcha_is_tried_again_once_and_billed_twice(
    crawl: Crawl, answered: Callable[..., Session], code: int | str
) -> None:
    session = crawl("crawlora", DETAILS, session=answered(200, envelope({"statusCode": code})))

    assert type(only_walk(session).error) is CaptchaError
    assert charges(session) == [(200, "envelope", 8)] * 2


GATEWAY = {"error": {"code": "some_code", "message": "says the gateway", "request_id": "r"}}
SERVICE = {"code": 500, "msg": "says the service", "data": None}


@pytest.mark.parametrize(
    ("status", "body", "kind", "attempts", "said"),
    [
        (400, SERVICE, StatusError, 1, "HTTP 400, says the service"),
        (401, GATEWAY, AuthError, 1, "HTTP 401, some_code: says the gateway"),
        (402, GATEWAY, BalanceError, 1, "HTTP 402"),
        (403, GATEWAY, AuthError, 1, "HTTP 403"),
        (404, GATEWAY, NotFoundError, 1, "HTTP 404"),
        (422, SERVICE, StatusError, 1, "HTTP 422"),
        (429, GATEWAY, QuotaError, 3, "HTTP 429"),
        (500, SERVICE, ServerError, 5, "HTTP 500, says the service"),
        (502, b"<html>", ServerError, 5, "HTTP 502"),
        (503, b"\xff", ServerError, 5, "HTTP 503"),
        (504, b'{"msg": "\xff"}', ServerError, 5, "HTTP 504"),
        (202, SERVICE, StatusError, 1, "HTTP 202, says the service"),
        (200, SERVICE, EnvelopeError, 1, "HTTP 200 with code 500, says the service"),
        (200, GATEWAY, EnvelopeError, 1, "HTTP 200 with code None, some_code: says the gateway"),
        (200, envelope({}, 400), StatusError, 1, "HTTP 400, inside HTTP 200"),
        (200, envelope({}, 401), AuthError, 1, "HTTP 401, inside HTTP 200"),
        (200, envelope({}, 402), BalanceError, 1, "HTTP 402, inside HTTP 200"),
        (200, envelope({}, "403"), AuthError, 1, "HTTP 403, inside HTTP 200"),
        (200, envelope(None, 404), NotFoundError, 1, "HTTP 404, inside HTTP 200"),
        (200, envelope({}, 429), QuotaError, 3, "HTTP 429, inside HTTP 200"),
        (200, envelope(None), EnvelopeError, 1, "HTTP 200 with code 200"),
        (200, envelope({"statusCode": 10101, "status_msg": "odd"}), EnvelopeError, 1, "statusCode 10101, odd"),
        (200, envelope({"statusCode": 0, "status_code": "²"}), EnvelopeError, 1, "statusCode ²"),
        (200, envelope([]), EnvelopeError, 1, "HTTP 200 with another shape than documented"),
        (200, [], BodyError, 2, "a body that is not as documented"),
        (200, b"<html>", BodyError, 2, "HTTP 200 with HTML"),
        (200, b"", BodyError, 2, "an empty body"),
    ],
)
def test_every_failing_answer_about_a_hashtag_is_a_typed_error(  # noqa: PLR0917  # the table's columns
    crawl: Crawl,
    answered: Callable[..., Session],
    status: int,
    body: Any,
    kind: type[RequestError],
    attempts: int,
    said: str,
) -> None:
    session = crawl("crawlora", DETAILS, session=answered(status, body))

    walk = only_walk(session)
    assert type(walk.error) is kind
    assert str(walk.error).startswith("crawlora details of #christmas: ")
    assert said in str(walk.error)
    assert walk.is_complete == (kind is NotFoundError)
    assert [(line[0], line[2]) for line in charges(session)] == [(status, 8 if status < 300 else 0)] * attempts


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (envelope({"code": 40100, "msg": "no permission", "data": None}), EnvelopeError, "inner code 40100, no perm"),
        (envelope({"code": 0, "msg": "OK", "data": None}), EnvelopeError, "inner code 0"),
        (envelope({"list": []}), EnvelopeError, "inner code None"),
        (envelope({"code": 0, "data": {"list": []}}), EnvelopeError, "missing required field `pagination`"),
        (envelope({"code": 0, "data": {"list": [], "pagination": {}}}), EnvelopeError, "required field `has_more`"),
        (envelope({"code": 0, "data": {"pagination": {"has_more": False}}}), EnvelopeError, "required field `list`"),
        (trend_page(number=3), PageClampedError, "the service answered with page 3"),
    ],
)
def test_a_list_in_a_failing_inner_envelope_is_a_typed_error(
    crawl: Crawl, answered: Callable[..., Session], body: Any, kind: type[RequestError], said: str
) -> None:
    session = crawl("crawlora", TRENDS, session=answered(200, body))

    assert type(only_walk(session).error) is kind
    assert said in str(only_walk(session).error)
    assert not only_walk(session).is_complete
    assert charges(session) == [(200, "envelope", 8)]


def test_a_list_that_answers_with_the_page_before_is_left(crawl: Crawl, answered: Callable[..., Session]) -> None:
    first_page = trend_page({"hashtag_name": "cat"}, has_more=True)

    session = crawl("crawlora", TRENDS, session=answered(200, first_page))

    assert (only_walk(session).stop_reason, only_walk(session).pages) == ("page_clamped", 1)


def test_a_header_that_is_no_ascii_costs_no_more_than_its_page(
    crawl: Crawl, make_session: Callable[..., Session]
) -> None:
    headers = [(b"retry-after", "später".encode("latin-1"))]
    answer = httpx.Response(200, headers=headers, json=envelope({}, 400))

    session = crawl("crawlora", DETAILS, session=make_session(transport=httpx.MockTransport(lambda _: answer)))

    assert type(only_walk(session).error) is StatusError


@pytest.mark.parametrize("targets", [TRENDS, CREATIVE], ids=["popular_trend", "creative_center"])
def test_a_list_that_is_not_there_is_no_hashtag_that_does_not_exist(
    crawl: Crawl, answered: Callable[..., Session], targets: Targets
) -> None:
    session = crawl("crawlora", targets, session=answered(404, GATEWAY))

    assert type(only_walk(session).error) is StatusError
    assert not only_walk(session).is_complete
