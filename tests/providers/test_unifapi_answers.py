"""UnifAPI's failing answers and charges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.providers.crawled import charges, only_walk

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    EnvelopeError,
    NotFoundError,
    QuotaError,
    RequestError,
    ServerError,
    StatusError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.sandbox import Fault, Sandbox
from tiktok_hashtags.watchlist.model import Hashtag

if TYPE_CHECKING:
    from tests.conftest import Crawl

CHRISTMAS = Hashtag(id="3242")
TODAY = date(2026, 11, 1)


def page(*items: Any, has_more: bool = False, cursor: str | None = None, **billing: Any) -> dict[str, Any]:
    body = {"data": list(items), "pagination": {"has_more": has_more, "next_cursor": cursor}}
    return body | ({"billing": billing} if billing else {})


def error(type_: str, **billing: Any) -> dict[str, Any]:
    return {"error": {"type": type_, "message": "so it is", "request_id": "r1", "issues": [], "billing": billing}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "outcome", "attempts"),
    [
        (400, error("validation_error"), StatusError, "error", 1),
        (400, error("invalid_id"), StatusError, "error", 1),
        (401, error("unauthorized"), AuthError, "auth", 1),
        (402, error("insufficient_credits"), BalanceError, "balance", 1),
        (403, b"forbidden", AuthError, "auth", 1),
        (404, error("not_found"), NotFoundError, "not_found", 1),
        (429, error("rate_limited"), QuotaError, "rate_limited", 3),
        (500, error("internal_error"), ServerError, "error", 5),
        (500, error("response_shape_error"), StatusError, "error", 1),
        (502, error("upstream_error"), ServerError, "error", 5),
        (503, error("upstream_unavailable"), ServerError, "error", 5),
        (500, b"\xff not text", ServerError, "error", 5),
        (500, b'{"error": {"type": "\xff"}}', ServerError, "error", 5),
        (500, b"[" * 100_000, ServerError, "error", 5),
        (200, error("unauthorized"), AuthError, "auth", 1),
        (200, error("insufficient_credits"), BalanceError, "balance", 1),
        (200, error("not_found"), NotFoundError, "not_found", 1),
        (200, error("rate_limited"), QuotaError, "rate_limited", 3),
        (200, error("internal_error"), EnvelopeError, "envelope", 1),
        (200, {"data": []}, BodyError, "envelope", 2),
        (200, {"pagination": {"has_more": False}}, BodyError, "envelope", 2),
        (200, {"data": {}, "pagination": {"has_more": False}}, BodyError, "envelope", 2),
        (200, {"data": [], "pagination": {"has_more": "no"}}, BodyError, "envelope", 2),
        (200, {"message": "Please sign up"}, BodyError, "envelope", 2),
        (200, b"<html>captcha</html>", BodyError, "envelope", 2),
        (200, b"", BodyError, "envelope", 2),
        (302, b"", StatusError, "error", 1),
    ],
)
def test_every_failing_answer_is_a_typed_error(  # noqa: PLR0917  # the table's columns
    crawl: Crawl,
    answered: Callable[..., Session],
    status: int,
    body: Any,
    kind: type[RequestError],
    outcome: str,
    attempts: int,
) -> None:
    session = crawl("unifapi", Targets(videos=[CHRISTMAS]), session=answered(status, body))

    walk = only_walk(session)
    assert type(walk.error) is kind
    assert str(walk.error).startswith("unifapi videos of id 3242: ")
    assert (walk.pages, walk.items, walk.is_complete) == (0, 0, kind is NotFoundError)
    assert [line[:2] for line in charges(session)] == [(status, outcome)] * attempts


@pytest.mark.parametrize(
    ("status", "body", "credits"),
    [
        (500, error("response_shape_error", credits_charged=7), 7),
        (400, error("validation_error", credits_charged=0), 0),
        (400, error("validation_error"), 0),
        (200, error("odd", credits_charged=0), 0),
        (200, error("odd"), 1),
        (200, page({"id": "1"}, {"id": "2"}, credits_charged=5), 5),
        (200, page({"id": "1"}, {"id": "2"}), 2),
        (200, page(), 1),
        (200, page({"id": "1"}, credits_charged=-7), 50),
        (200, page({"id": "1"}, credits_charged=10**19), 50),
        (400, error("validation_error", credits_charged=10**19), 0),
    ],
)
def test_a_charge_comes_from_the_body_or_else_from_the_price_list(
    crawl: Crawl, answered: Callable[..., Session], status: int, body: Any, credits: int
) -> None:
    session = crawl("unifapi", Targets(videos=[CHRISTMAS]), session=answered(status, body))

    assert charges(session)[0][2] == credits


def test_an_error_that_charges_counts_as_the_service_counted_it(crawl: Crawl, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "500", credits=4))

    session = crawl("unifapi", Targets(videos=[CHRISTMAS]))

    assert [line[2] for line in charges(session)] == [4, 34]
    assert sandbox.meter()["unifapi"]["credits"] == 38
