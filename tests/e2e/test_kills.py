"""`kill -9` at every stage: the next run completes the day as if nothing had happened.

`make torture` kills at random moments.
"""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.raw import Contents, contents

from tiktok_hashtags.sandbox import PROVIDERS

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, Rows, Site
    from tests.e2e.started import Start

KILL = signal.SIGKILL
# A run walks so many pages at the same time: two hashtags for each provider, a trend list and a search.
IN_FLIGHT = {"crawlora": 3, "tikliveapi": 5, "unifapi": 2, "scraper": 0}
JOB = r"load/normalized/[^/]+/"
# In the order of a run, so that each kill finds work left to do.
MOMENTS: dict[str, dict[str, Any]] = {
    "before anything is sent": {"event": "log", "match": "reading what is known"},
    "before the watchlist's package is whole": {"event": "os.rename", "match": r"normalize/extracted/"},
    "after a page": {"event": "log", "match": "crawlora trends .* page"},
    "between extraction and its package": {"event": "os.rename", "match": r"normalize/extracted/", "nth": 2},
    "between a package and its normalized form": {"event": "os.rename", "match": JOB[:-1] + "$", "nth": 2},
    "before the first table is loaded": {"event": "os.rename", "match": JOB + "started_jobs/crawlora"},
    "when a table is loaded and its job is not": {"event": "os.rename", "match": JOB + ".pending_transitions/walks"},
    "when some tables are loaded": {"event": "os.rename", "match": JOB + "completed_jobs/tikliveapi", "nth": 2},
    "when all tables are loaded": {"event": "os.rename", "match": JOB + "package_completed.json", "nth": 2},
    "between the load and the end of its package": {"event": "os.rename", "match": "load/loaded/", "nth": 2},
    "after the loads": {"event": "log", "match": "transforming and testing"},
    "while dbt reads its project": {"event": "open", "match": r"dbt_project/models/.*/dim_video\.sql"},
    "while dbt builds": {"event": "open", "match": r"target/run/.*/fct_video_stats_daily\.sql"},
    "while dbt tests": {"event": "open", "match": r"target/run/.*/unique_.*\.sql"},
    "after the tests": {"event": "log", "match": "publishing"},
    "between two published files": {"event": "os.rename", "match": r"exports/.*\.parquet", "nth": 3},
}


@dataclass
class Killed:
    """A day whose run was killed again and again, and then run to its end."""

    codes: dict[str, int] = field(default_factory=dict)
    exit_code: int = -1
    marts: dict[str, Rows] = field(default_factory=dict)
    raw: Contents = field(default_factory=dict)
    bought_again: dict[str, int] = field(default_factory=dict)
    charged: dict[str, int] = field(default_factory=dict)
    certain: dict[str, int] = field(default_factory=dict)
    possible: dict[str, int] = field(default_factory=dict)
    doubled: Rows = field(default_factory=list)
    in_marts: Rows = field(default_factory=list)
    in_ledger: Rows = field(default_factory=list)


def credits_in_ledger(site: Site, provider: str, condition: str = "true") -> int:
    """Credits of a provider's requests in the journal."""
    query = f"select coalesce(sum(credits), 0) from requests where provider = ? and {condition}"  # noqa: S608
    with closing(sqlite3.connect(site.project.journal)) as journal:
        [(credits,)] = journal.execute(query, (provider,)).fetchall()
    return int(credits)


def requests_in_ledger(site: Site) -> Rows:
    """The requests of the journal."""
    query = "select request_id, outcome, credits, round(cost_usd, 6) from requests order by request_id"
    with closing(sqlite3.connect(site.project.journal)) as journal:
        return journal.execute(query).fetchall()


@pytest.fixture(scope="module")
def killed(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site], marts_of: Callable[[Site], dict[str, Rows]]
) -> Killed:
    killed, site = Killed(), twin_of(calm.site)
    meter, ledger = site.sandbox.meter(), {name: credits_in_ledger(site, name) for name in PROVIDERS}
    for moment, strike in MOMENTS.items():
        killed.codes[moment] = start(site, 1, signal=KILL, **strike).wait()
    killed.exit_code = site.run(1, transforms=True).exit_code
    killed.marts = marts_of(site)
    killed.raw = contents(site)
    killed.doubled = doubled_rows(site)
    columns = "request_id, outcome, credits::int, round(cost_usd, 6)"
    killed.in_marts = site.rows(f"select {columns} from marts.fct_api_requests order by request_id")  # noqa: S608
    killed.in_ledger = requests_in_ledger(site)
    for name in PROVIDERS:
        charged = site.sandbox.meter()[name]
        killed.bought_again[name] = charged["requests"] - meter[name]["requests"] - calm.requests[name]
        killed.charged[name] = charged["credits"] - meter[name]["credits"]
        killed.certain[name] = credits_in_ledger(site, name, "outcome <> 'unknown'") - ledger[name]
        killed.possible[name] = credits_in_ledger(site, name) - ledger[name]
    return killed


def doubled_rows(site: Site) -> Rows:
    """Keys that the marts about runs hold twice."""
    return site.rows("""
        select 'request', request_id, count(*) from marts.fct_api_requests group by all having count(*) > 1
        union all
        select 'walk', run_id || provider || endpoint || walk_key, count(*)
        from marts.fct_walks group by all having count(*) > 1
    """)


@pytest.mark.parametrize("moment", MOMENTS)
def test_each_moment_is_one_at_which_the_run_was_killed(killed: Killed, moment: str) -> None:
    assert killed.codes[moment] == -KILL


def test_after_a_kill_at_every_stage_the_next_run_completes_the_day(killed: Killed, calm: Calm) -> None:
    assert killed.exit_code == 0
    assert killed.marts == calm.marts
    assert killed.raw == contents(calm.second)


def test_no_request_and_no_walk_is_recorded_twice(killed: Killed) -> None:
    assert killed.doubled == []


def test_requests_in_the_marts_are_those_of_the_ledger(killed: Killed) -> None:
    assert killed.in_marts == killed.in_ledger != []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_pages_in_flight_are_bought_again(killed: Killed, provider: str) -> None:
    fetching = [moment for moment in MOMENTS if "page" in moment]

    assert 0 <= killed.bought_again[provider] <= len(fetching) * IN_FLIGHT[provider]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_ledger_is_above_the_meter_by_no_more_than_the_unknown(killed: Killed, provider: str) -> None:
    assert killed.certain[provider] <= killed.charged[provider] <= killed.possible[provider]


def test_a_second_run_ends_at_once_and_a_killed_one_s_lock_is_taken_over(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site]
) -> None:
    site = twin_of(calm.site)
    before = site.requests()

    first = start(site, 1, "--no-transform", event="log", match="reading what is known", signal=signal.SIGSTOP)
    first.wait_until_it_stands_still()
    second = start(site, 1, "--no-transform")
    refused, spent = second.wait(), site.requests()
    first.signal(KILL)
    killed = first.wait()
    third = site.run(1)

    assert (refused, spent) == (7, before)
    assert "another run" in json.loads(second.stdout)["error"]
    assert (killed, third.exit_code) == (-KILL, 0)
    assert site.rows("select distinct snapshot_date from raw.unifapi_videos order by 1") == [
        (date(2026, 11, 1),),
        (date(2026, 11, 2),),
    ]
