"""A run that died, and a next start on a later date: what was paid for is loaded, and what is missing is said."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI
from tests.e2e.test_local_state import feeds, run_without_loading

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import MakeSite, Site
    from tests.e2e.started import Start

    from tiktok_hashtags.sandbox import World

pytestmark = pytest.mark.kill
DAY_ONE = "2026-11-02"
WALKS = f"""
    select provider, endpoint, target, stop_reason, is_complete
    from raw.walks where snapshot_date = '{DAY_ONE}' order by all
"""  # noqa: S608
VIDEOS = """
    select snapshot_date::text, requested_hashtag, id, observed_at::text, position
    from raw.unifapi_videos where snapshot_date < '2026-11-03' order by all
"""


@pytest.fixture
def site(make_site: MakeSite, tiny: World) -> Site:
    site = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI)
    assert site.run(0).exit_code == 0
    return site


def pages_on(site: Site, day: str) -> int:
    with closing(sqlite3.connect(site.project.journal)) as journal:
        [(count,)] = journal.execute("select count(*) from pages where snapshot_date = ?", [day]).fetchall()
    return int(count)


def doctor(site: Site) -> dict[str, dict[str, Any]]:
    checks = json.loads(site.tiktags("doctor", "--json").stdout)["checks"]
    return {check["name"]: check for check in checks}


def test_pages_of_a_killed_run_are_loaded_on_a_later_date_and_its_open_walks_are_said(
    site: Site, start: Start, twin_of: Callable[[Site], Site]
) -> None:
    undisturbed = twin_of(site)
    assert undisturbed.run(1).exit_code == 0
    assert (
        start(
            site, 1, "--concurrency", "1", event="log", match="unifapi videos .* page 1", signal=signal.SIGKILL
        ).wait()
        == -9
    )
    bought, sent = pages_on(site, DAY_ONE), site.requests()
    assert bought
    assert DAY_ONE in doctor(site)["unfinished runs"]["detail"]
    assert DAY_ONE in site.tiktags("status").output

    outcome = site.run(2)

    assert outcome.exit_code == 4
    [message] = [text for text in outcome.messages if text.startswith(DAY_ONE)]
    walks = site.rows(WALKS)
    missing = [target for _, _, target, reason, is_complete in walks if not is_complete and reason == "interrupted"]
    assert missing
    assert all(target in message for target in missing)
    assert {row[:3] for row in walks} == {row[:3] for row in undisturbed.rows(WALKS)}
    assert set(site.rows(VIDEOS)) <= set(undisturbed.rows(VIDEOS))
    assert [row for row in site.rows(VIDEOS) if row[0] == DAY_ONE]
    assert pages_on(site, DAY_ONE) == bought
    assert site.requests()["unifapi"] - sent["unifapi"] == pages_on(site, "2026-11-03")


def test_it_is_said_once_and_status_keeps_it(site: Site, start: Start) -> None:
    start(site, 1, event="log", match="fetching and loading unifapi", signal=signal.SIGKILL).wait()
    site.run(2)

    again = site.run(3)

    assert (again.exit_code, again.messages) == (0, [])
    status = json.loads(site.tiktags("status", "--json").stdout)
    assert {walk["snapshot_date"] for walk in status["interrupted_walks"]} == {DAY_ONE}
    assert doctor(site)["unfinished runs"]["detail"] == "none"


def test_a_run_killed_before_its_first_request_is_said(site: Site, start: Start) -> None:
    assert start(site, 1, event="log", match="fetching and loading unifapi", signal=signal.SIGKILL).wait() == -9

    outcome = site.run(2)

    assert outcome.exit_code == 4
    walks = site.rows(WALKS)
    assert walks
    assert {(reason, is_complete) for *_, reason, is_complete in walks} == {("interrupted", False)}


def test_a_finished_crawl_whose_load_was_lost_is_complete_on_a_later_date(
    site: Site, twin_of: Callable[[Site], Site]
) -> None:
    undisturbed = twin_of(site)
    undisturbed.run(1)
    run_without_loading(site, 1)
    shutil.rmtree(site.project.pipelines)
    sent = site.requests()

    outcome = site.run(2)

    assert (outcome.exit_code, outcome.messages) == (0, [])
    assert [notice["kind"] for notice in outcome.notices if DAY_ONE in notice["detail"]] == ["recovered"]
    assert site.rows(WALKS) == undisturbed.rows(WALKS)
    assert site.rows(VIDEOS) == undisturbed.rows(VIDEOS)
    assert site.requests()["unifapi"] - sent["unifapi"] == pages_on(site, "2026-11-03")


def test_the_watchlist_of_the_interrupted_date_counts(site: Site, start: Start, tiny: World) -> None:
    start(site, 1, event="log", match="fetching and loading unifapi", signal=signal.SIGKILL).wait()
    site.project.watchlist.write_text('hashtags = [{name = "another", id = "99"}]')

    site.run(2)

    assert {target for _, _, target, *_ in site.rows(WALKS)} == {f"#{hashtag.name}" for hashtag in tiny.hashtags}
    names = "select distinct hashtag_name from raw.watchlist where snapshot_date = ? order by 1"
    assert site.rows(names, DAY_ONE) == sorted((hashtag.name,) for hashtag in tiny.hashtags)


def test_a_warehouse_that_was_set_back_gets_its_dates_again_without_a_request(
    site: Site, tmp_path: Any, twin_of: Callable[[Site], Site]
) -> None:
    backup = shutil.copy(site.project.warehouse, tmp_path / "backup.duckdb")
    site.run(1)
    site.run(2)
    undisturbed = twin_of(site)
    undisturbed.run(3)
    shutil.copy(backup, site.project.warehouse)
    shutil.rmtree(site.project.pipelines)
    sent = site.requests()

    outcome = site.run(3)

    assert outcome.exit_code == 0
    assert site.rows(VIDEOS) == undisturbed.rows(VIDEOS)
    assert site.rows(WALKS) == undisturbed.rows(WALKS)
    assert site.requests()["unifapi"] - sent["unifapi"] == pages_on(site, "2026-11-04")


def test_prune_keeps_the_pages_of_a_date_until_they_are_loaded(site: Site, start: Start) -> None:
    start(site, 1, "--concurrency", "1", event="log", match="unifapi videos .* page 1", signal=signal.SIGKILL).wait()
    bought = pages_on(site, DAY_ONE)

    pruned = site.tiktags("prune", "--yes", "--json", "--now", "2027-01-01")

    assert pruned.exit_code == 0, pruned.output
    assert (pages_on(site, "2026-11-01"), pages_on(site, DAY_ONE)) == (0, bought)
