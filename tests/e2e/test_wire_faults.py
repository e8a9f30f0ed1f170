"""What goes wrong on the wire, in pages and in items: it costs only itself, and a clean run afterwards leaves no trace.

One folder lives through three runs of one virtual day: every key refused, then a fault for each hashtag (and some for
lists, datasets and items), then none. Its marts are compared with those of a folder that nothing happened to.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tiktok_hashtags.sandbox import DATASET_ID, PROVIDERS, Fault, Sandbox, World, serve
from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Rows, Site

    from tiktok_hashtags.jobs.outcome import Outcome

pytestmark = pytest.mark.slow

PAGE_SIZE = 10
SECOND_PAGE = "cursor=djE6MTA6MA"  # v1:10:0
ANY_LATER_PAGE = "cursor="


@dataclass(frozen=True)
class Expected:
    """A fault in a hashtag's UnifAPI feed, and what comes of it.

    Args:
        kind: The sandbox's name of the fault.
        reason: The walk's stop reason; `feed_end` where the walk survives the fault.
        attempts: Requests for the page that is hit.
        said: A part of the message.
        kept: Pages that the next run need not buy; None where the walk was complete.
        match: Which of the feed's requests it hits.
        times: How often; None for always.
    """

    kind: str
    reason: str
    attempts: int
    said: str
    kept: int | None = 1
    match: str = SECOND_PAGE
    times: int | None = None


FEED_FAULTS = [
    Expected("reset", "network", 5, "ReadError"),
    Expected("reset_in_body", "network", 5, "Error"),
    Expected("short_body", "network", 5, "RemoteProtocolError"),
    Expected("long_body", "bad_body", 2, "a body that is not as documented"),
    Expected("half_gzip", "network", 5, "the gzip body ends in the middle"),
    Expected("gzip_bomb", "network", 5, "the body is over 32 MiB"),
    Expected("500", "server_error", 5, "HTTP 500"),
    Expected("503", "server_error", 5, "HTTP 503"),
    Expected("html_200", "bad_body", 2, "HTTP 200 with HTML"),
    Expected("invalid_json", "bad_body", 2, "a body that is not as documented"),
    Expected("nan", "bad_body", 2, "a body that is not as documented"),
    Expected("huge_int", "bad_body", 2, "a number of a thousand digits or more"),
    Expected("deep_nesting", "bad_body", 2, "nested too deep"),
    Expected("empty_body", "bad_body", 2, "an empty body"),
    Expected("captcha", "bad_body", 2, "HTTP 200 with HTML"),
    Expected("envelope", "bad_envelope", 1, "internal_error"),
    Expected("redirect", "http_error", 1, "a redirect, which is never followed"),
    Expected("same_cursor", "cursor_loop", 1, "cursor_loop after 2 pages"),
    Expected("cursor_cycle", "cursor_loop", 1, "cursor_loop after 3 pages"),
    Expected("no_cursor", "no_cursor", 1, "no_cursor after 2 pages"),
    Expected("same_items", "repeated_items", 2, "repeated_items after 2 pages", kept=0, match=ANY_LATER_PAGE),
    Expected("same_items", "feed_end", 2, "", kept=None, times=1),
    Expected("doubled_items", "repeated_items", 2, "repeated_items after 2 pages"),
    Expected("doubled_items", "feed_end", 2, "", kept=None, times=1),
    Expected("empty_page", "empty_pages", 1, "empty_pages after 3 pages", kept=0, match=ANY_LATER_PAGE),
    Expected("empty_page", "feed_end", 1, "", kept=None, match=ANY_LATER_PAGE, times=1),
    Expected("503", "feed_end", 2, "", kept=None, times=1),
]
IDS = [f"{fault.kind}-{fault.reason}" for fault in FEED_FAULTS]
ITEM_FAULTS = ("null_item", "no_id_item", "wrong_type_item", "int_beyond_64")
TEXT_FAULTS = ("huge_caption", "nul", "lone_surrogate")
DRIFT_FAULTS = ("unknown_keys", "deep_unknown", "sql_key")


@dataclass
class Lived:
    """The folder that the faults happened to, after each of its runs, and the marts of the other one."""

    site: Site
    elsewhere: Sandbox
    feeds: list[int]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    meters: dict[str, dict[str, int]] = field(default_factory=dict)
    paths: dict[str, list[str]] = field(default_factory=dict)
    marts: dict[str, Rows] = field(default_factory=dict)
    expected_marts: dict[str, Rows] = field(default_factory=dict)

    def run(self, name: str, **options: Any) -> None:
        """Run at the day's hour, with pauses that take no time."""
        before = {provider: len(self.site.sandbox.account(provider).requests) for provider in PROVIDERS}
        self.outcomes[name] = patiently(self.site, **options)
        sent = {name: self.site.sandbox.account(name).requests[count:] for name, count in before.items()}
        self.meters[name] = {provider: len(rows) for provider, rows in sent.items()}
        self.paths[name] = [f"{provider}{row.path}" for provider, rows in sent.items() for row in rows]

    def feed_requests(self, name: str, hashtag_id: str) -> list[str]:
        """What a run asked UnifAPI for about a hashtag."""
        return [path for path in self.paths[name] if path.startswith(f"unifapi/tiktok/hashtags/{hashtag_id}/")]


def patiently(site: Site, **options: Any) -> Outcome:
    return site.run(0, hour=8, sleep=lambda _: None, monotonic=time.monotonic, **options)


def watchlist(world: World, hashtags: list[int]) -> str:
    named = ", ".join(f'{{name = "{world.hashtags[n].name}", id = "{world.hashtags[n].id}"}}' for n in hashtags)
    return f"""
        hashtags = [{named}]
        trends = [{{country = "US"}}]
        searches = [{{keyword = "cat"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
    """


def paged(site: Site) -> Site:
    """A site whose feeds, lists and datasets have several pages each."""
    for name in ("UNIFAPI", "SCRAPER", "CRAWLORA"):
        site.variables[f"SOURCES__{name}__PAGE_SIZE"] = str(PAGE_SIZE)
    return site


def faults(world: World, feeds: list[int], collector: str) -> Iterator[Fault]:
    """One fault a hashtag for UnifAPI; for TikLive those of items; a page of a list and of a dataset; details."""
    for number, fault in zip(feeds, FEED_FAULTS, strict=True):
        match = rf"/hashtags/{world.hashtags[number].id}/videos\?.*{fault.match}"
        yield Fault("unifapi", fault.kind, match=match, times=fault.times, location=collector)
    for number, kind in zip(feeds, (*ITEM_FAULTS, *TEXT_FAULTS, *DRIFT_FAULTS), strict=False):
        yield Fault("tikliveapi", kind, match=f"challenge-posts/.*challenge_id={world.hashtags[number].id}&")
    yield Fault("crawlora", "500", match=r"popular-trend/hashtag\?.*page=2$", times=None)
    yield Fault("scraper", "invalid_json", match=r"offset=20&", times=None)
    for number, kind in zip(feeds[-3:], ("inner_envelope", "captcha", "html_200"), strict=True):
        name = quote(world.hashtags[number].name, safe="")
        yield Fault("crawlora", kind, match=f"hashtag/{re.escape(name)}$", times=None)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, hashtags=30, videos=24)


@pytest.fixture(scope="module")
def feeds(world: World) -> list[int]:
    """The hashtags of three to five pages, one for each fault."""
    sizes = [len(world.feed(hashtag, world.start, "unifapi")) for hashtag in world.hashtags]
    chosen = [number for number, size in enumerate(sizes) if 2 * PAGE_SIZE < size <= 5 * PAGE_SIZE]
    return chosen[: len(FEED_FAULTS)]


@pytest.fixture(scope="module")
def lived(make_site: MakeSite, world: World, feeds: list[int]) -> Iterator[Lived]:
    site = paged(make_site(world, watchlist(world, feeds)))
    elsewhere = Sandbox(world)
    lived = Lived(site, elsewhere, feeds)
    keys = {name: site.variables[f"SOURCES__{name.upper()}__API_KEY"] for name in PROVIDERS}
    with serve(elsewhere) as collector:
        site.variables |= {f"SOURCES__{name.upper()}__API_KEY": "not-the-key" for name in PROVIDERS}
        lived.run("refused")
        site.variables |= {f"SOURCES__{name.upper()}__API_KEY": key for name, key in keys.items()}
        site.sandbox.script(*faults(world, feeds, f"{collector.url}/collect"))
        lived.run("struck")
        site.sandbox.clear_faults()
        lived.run("clean", transforms=True)
        other = paged(make_site(world, watchlist(world, feeds)))
        patiently(other, transforms=True)
        shifted = {normalised(world.hashtags[number].name) for number in feeds[: len(ITEM_FAULTS)]}
        lived.marts, lived.expected_marts = (compared(each, shifted=shifted) for each in (site, other))
        yield lived


def compared(site: Site, *, shifted: set[str]) -> dict[str, Rows]:
    """Every mart except those that describe the runs, and without URLs, which each request signs again."""
    query = """
        select table_schema || '.' || table_name, column_name
        from information_schema.columns
        where table_schema in ('marts', 'reporting') and column_name not like '%\\_url' escape '\\'
            and column_name not in ('observed_at', 'run_id')
        order by all
    """
    about_runs = ("marts.fct_api_requests", "marts.fct_walks", "reporting.rpt_data_cost", "reporting.rpt_coverage")
    columns: dict[str, list[str]] = {}
    for table, column in site.rows(query):
        columns.setdefault(table, []).append(column)
    found = {
        table: site.rows(f"select {', '.join(listed)} from {table} order by all")  # noqa: S608  # names of our own
        for table, listed in columns.items()
        if table not in about_runs
    }
    of_feeds = "hashtag_key, video_id, snapshot_date, feed_rank, provider"
    feeds = site.rows(f"select {of_feeds} from marts.fct_hashtag_feed_daily")  # noqa: S608  # a constant
    # A rejected item keeps its place, so those after it stand one further down.
    found["marts.fct_hashtag_feed_daily"] = sorted(row[:3] if row[0] in shifted else row for row in feeds)
    return found


def test_a_clean_run_afterwards_leads_to_the_same_marts(lived: Lived) -> None:
    differing = {
        name: (set(rows) ^ set(lived.marts.get(name, [])))
        for name, rows in lived.expected_marts.items()
        if lived.marts.get(name) != rows
    }

    assert lived.outcomes["clean"].exit_code == 0, lived.outcomes["clean"].messages
    assert {name: sorted(rows, key=repr)[:4] for name, rows in differing.items()} == {}
    assert sum(map(len, lived.marts.values())) > 5_000


def test_a_refused_key_costs_one_call_a_provider_however_many_walks_there_are(lived: Lived) -> None:
    outcome = lived.outcomes["refused"]

    assert outcome.exit_code == 6
    assert lived.meters["refused"] == dict.fromkeys(PROVIDERS, 1)
    assert {walk.stop_reason for walk in outcome.walks} == {"auth"}
    assert len(outcome.walks) > 3 * len(FEED_FAULTS)
    assert all("401" in message for message in outcome.messages)


def test_faults_cost_only_themselves(lived: Lived) -> None:
    outcome = lived.outcomes["struck"]
    sound = {walk.stop_reason for walk in outcome.walks if walk.provider == "tikliveapi"}

    assert outcome.exit_code == 4
    assert sound == {"feed_end"}
    assert sum(not walk.is_complete for walk in outcome.walks) == sum(f.kept is not None for f in FEED_FAULTS) + 5


@pytest.mark.parametrize(("number", "fault"), list(enumerate(FEED_FAULTS)), ids=IDS)
def test_a_fault_ends_its_walk_with_its_reason_and_the_next_run_buys_only_what_is_missing(
    lived: Lived, world: World, number: int, fault: Expected
) -> None:
    hashtag = world.hashtags[lived.feeds[number]]
    entries = [entry.video.id for entry in world.feed(hashtag, world.start, "unifapi")]
    pages, key = -(-len(entries) // PAGE_SIZE), normalised(hashtag.name)

    [walk] = [w for w in lived.outcomes["struck"].walks if w.provider == "unifapi" and w.hashtag_key == key]

    said = [message for message in lived.outcomes["struck"].messages if f"#{hashtag.name}" in message.split("(inc")[-1]]
    hit = [path for path in lived.feed_requests("struck", hashtag.id) if re.search(fault.match, path)]
    again = lived.feed_requests("clean", hashtag.id)
    assert walk.stop_reason == fault.reason
    assert walk.is_complete == (fault.kept is None)
    assert any(fault.said in message for message in said) if fault.said else True
    assert len([path for path in hit if path == hit[0]]) == fault.attempts
    assert len(again) == (0 if fault.kept is None else pages - fault.kept)
    assert fed(lived.site, key) == list(dict.fromkeys(entries))


def fed(site: Site, hashtag: str) -> list[str]:
    """Ids of a hashtag's UnifAPI feed in order, the newest copy of each place, without what came again."""
    rows = site.rows(
        "select id from raw.unifapi_videos where requested_hashtag = ?"
        " qualify row_number() over (partition by request_key, position order by _dlt_load_id desc) = 1"
        " order by position, page",
        hashtag,
    )
    return list(dict.fromkeys(video_id for (video_id,) in rows))


def test_a_broken_page_of_a_list_or_a_dataset_is_the_only_one_missing_and_the_only_one_bought_later(
    lived: Lived,
) -> None:
    walks = {(walk.provider, walk.endpoint): walk for walk in lived.outcomes["struck"].walks}
    lists, items = walks["crawlora", "trends"], walks["scraper", "items"]

    assert (lists.stop_reason, items.stop_reason) == ("server_error", "bad_body")
    assert lists.pages > 3
    assert items.pages > 3
    bought = [path for path in lived.paths["clean"] if path.startswith("scraper") or "popular-trend" in path]
    assert [re.search(r"page=(\d+)$|offset=(\d+)", path).group() for path in bought] == ["page=2", "offset=20"]  # type: ignore[union-attr]


def test_nothing_and_no_key_went_to_where_a_redirect_pointed(lived: Lived) -> None:
    assert lived.elsewhere.strays == []
    assert all(meter["requests"] == 0 for meter in lived.elsewhere.meter().values())


def test_bad_items_are_in_quarantine_and_the_others_of_their_pages_are_loaded(lived: Lived) -> None:
    rejects = lived.site.rows("select reason, payload from raw.rejects where provider = 'tikliveapi' order by reason")
    [notice] = [n for n in lived.outcomes["struck"].notices if (n["provider"], n["kind"]) == ("tikliveapi", "rejected")]

    assert len(rejects) == len(ITEM_FAULTS)
    assert {reason.partition(" - ")[0] for reason, _ in rejects} >= {"the item has no id"}
    assert "null" in {payload for _, payload in rejects}
    assert notice["detail"].startswith(f"{len(ITEM_FAULTS)} of ")


def test_texts_are_kept_or_cut_and_what_no_warehouse_stores_is_replaced_and_flagged(lived: Lived) -> None:
    [(longest,)] = lived.site.rows("select max(length(title)) from raw.tikliveapi_videos")
    [(notice,)] = lived.site.rows("select detail from raw.notices where kind = 'cut' and provider = 'tikliveapi'")
    replaced = lived.site.rows(
        "select title[-10:] from raw.tikliveapi_videos where is_text_replaced and title like '% here' order by all"
    )

    assert longest == 65_536
    assert notice.startswith("tikliveapi_videos.title: 1 text cut to 65536 characters; the longest has 10")
    assert replaced == [("alf \ufffd here",), ("nul \ufffd here",)]


def test_drift_is_one_notice_and_no_column(lived: Lived) -> None:
    [drift] = lived.site.rows("select detail, fields from raw.notices where provider = 'tikliveapi' and kind = 'drift'")
    columns = lived.site.rows(
        "select column_name from information_schema.columns where table_schema = 'raw'"
        " and (column_name like '%unknown%' or column_name like '%drop%')"
    )

    assert drift[0].startswith("undocumented fields (2002): ")
    assert 'x"; drop table raw.rejects; --' in drift[1].split("\n")
    assert columns == []


def test_the_ledger_is_never_below_what_the_apis_charged(lived: Lived) -> None:
    charged = {name: meter["credits"] for name, meter in lived.site.sandbox.meter().items()}
    ledger: dict[str, int] = dict(
        lived.site.rows("select provider, sum(credits)::bigint from raw.api_requests group by 1")
    )

    assert {name: ledger[name] >= credits for name, credits in charged.items()} == dict.fromkeys(PROVIDERS, True)


def test_requests_in_the_marts_are_those_of_the_ledger(lived: Lived) -> None:
    with closing(sqlite3.connect(lived.site.project.journal)) as journal:
        ledger = journal.execute("select request_id, outcome, credits, round(cost_usd, 6) from requests").fetchall()

    marts = lived.site.rows("select request_id, outcome, credits::int, round(cost_usd, 6) from marts.fct_api_requests")

    assert sorted(marts) == sorted(ledger)
    assert {outcome for _, outcome, *_ in ledger} >= {"ok", "unknown", "replayed"}
