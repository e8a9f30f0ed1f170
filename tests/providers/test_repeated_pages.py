"""Repeated pages and doubled items, from each provider: requested again once, kept, counted, and never complete."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.providers.crawled import only_walk

from tiktok_hashtags.errors import BudgetError
from tiktok_hashtags.extract.session import WalkResult
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.money import Budget
from tiktok_hashtags.sandbox import Fault, FeedEntry, Sandbox, World
from tiktok_hashtags.watchlist.model import Hashtag, Search, TrendList

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw

FEED = Targets(videos=[Hashtag(id="3242")])
TARGETS = {
    "unifapi": FEED,
    "tikliveapi": FEED,
    "tikliveapi search": Targets(searches=[Search(keyword="c")]),
    "crawlora": Targets(trends=[TrendList(country="US")]),
}

PAGE_SIZES = {"crawlora": 20, "tikliveapi search": 1}


def charged(sandbox: Sandbox, provider: str = "unifapi") -> int:
    return sandbox.meter()[provider]["credits"]


@pytest.fixture
def feed(world: World, make_session: MakeSession) -> tuple[FeedEntry, ...]:
    return world.feed(world.hashtags[0], make_session().snapshot_date, "unifapi")


def test_a_first_page_that_leads_back_to_itself_is_incomplete_until_the_next_run(
    crawl: Crawl, sandbox: Sandbox, raw: Raw, feed: tuple[FeedEntry, ...], make_session: MakeSession
) -> None:
    sandbox.script(Fault("unifapi", "same_cursor"))
    first = crawl("unifapi", FEED, into=raw, page_size=10)
    paid, walk = charged(sandbox), only_walk(first)

    second = crawl("unifapi", FEED, into=raw, page_size=10)
    third = crawl("unifapi", FEED, session=make_session(is_offline=True), page_size=10)

    assert (walk.stop_reason, walk.is_complete, walk.pages, walk.items, walk.new_items) == (
        *("repeated_items", False, 2, 20),
        len({entry.video.id for entry in feed[:10]}),
    )
    assert first.clients["unifapi"].ledger.credits == paid == 30
    assert only_walk(second).stop_reason == only_walk(third).stop_reason == "feed_end"
    assert (only_walk(second).items, charged(sandbox)) == (len(feed), 30 + len(feed))


def test_a_lasting_fault_costs_a_page_twice_in_one_run_and_once_in_each_later_one(
    crawl: Crawl, sandbox: Sandbox, make_session: MakeSession
) -> None:
    sandbox.script(Fault("unifapi", "same_items", match="cursor=", times=None))
    costs = []
    for is_offline in (False, False, True):
        before, session = charged(sandbox), make_session(is_offline=is_offline)
        assert only_walk(crawl("unifapi", FEED, session=session, page_size=10)).stop_reason == "repeated_items"
        costs.append(charged(sandbox) - before)

    assert costs == [30, 20, 0]


def test_a_second_answer_that_the_budget_refuses_leaves_the_first_and_is_the_next_run_s(
    crawl: Crawl, sandbox: Sandbox, make_session: MakeSession, feed: tuple[FeedEntry, ...]
) -> None:
    sandbox.script(Fault("unifapi", "same_items", match="cursor="))
    session = make_session(budget=Budget(max_credits={"unifapi": 20}))

    stopped = only_walk(crawl("unifapi", FEED, session=session, page_size=10))

    assert (stopped.stop_reason, stopped.items, type(stopped.error)) == ("repeated_items", 20, BudgetError)
    assert charged(sandbox) == session.clients["unifapi"].ledger.credits == 20
    assert only_walk(crawl("unifapi", FEED, page_size=10)).stop_reason == "feed_end"
    assert charged(sandbox) == 20 + len(feed)


def test_a_run_that_died_before_the_second_answer_pays_for_no_third_one(
    crawl: Crawl, sandbox: Sandbox, make_session: MakeSession
) -> None:
    sandbox.script(Fault("unifapi", "same_items", match="cursor=", times=None))

    def until_the_third(request: httpx.Request) -> httpx.Response:
        if len(sandbox.account("unifapi").requests) == 2:
            raise RuntimeError("the process died")
        return sandbox.respond(request)

    dying = make_session(transport=httpx.MockTransport(until_the_third))
    with pytest.raises(Exception, match="the process died"):
        crawl("unifapi", FEED, session=dying, page_size=10)

    ended = only_walk(crawl("unifapi", FEED, page_size=10))

    assert (ended.stop_reason, ended.replayed_pages) == ("repeated_items", 1)
    assert charged(sandbox) == 30


@pytest.mark.parametrize("fault", ["same_items", "doubled_items"])
@pytest.mark.parametrize("name", TARGETS)
def test_a_passing_fault_leaves_no_trace_and_a_lasting_one_is_said(  # noqa: PLR0917  # fixtures
    crawl: Crawl, sandbox: Sandbox, make_session: MakeSession, name: str, fault: str, tmp_path: Path
) -> None:
    provider, later = name.partition(" ")[0], "page=2" if name == "crawlora" else "cursor="

    def walked(journal: str, times: int | None) -> WalkResult:
        sandbox.clear_faults()
        sandbox.script(Fault(provider, fault, match=later, times=times))
        session = make_session(journal=Journal(tmp_path / journal))
        return only_walk(crawl(provider, TARGETS[name], session=session, page_size=PAGE_SIZES.get(name, 10)))

    sound, passing, lasting = walked("sound", 0), walked("passing", 1), walked("lasting", None)

    assert sound.pages > 2
    assert (passing.pages, passing.items, passing.stop_reason) == (sound.pages, sound.items, sound.stop_reason)
    assert (lasting.pages, lasting.stop_reason, lasting.is_complete) == (2, "repeated_items", False)
