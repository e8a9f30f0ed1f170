# ruff: noqa: S608  # queries are made of names and ids of the tests' own
"""Days of runs on every source: a second run, missed days, what the ledger says, and that keys stay secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tiktok_hashtags.sandbox import PROVIDERS

if TYPE_CHECKING:
    from tests.e2e.conftest import History

DAYS = ["2026-11-01", "2026-11-02", "2026-11-05"]
TYPE_SUFFIX = re.compile(r"__v_(text|bigint|double|bool|timestamp|date|json|decimal|wei|binary)$")


def test_every_run_is_complete(history: History) -> None:
    found = {name: (outcome.exit_code, outcome.messages) for name, outcome in history.outcomes.items()}

    assert found == dict.fromkeys(["first", "again", "half", "rest", "late"], (0, []))


def test_a_second_run_on_the_same_day_sends_nothing(history: History) -> None:
    first, again = history.requests["first"], history.requests["again"]

    assert again == first
    assert all(counts["requests"] == 0 for counts in history.outcomes["again"].providers.values())
    assert history.outcomes["again"].walks == []


def test_every_mart_has_rows(history: History) -> None:
    late = history.marts["late"]

    assert [name for name, rows in late.items() if not rows] == []
    assert {"marts.dim_hashtag", "marts.fct_trend_points", "reporting.rpt_hashtag_growth"} <= set(late)


def test_every_run_date_has_one_row_per_hashtag(history: History) -> None:
    watched = {hashtag.name for hashtag in history.world.hashtags}

    rows = history.site.rows(
        "select hashtag_name, list(snapshot_date::text order by snapshot_date) from marts.fct_hashtag_stats_daily"
        " inner join marts.dim_hashtag using (hashtag_key) where is_watched group by hashtag_name"
    )

    assert {name.lower() for name, _ in rows} == watched
    assert all(dates == DAYS for _, dates in rows)


def test_every_run_date_has_one_row_per_still_listed_video(history: History) -> None:
    rows = history.site.rows(
        "select video_id, count(*), count(distinct snapshot_date) from marts.fct_video_stats_daily group by video_id"
    )
    stayed = listed(history, 0) & listed(history, 1) & listed(history, 4)

    assert all(count == dates for _, count, dates in rows)
    assert {video for video, count, _ in rows if count == 3} == stayed
    assert {video for video, *_ in rows} == listed(history, 0) | listed(history, 1) | listed(history, 4)


def test_a_half_day_is_completed_by_what_the_other_half_lacks(history: History) -> None:
    before, half, rest = (history.requests[name] for name in ("again", "half", "rest"))

    asked = {name: (half[name] > before[name], rest[name] > half[name]) for name in PROVIDERS}

    assert asked == {
        "crawlora": (True, False),
        "unifapi": (True, False),
        "tikliveapi": (False, True),
        "scraper": (False, True),
    }


def test_the_ledger_in_the_warehouse_is_what_the_providers_charged(history: History) -> None:
    meter = {name: (counts["requests"], counts["credits"]) for name, counts in history.meter.items()}

    ledger = history.site.rows(
        "select provider, count(*), sum(credits)::bigint from marts.fct_api_requests where not is_replayed group by 1"
    )

    assert {name: (requests, credits) for name, requests, credits in ledger} == meter


def test_dollars_are_credits_at_the_price_of_the_plan(history: History) -> None:
    cost: dict[str, float | None] = dict(
        history.site.rows("select provider, sum(cost_usd) from marts.fct_api_requests group by provider")
    )
    credits = {name: counts["credits"] for name, counts in history.meter.items()}

    assert cost["unifapi"] == pytest.approx(credits["unifapi"] * 0.001)
    assert cost["crawlora"] == 0
    assert cost["tikliveapi"] is None


def test_rejected_items_are_counted_but_do_not_fail_a_run(history: History) -> None:
    rejects = history.site.rows("select provider, entity, reason <> '', payload from raw.rejects")

    assert len(rejects) == 3
    assert {row[:3] for row in rejects} == {("scraper", "scraper_items", True)}
    assert "post_not_found" in rejects[0][3]
    assert history.outcomes["first"].providers["scraper"]["rejects"] == 1


def test_no_value_made_a_second_column(history: History) -> None:
    columns = history.site.rows("select table_name, column_name from information_schema.columns")

    assert [row for row in columns if TYPE_SUFFIX.search(row[1])] == []


def test_the_watchlist_of_every_run_is_kept(history: History) -> None:
    kinds = history.site.rows(
        "select run_id, count(*) filter (where kind = 'hashtag'), count(*) filter (where kind = 'trend'),"
        " count(*) filter (where kind = 'search'), count(*) filter (where kind = 'dataset')"
        " from raw.watchlist group by run_id"
    )

    assert {row[0] for row in kinds} == {outcome.run_id for outcome in history.outcomes.values()}
    assert {row[1:] for row in kinds} == {(4, 4, 2, 1)}


def test_campaigns_and_roles_come_from_the_watchlist(history: History) -> None:
    first, second, third, fourth = (hashtag.name for hashtag in history.world.hashtags)

    campaigns = history.site.rows("select campaign, hashtag_key, is_current from marts.bridge_campaign_hashtag")
    roles = history.site.rows("select hashtag_key, role from marts.dim_hashtag where is_watched")

    assert set(campaigns) == {
        ("holiday-2026", first, True),
        ("holiday-2026", second, True),
        ("always-on", second, True),
    }
    assert dict(roles) == {first: "own", second: "market", third: "competitor", fourth: "market"}


def test_keys_are_in_no_file_of_the_project(
    history: History, all_bytes: Callable[[Path], Iterator[tuple[Path, bytes]]]
) -> None:
    keys = [key.encode() for key in history.site.sandbox.keys.values()]

    files = dict(all_bytes(history.site.project.root))

    assert len(files) > 20
    assert [path for path, content in files.items() if any(key in content for key in keys)] == []


def test_the_published_copy_holds_the_marts(history: History) -> None:
    published = history.site.project.root / "exports" / "hashtags.duckdb"

    rows = history.site.rows(
        f"attach '{published}' as copy (read_only); select count(*) from copy.marts.fct_video_stats_daily"
    )

    assert rows == [(len(history.marts["late"]["marts.fct_video_stats_daily"]),)]


def listed(history: History, day: int) -> set[str]:
    """Ids of the videos that any provider lists on a day of the world."""
    on = history.world.start + timedelta(days=day)
    feeds = {
        entry.video.id
        for provider in ("unifapi", "tikliveapi")
        for hashtag in history.world.hashtags
        for entry in history.world.feed(hashtag, on, provider)
    }
    return feeds | {row.entry.video.id for row in history.world.dataset(on) if row.entry}
