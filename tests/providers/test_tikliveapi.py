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
    EnvelopeError,
    NotFoundError,
    QuotaError,
    RequestError,
    ServerError,
    StatusError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.providers.tikliveapi import configured, tikliveapi, walks_for
from tiktok_hashtags.sandbox import Fault, Sandbox, World, serve
from tiktok_hashtags.watchlist.model import Hashtag, Search

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw, TablesOfDlt

TODAY = date(2026, 11, 1)
CHRISTMAS = Hashtag(name="christmas")
DETAILS = Targets(details=[CHRISTMAS])
VIDEOS = Targets(videos=[Hashtag(id="3242")])
SEARCH = Targets(searches=[Search(keyword="cat")])
HASHTAG = {"id": "3242", "cha_name": "Christmas", "user_count": 5, "view_count": 6, "type": 1, "cover": ""}


def sent(sandbox: Sandbox) -> list[httpx.URL]:
    return [httpx.URL(row.path) for row in sandbox.account("tikliveapi").requests]


def posts(*videos: Any, cursor: Any = 0, more: Any = False) -> dict[str, Any]:
    return {"videos": list(videos), "cursor": cursor, "hasMore": more}


def test_the_source_finds_the_id_and_loads_details_videos_and_searches_without_our_command_line(
    sandbox: Sandbox, dlt_raw: TablesOfDlt, world: World
) -> None:
    with serve(sandbox) as server:
        dlt_raw.load(
            tikliveapi(
                ["christmas"],
                [Search(keyword="christmas")],
                api_key=sandbox.keys["tikliveapi"],
                base_url=server.base_urls["tikliveapi"],
            )
        )

    feed = world.feed(world.hashtags[0], TODAY, "tikliveapi")
    stats = world.hashtag_stats(world.hashtags[0], TODAY)
    assert dlt_raw.rows("select requested_hashtag, id, view_count, user_count from raw.tikliveapi_hashtags") == [
        ("christmas", "3242", stats.view_count, stats.creator_count)
    ]
    assert dlt_raw.rows(
        "select id, play_count, digg_count, comment_count, share_count, collect_count, download_count, create_time"
        " from raw.tikliveapi_videos order by position"
    ) == [
        (
            entry.video.id,
            entry.stats.view_count,
            entry.stats.like_count,
            entry.stats.comment_count,
            entry.stats.share_count,
            entry.stats.save_count,
            entry.stats.download_count,
            entry.video.posted_at,
        )
        for entry in feed
    ]
    assert dlt_raw.rows("select position, id from raw.tikliveapi_search order by 1") == [
        (place, hashtag.id) for place, hashtag in enumerate(world.search("christmas", TODAY), 1)
    ]
    assert dlt_raw.rows("select endpoint, stop_reason from raw.walks order by 1") == [
        ("hashtags", "feed_end"),
        ("search", "feed_end"),
        ("videos", "feed_end"),
    ]


def test_videos_of_a_hashtag_wait_for_the_details_that_bring_its_id(
    crawl: Crawl, make_session: MakeSession, world: World
) -> None:
    hashtags = [Hashtag(name=hashtag.name) for hashtag in world.hashtags]

    session = crawl("tikliveapi", Targets(details=hashtags, videos=hashtags), session=make_session(concurrency=1))

    assert [walk.stop_reason for walk in session.tally.walks] == ["feed_end"] * 8
    assert all(session.id_of(hashtag.name.casefold()) == hashtag.id for hashtag in world.hashtags)


def test_details_by_id_are_requested_by_id(crawl: Crawl, sandbox: Sandbox, raw: Raw) -> None:
    crawl("tikliveapi", Targets(details=[Hashtag(id="3242")]), into=raw)

    assert [str(url) for url in sent(sandbox)] == ["/challenge-info-id/?id=3242"]
    assert raw.rows("select requested_hashtag, requested_hashtag_id, hashtag_key from raw.tikliveapi_hashtags") == [
        (None, "3242", "christmas")
    ]


def test_a_name_travels_in_the_query_encoded(crawl: Crawl, sandbox: Sandbox) -> None:
    crawl("tikliveapi", Targets(details=[Hashtag(name="a&b=c/../🎄")]))

    [url] = sent(sandbox)
    assert (url.path, dict(url.params)) == ("/challenge-info-name/", {"name": "a&b=c/../🎄"})


def test_a_hashtag_that_does_not_exist_ends_details_and_videos_as_a_notice(crawl: Crawl, sandbox: Sandbox) -> None:
    nothing = [Hashtag(name="nosuchtag")]

    session = crawl("tikliveapi", Targets(details=nothing, videos=nothing))

    assert [(walk.endpoint, walk.stop_reason) for walk in session.tally.walks] == [
        ("hashtags", "not_found"),
        ("videos", "not_found"),
    ]
    assert all(walk.is_complete for walk in session.tally.walks)
    assert len(sent(sandbox)) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "attempts"),
    [
        (400, {"message": "bad"}, StatusError, 1),
        (401, {"message": "no"}, AuthError, 1),
        (402, {"message": "pay"}, BalanceError, 1),
        (403, {"message": "no"}, AuthError, 1),
        (404, {"message": "Challenge not found"}, NotFoundError, 1),
        (429, {"message": "slow"}, QuotaError, 3),
        (500, {"message": "oops"}, ServerError, 5),
        (503, b'{"message": "\xff"}', ServerError, 5),
        (202, {"message": "later"}, StatusError, 1),
        (200, {"message": "Please sign up at tikliveapi.com to get an API key"}, AuthError, 1),
        (200, {"msg": "please SIGN UP"}, AuthError, 1),
        (200, {"code": -1, "message": "Something went wrong"}, EnvelopeError, 1),
        (200, {}, EnvelopeError, 1),
        (200, {"error": {"message": "odd"}}, EnvelopeError, 1),
        (200, b"<html>", BodyError, 2),
        (200, b"", BodyError, 2),
        (200, [], BodyError, 2),
        (200, b'{"message": "\xff"}', BodyError, 2),
    ],
)
@pytest.mark.parametrize("targets", [DETAILS, VIDEOS], ids=["details", "videos"])
def test_every_failing_answer_is_a_typed_error(  # noqa: PLR0917  # the table's columns
    crawl: Crawl,
    answered: Callable[..., Session],
    targets: Targets,
    status: int,
    body: Any,
    kind: type[RequestError],
    attempts: int,
) -> None:
    session = crawl("tikliveapi", targets, session=answered(status, body))

    walk = only_walk(session)
    assert type(walk.error) is kind
    assert (walk.items, walk.is_complete) == (0, kind is NotFoundError)
    assert [(line[0], line[2]) for line in charges(session)] == [(status, int(status < 300))] * attempts


@pytest.mark.parametrize(
    "body", [{"id": "3242"}, {"cha_name": "x"}, {"id": "", "cha_name": "x"}, {"id": None, "cha_name": "x"}]
)
def test_details_without_their_keys_are_no_details(crawl: Crawl, answered: Callable[..., Session], body: Any) -> None:
    session = crawl("tikliveapi", DETAILS, session=answered(200, body))

    assert type(only_walk(session).error) is EnvelopeError
    assert "HTTP 200 without the documented keys" in str(only_walk(session).error)


@pytest.mark.parametrize("body", [{"videos": []}, {"hasMore": False}, {"videos": None, "hasMore": 0, "cursor": 0}])
def test_a_page_without_its_keys_is_no_page(crawl: Crawl, answered: Callable[..., Session], body: Any) -> None:
    session = crawl("tikliveapi", VIDEOS, session=answered(200, body))

    assert type(only_walk(session).error) is EnvelopeError


def test_a_search_that_is_not_there_is_no_hashtag_that_does_not_exist(
    crawl: Crawl, answered: Callable[..., Session]
) -> None:
    session = crawl("tikliveapi", SEARCH, session=answered(404, {"message": "Not found"}))

    assert type(only_walk(session).error) is StatusError
    assert not only_walk(session).is_complete


@pytest.mark.parametrize("more", [True, 1])
@pytest.mark.parametrize("cursor", [30, "30", "opaque~x"])
def test_cursor_and_has_more_are_taken_in_any_of_their_forms(
    crawl: Crawl, make_session: MakeSession, more: Any, cursor: Any
) -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("cursor"))
        return httpx.Response(
            200, json=posts({"video_id": str(len(asked))}, cursor=cursor, more=more if len(asked) == 1 else 0)
        )

    session = make_session(transport=httpx.MockTransport(answer))
    crawl("tikliveapi", VIDEOS, session=session)

    assert asked == [None, str(cursor)]
    assert only_walk(session).stop_reason == "feed_end"


def test_the_numeric_one_of_two_ids_is_the_id(crawl: Crawl, answered: Callable[..., Session], raw: Raw) -> None:
    body = posts(
        {"video_id": "v140", "aweme_id": "71"},
        {"video_id": "72"},
        {"video_id": "73", "aweme_id": "73"},
        {"aweme_id": 7310000000000000123},
        {"video_id": "74", "aweme_id": "v15"},
        {"video_id": "v16"},
        {"title": "an error row"},
    )

    session = crawl("tikliveapi", VIDEOS, session=answered(200, body), into=raw)

    assert raw.rows("select id from raw.tikliveapi_videos order by position") == [
        ("71",),
        ("72",),
        ("73",),
        ("7310000000000000123",),
        ("74",),
    ]
    assert raw.rows("select position, reason from raw.rejects order by 1") == [
        (6, "the item has no id"),
        (7, "the item has no id"),
    ]
    assert session.tally.rejects["tikliveapi"] == 2


def test_the_caption_has_the_hashtags(crawl: Crawl, answered: Callable[..., Session], raw: Raw) -> None:
    body = posts({"video_id": "1", "title": "x #Cat #हिन्दी"}, {"video_id": "2", "title": None})

    crawl("tikliveapi", VIDEOS, session=answered(200, body), into=raw)

    assert raw.rows(
        "select video_id, list_index, value, hashtag_key from raw.tikliveapi_videos__caption_hashtags order by 1, 2"
    ) == [("1", 1, "Cat", "cat"), ("1", 2, "हिन्दी", "हिन्दी")]
    assert raw.rows("select distinct has_hashtag_list from raw.tikliveapi_videos") == [(False,)]


def test_a_region_is_passed_on(crawl: Crawl, sandbox: Sandbox) -> None:
    crawl("tikliveapi", Targets(videos=[Hashtag(id="3242", region="us"), Hashtag(id="3242")]))

    assert {str(url.params.get("region")) for url in sent(sandbox)} == {"US", "None"}


def test_a_repeated_video_is_kept_each_time_it_comes(crawl: Crawl, answered: Callable[..., Session], raw: Raw) -> None:
    body = posts({"video_id": "1", "play_count": 5}, {"video_id": "1", "play_count": 4})

    session = crawl("tikliveapi", VIDEOS, session=answered(200, body), into=raw)

    assert raw.rows("select position, id, play_count from raw.tikliveapi_videos order by 1") == [
        (1, "1", 5),
        (2, "1", 4),
    ]
    assert (only_walk(session).items, only_walk(session).new_items) == (2, 1)


def test_a_search_ends_at_ninety_hashtags(crawl: Crawl, make_session: MakeSession) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        found = [HASHTAG | {"id": f"{len(asked)}{number:02}"} for number in range(30)]
        return httpx.Response(200, json={"challenge_list": found, "cursor": str(len(asked)), "hasMore": True})

    session = make_session(transport=httpx.MockTransport(answer))
    crawl("tikliveapi", SEARCH, session=session)

    assert (only_walk(session).items, only_walk(session).stop_reason, len(asked)) == (90, "max_videos", 3)
    assert dict(asked[1].params) == {"keyword": "cat", "count": "30", "cursor": "1"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("same_cursor", "cursor_loop"),
        ("cursor_cycle", "cursor_loop"),
        ("has_more_forever", "max_videos"),
        ("empty_page", "empty_pages"),
        ("no_cursor", "no_cursor"),
        ("same_items", "repeated_items"),
    ],
)
def test_paging_that_never_ends_is_left(crawl: Crawl, sandbox: Sandbox, fault: str, reason: str) -> None:
    sandbox.script(Fault("tikliveapi", fault, times=None))

    session = crawl("tikliveapi", Targets(videos=[Hashtag(id="3242", max_videos=100)]), page_size=10)

    assert only_walk(session).stop_reason == reason
    assert len(sent(sandbox)) <= 11


def test_a_missing_key_is_not_tried(crawl: Crawl, sandbox: Sandbox) -> None:
    session = crawl("tikliveapi", DETAILS, api_key="")

    assert only_walk(session).stop_reason == "no_key"
    assert sent(sandbox) == []


def test_the_worst_case_is_a_credit_a_request(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    targets = Targets(
        details=[CHRISTMAS],
        videos=[Hashtag(name="christmas", max_videos=61)],
        searches=[Search(keyword="cat", max_items=61)],
    )

    walks = walks_for(targets, make_settings("tikliveapi"), make_session())

    assert [(walk.endpoint, walk.worst_requests, walk.worst_credits) for walk in walks] == [
        ("hashtags", 1, 1),
        ("search", 3, 3),
        ("videos", 3, 3),
    ]


def test_the_price_of_a_credit_is_not_published() -> None:
    assert configured().plan.credit_usd is None
    assert configured(credit_usd=0.002).plan.cost_usd(5, used_this_month=0) == pytest.approx(0.01)
    assert (configured().base_url, configured().page_size) == ("https://api.tikliveapi.com", 30)
    assert configured().plan.requests_per_minute == 200
