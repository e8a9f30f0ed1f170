from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.providers.crawled import charges, only_walk

from tiktok_hashtags.errors import BalanceError, MissingIdError
from tiktok_hashtags.extract.session import Known, Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.providers.unifapi import configured, unifapi, walks_for
from tiktok_hashtags.sandbox import Fault, FeedEntry, Sandbox, World, serve
from tiktok_hashtags.watchlist.model import Hashtag

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw, TablesOfDlt

CHRISTMAS = Hashtag(id="3242")
TODAY = date(2026, 11, 1)


@pytest.fixture
def feed(world: World) -> tuple[FeedEntry, ...]:
    """The truth that the sandbox shows under #christmas."""
    return world.feed(world.hashtags[0], TODAY, "unifapi")


def sent(sandbox: Sandbox) -> list[str]:
    return [row.path for row in sandbox.account("unifapi").requests]


def test_the_source_loads_a_feed_as_it_is_without_our_command_line(
    sandbox: Sandbox, dlt_raw: TablesOfDlt, feed: tuple[FeedEntry, ...]
) -> None:
    with serve(sandbox) as server:
        dlt_raw.load(unifapi(["3242"], api_key=sandbox.keys["unifapi"], base_url=server.base_urls["unifapi"]))

    rows = dlt_raw.rows(
        "select id, view_count, like_count, comment_count, share_count, create_time, requested_hashtag_id, page"
        " from raw.unifapi_videos order by position"
    )
    assert rows == [
        (
            entry.video.id,
            entry.stats.view_count,
            entry.stats.like_count,
            entry.stats.comment_count,
            entry.stats.share_count,
            entry.video.posted_at,
            "3242",
            1,
        )
        for entry in feed
    ]
    assert dlt_raw.rows("select stop_reason, is_complete, items, credits from raw.walks") == [
        ("feed_end", True, len(feed), len(feed))
    ]
    assert dlt_raw.rows("select outcome, status, credits, cost_usd from raw.api_requests") == [
        ("ok", 200, len(feed), pytest.approx(len(feed) * 0.001))
    ]


def test_key_and_address_come_from_the_environment_and_the_key_stays_there(
    sandbox: Sandbox, dlt_raw: TablesOfDlt, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sandbox.keys["unifapi"]
    monkeypatch.setenv("SOURCES__UNIFAPI__API_KEY", key)
    with serve(sandbox) as server:
        monkeypatch.setenv("SOURCES__UNIFAPI__BASE_URL", server.base_urls["unifapi"])
        dlt_raw.load(unifapi(["3242"]))

    files = [path for path in dlt_raw.folder.rglob("*") if path.is_file()]
    assert [walk[0] for walk in dlt_raw.rows("select stop_reason from raw.walks")] == ["feed_end"]
    assert "trace.pickle" in {path.name for path in files}
    assert [path for path in files if key.encode() in path.read_bytes()] == []


def test_hashtags_come_from_the_list_and_only_without_one_from_the_caption(
    crawl: Crawl, answered: Callable[..., Session], raw: Raw
) -> None:
    items = [
        {"id": "1", "hashtags": ["Cat", "dog"], "video_description": "#bird"},
        {"id": "2", "hashtags": [], "video_description": "#bird"},
        {"id": "3", "hashtags": None, "video_description": "#Bird #fish"},
        {"id": "4", "video_description": None},
    ]

    crawl(
        "unifapi",
        Targets(videos=[CHRISTMAS]),
        session=answered(200, {"data": items, "pagination": {"has_more": False}}),
        into=raw,
    )

    listed = "select video_id, list_index, value, hashtag_key from raw.unifapi_videos__hashtags order by 1, 2"
    has_list = "select id, has_hashtag_list from raw.unifapi_videos order by id"
    assert raw.rows(listed) == [("1", 1, "Cat", "cat"), ("1", 2, "dog", "dog")]
    assert raw.rows(listed.replace("__hashtags", "__caption_hashtags")) == [
        ("3", 1, "Bird", "bird"),
        ("3", 2, "fish", "fish"),
    ]
    assert raw.rows(has_list) == [("1", True), ("2", True), ("3", False), ("4", False)]


def test_pages_are_requested_by_cursor_and_never_beyond_the_limit(crawl: Crawl, sandbox: Sandbox) -> None:
    session = crawl("unifapi", Targets(videos=[Hashtag(id="3242", max_videos=25)]), page_size=10)

    limits = [httpx.URL(path).params["limit"] for path in sent(sandbox)]
    cursors = [httpx.URL(path).params.get("cursor") for path in sent(sandbox)]
    assert limits == ["10", "10", "5"]
    assert cursors[0] is None
    assert len(set(cursors)) == 3
    assert (only_walk(session).stop_reason, only_walk(session).items) == ("max_videos", 25)
    assert sandbox.meter()["unifapi"]["credits"] == session.clients["unifapi"].ledger.credits == 25


def test_the_plan_of_a_walk_is_its_worst_case(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    hashtags = [Hashtag(id="3242", max_videos=101), Hashtag(name="cat", max_videos=50)]

    walks = walks_for(Targets(videos=hashtags), make_settings("unifapi"), make_session())

    assert [(walk.worst_requests, walk.worst_credits) for walk in walks] == [(3, 101), (1, 50)]


def test_the_ledger_equals_what_the_service_charged(crawl: Crawl, sandbox: Sandbox, world: World) -> None:
    hashtags = [Hashtag(id=hashtag.id) for hashtag in world.hashtags]

    session = crawl("unifapi", Targets(videos=hashtags), page_size=7)

    assert sum(credits for _, _, credits in charges(session)) == sandbox.meter()["unifapi"]["credits"]
    assert all(walk.is_complete for walk in session.tally.walks)


@pytest.mark.parametrize(
    ("balance", "pages", "again_pages"),
    [(25, 3, [10, 4]), (20, 2, [10, 4]), (32, 4, [4])],
    ids=["inside a page", "between pages", "inside the last page"],
)
def test_stops_when_the_balance_runs_out_and_goes_on_after_a_top_up(  # noqa: PLR0917  # the table's columns
    crawl: Crawl,
    sandbox: Sandbox,
    make_session: MakeSession,
    raw: Raw,
    feed: tuple[FeedEntry, ...],
    balance: int,
    pages: int,
    again_pages: list[int],
) -> None:
    account = sandbox.account("unifapi")
    account.balance = balance
    first = crawl("unifapi", Targets(videos=[CHRISTMAS]), into=raw, page_size=10)
    cut = only_walk(first)
    first.close()

    account.balance = 1_000
    again = crawl("unifapi", Targets(videos=[CHRISTMAS]), session=make_session(), into=raw, page_size=10)

    rows = "select position, id, view_count from raw.unifapi_videos where run_id = '{}' order by position"
    everything = [(place, entry.video.id, entry.stats.view_count) for place, entry in enumerate(feed, 1)]
    assert (cut.stop_reason, cut.is_complete, cut.pages, cut.items) == ("balance", False, pages, balance)
    assert raw.rows(rows.format("run-1")) == everything[:balance]
    assert raw.rows(rows.format("run-2")) == everything
    whole_pages = balance // 10
    assert (only_walk(again).stop_reason, only_walk(again).replayed_pages) == ("feed_end", whole_pages)
    bought = [(200, "ok", credits) for credits in again_pages]
    assert sorted(charges(again), key=str) == [*bought, *[(None, "replayed", 0)] * whole_pages]


def test_a_page_cut_short_ends_all_walks_of_the_provider(
    crawl: Crawl, sandbox: Sandbox, make_session: MakeSession, world: World
) -> None:
    sandbox.account("unifapi").balance = 5
    hashtags = [Hashtag(id=hashtag.id) for hashtag in world.hashtags]

    session = crawl("unifapi", Targets(videos=hashtags), session=make_session(concurrency=1))

    assert [walk.stop_reason for walk in session.tally.walks] == ["balance"] * 4
    assert [walk.items for walk in session.tally.walks] == [5, 0, 0, 0]
    assert len(sent(sandbox)) == 1


def test_an_empty_balance_is_asked_about_once(crawl: Crawl, sandbox: Sandbox, make_session: MakeSession) -> None:
    sandbox.account("unifapi").balance = 0
    targets = Targets(videos=[CHRISTMAS, Hashtag(id="99")])

    session = crawl("unifapi", targets, session=make_session(concurrency=1))

    assert [(walk.stop_reason, type(walk.error)) for walk in session.tally.walks] == [("balance", BalanceError)] * 2
    assert len(sent(sandbox)) == 1


def test_a_wrong_key_is_tried_once(crawl: Crawl, sandbox: Sandbox, make_session: MakeSession) -> None:
    targets = Targets(videos=[CHRISTMAS, Hashtag(id="99")])

    session = crawl("unifapi", targets, session=make_session(concurrency=1), api_key="wrong-key")

    assert [walk.stop_reason for walk in session.tally.walks] == ["auth", "auth"]
    assert len(sent(sandbox)) == 1
    assert "wrong-key" not in repr(session.tally)


def test_a_hashtag_that_does_not_exist_is_a_notice(crawl: Crawl) -> None:
    session = crawl("unifapi", Targets(videos=[Hashtag(id="1")]))

    assert (only_walk(session).stop_reason, only_walk(session).is_complete) == ("not_found", True)
    assert session.tally.notices == [{"provider": "unifapi", "entity": "videos", "kind": "not_found", "detail": "id 1"}]


def test_a_hashtag_without_an_id_is_not_requested(crawl: Crawl, sandbox: Sandbox) -> None:
    session = crawl("unifapi", Targets(videos=[Hashtag(name="christmas")]))

    assert isinstance(only_walk(session).error, MissingIdError)
    assert (only_walk(session).stop_reason, only_walk(session).is_complete) == ("no_hashtag_id", False)
    assert sent(sandbox) == []


def test_an_id_from_earlier_details_is_used(crawl: Crawl, make_session: MakeSession, sandbox: Sandbox) -> None:
    session = make_session(known=Known(hashtag_ids={"christmas": "3242"}))

    crawl("unifapi", Targets(videos=[Hashtag(name="Christmas")]), session=session)

    assert only_walk(session).stop_reason == "feed_end"
    assert sent(sandbox)[0].startswith("/tiktok/hashtags/3242/videos?")


def test_details_that_found_no_hashtag_end_its_videos_as_a_notice(
    crawl: Crawl, make_session: MakeSession, sandbox: Sandbox
) -> None:
    session = make_session(known=Known(missing={"nosuchtag"}))

    crawl("unifapi", Targets(videos=[Hashtag(name="nosuchtag")]), session=session)

    assert (only_walk(session).stop_reason, only_walk(session).is_complete) == ("not_found", True)
    assert sent(sandbox) == []


def test_without_a_key_nothing_is_sent(crawl: Crawl, sandbox: Sandbox) -> None:
    session = crawl("unifapi", Targets(videos=[CHRISTMAS]), api_key="")

    assert only_walk(session).stop_reason == "no_key"
    assert sent(sandbox) == []


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
    sandbox.script(Fault("unifapi", fault, times=None))

    session = crawl("unifapi", Targets(videos=[Hashtag(id="3242", max_videos=100)]), page_size=10)

    assert only_walk(session).stop_reason == reason
    assert sandbox.meter()["unifapi"]["credits"] <= 100 + 10


@pytest.mark.parametrize("fault", ["503", "reset", "reset_in_body", "half_gzip", "html_200", "empty_page"])
def test_a_fault_that_passes_costs_no_row(
    crawl: Crawl, sandbox: Sandbox, raw: Raw, feed: tuple[FeedEntry, ...], fault: str
) -> None:
    sandbox.script(Fault("unifapi", fault, match="cursor"))

    session = crawl("unifapi", Targets(videos=[CHRISTMAS]), into=raw, page_size=10)

    assert raw.rows("select id from raw.unifapi_videos order by position") == [(entry.video.id,) for entry in feed]
    assert only_walk(session).is_complete
    assert sum(line[2] for line in charges(session)) >= sandbox.meter()["unifapi"]["credits"]


def test_the_defaults_are_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = configured()

    assert (settings.base_url, settings.page_size) == ("https://api.unifapi.com", 50)
    assert (settings.plan.credit_usd, settings.plan.requests_per_minute) == (0.001, 60)
    assert configured(plan="paid").plan.requests_per_minute == 600
