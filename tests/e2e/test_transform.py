"""The marts made again from what is loaded, with and without a full refresh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from filelock import FileLock
from tests.e2e.month_site import BUILT_AT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import History, Site

pytestmark = pytest.mark.slow

STATS = "select * from marts.fct_video_stats_daily order by all"


def test_a_full_refresh_builds_and_publishes_what_the_models_of_today_say(
    history: History, copy_of: Callable[[Site], Site]
) -> None:
    site = copy_of(history.site)
    before = site.rows(STATS)
    site.change("update marts.fct_video_stats_daily set view_count = 1")  # as an older model might have computed it

    result = site.tiktags("transform", "--full-refresh", "--json")

    assert result.exit_code == 0, result.output
    assert "exports/hashtags.duckdb" in json.loads(result.stdout)["published"]
    assert site.rows(STATS) == before
    with duckdb.connect(str(site.project.publication), read_only=True) as published:
        assert published.execute(STATS).fetchall() == before


def test_a_data_test_that_warns_is_a_notice_and_stops_nothing(
    history: History, twin_of: Callable[[Site], Site]
) -> None:
    site = twin_of(history.site)
    site.change("update raw.tikliveapi_hashtags set view_count = view_count * 10")

    outcome = site.run(6, transforms=True)  # two days later

    assert (outcome.exit_code, outcome.messages) == (0, [])
    assert [notice["detail"].partition(":")[0] for notice in outcome.notices if notice["kind"] == "data_test"] == [
        "counts_are_plausible"
    ]


def test_without_options_it_builds_and_publishes_what_is_loaded(month_site: Site) -> None:
    transformed = json.loads((month_site.project.root / "transformed.json").read_text())

    published = month_site.tiktags("publish", "--json", "--now", BUILT_AT)

    assert published.exit_code == 0
    assert json.loads(published.stdout) == transformed
    with duckdb.connect(str(month_site.project.publication), read_only=True) as connection:
        newest = connection.execute("select max(snapshot_date)::text from marts.fct_video_stats_daily").fetchone()
    assert newest == ("2026-11-30",)


def test_a_transform_beside_a_run_is_refused_at_once(history: History, copy_of: Callable[[Site], Site]) -> None:
    site = copy_of(history.site)

    with FileLock(site.project.lock):
        result = site.tiktags("transform")

    assert result.exit_code == 7
