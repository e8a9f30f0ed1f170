"""Budgets hold by the sandbox's own meter for every spender, and the ledger has all that was spent."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI

from tiktok_hashtags.sandbox import Fault, World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

TIKTAGS = Path(sys.executable).with_name("tiktags")


def feeds(world: World, limits: str = "") -> str:
    hashtags = "\n".join(f'[[hashtags]]\nid = "{hashtag.id}"\nmax_videos = 500' for hashtag in world.hashtags)
    return f"{hashtags}\n{limits}"


@pytest.mark.parametrize("max_usd", [0.009, 0.057])
def test_max_usd_is_never_exceeded_and_nearly_used_up(make_site: MakeSite, max_usd: float) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    site = make_site(world, feeds(world), keys=ONLY_UNIFAPI)
    site.variables["SOURCES__UNIFAPI__PAGE_SIZE"] = "10"

    outcome = site.run(0, max_usd=max_usd, concurrency=1)

    charged = site.sandbox.meter()["unifapi"]["credits"]
    assert max_usd - 0.010 < charged * 0.001 <= max_usd
    assert outcome.exit_code == 5
    assert site.rows("select count(*) from raw.unifapi_videos") == [(charged,)]


def test_max_usd_holds_over_all_providers_and_walks_at_the_same_time(make_site: MakeSite) -> None:
    world = World(seed=5, hashtags=6, videos=30)
    watchlist = "\n".join(f'[[hashtags]]\nname = "{hashtag.name}"' for hashtag in world.hashtags)
    site = make_site(world, watchlist, keys={"scraper": ""})
    prices = {"crawlora": 0.0004, "tikliveapi": 0.002, "unifapi": 0.001}
    for name, price in prices.items():
        site.variables[f"SOURCES__{name.upper()}__CREDIT_USD"] = str(price)

    outcome = site.run(0, max_usd=0.11, concurrency=20)

    charged = {name: counts["credits"] * prices.get(name, 0) for name, counts in site.sandbox.meter().items()}
    assert all(charged[name] > 0 for name in prices)
    assert sum(charged.values()) <= 0.11 + 1e-9
    assert outcome.exit_code == 5


def test_the_next_run_goes_on_where_the_budget_ended_the_first(make_site: MakeSite) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    site = make_site(world, feeds(world), keys=ONLY_UNIFAPI)
    site.run(0, max_usd=0.1)
    bought = site.sandbox.meter()["unifapi"]["credits"]

    outcome = site.run(0, hour=9)

    assert outcome.exit_code == 0
    replayed = outcome.providers["unifapi"]["replayed_pages"]
    assert replayed > 0
    assert outcome.providers["unifapi"]["credits"] == site.sandbox.meter()["unifapi"]["credits"] - bought


def test_a_day_limit_counts_what_earlier_runs_of_the_day_spent(make_site: MakeSite) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    limits = "[limits.credits_per_day]\nunifapi = 120"
    site = make_site(world, feeds(world, limits), keys=ONLY_UNIFAPI)

    codes = [site.run(0).exit_code, site.run(0, hour=9).exit_code]

    assert codes == [5, 5]
    assert site.sandbox.meter()["unifapi"]["credits"] <= 120


def test_a_day_limit_holds_over_two_processes_that_share_a_ledger(make_site: MakeSite, tmp_path: Path) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    limits = "[limits]\nmax_usd_per_day = 0.15"
    site = make_site(world, feeds(world, limits), keys=ONLY_UNIFAPI)
    shared = {**site.variables, "SOURCES__LEDGER_PATH": str(tmp_path / "ledger.sqlite"), "PATH": "/usr/bin:/bin"}
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        (folder / "watchlist.toml").write_text(feeds(world, limits), encoding="utf-8")
    command: list[str | Path] = [TIKTAGS, "run", "--no-transform", "--json", "--now", "2026-11-01T06:00"]

    started = [subprocess.Popen(command, cwd=folder, env=shared, stdout=subprocess.PIPE) for folder in folders]
    codes = [(process.communicate()[0], process.returncode)[1] for process in started]

    assert codes == [5, 5]
    assert 0 < site.sandbox.meter()["unifapi"]["credits"] <= 150


def test_a_request_whose_answer_was_lost_counts_as_charged(make_site: MakeSite) -> None:
    world = World(seed=5, hashtags=1, videos=30)
    site = make_site(world, feeds(world), keys=ONLY_UNIFAPI)
    site.sandbox.script(Fault(provider="unifapi", nth=1, kind="reset_in_body"))

    site.run(0)

    lost = site.rows("select sum(credits)::bigint, count(*) from raw.api_requests where outcome = 'unknown'")
    ledger = site.rows("select sum(credits)::bigint from raw.api_requests")
    assert lost == [(50, 1)]
    assert ledger[0][0] >= site.sandbox.meter()["unifapi"]["credits"]


def test_usage_shows_what_the_meter_counted(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, feeds(tiny), keys={"crawlora": "", "scraper": ""})
    site.run(0)

    result = site.tiktags("usage", "--json", "--now", "2026-11-02")

    said = {row["provider"]: (row["requests"], row["credits"]) for row in json.loads(result.stdout)["usage"]}
    meter = site.sandbox.meter()
    assert said == {name: (meter[name]["requests"], meter[name]["credits"]) for name in said}
    assert set(said) == {"tikliveapi", "unifapi"}


@pytest.fixture(scope="module")
def killed(make_site: MakeSite) -> Site:
    """A folder whose first run was killed while answers were on their way, and whose second completed the day."""
    world = World(seed=5, hashtags=3, videos=60)
    site = make_site(world, feeds(world), keys=ONLY_UNIFAPI)
    site.variables["SOURCES__UNIFAPI__PAGE_SIZE"] = "10"
    dripping = Fault("unifapi", "slow_drip", nth=(3, 5), seconds=60)
    site.sandbox.script(dripping)
    command: list[str | Path] = [TIKTAGS, "run", "--no-transform", "--now", "2026-11-01T06:00"]
    with subprocess.Popen(
        command, cwd=site.project.root, env={**site.variables, "PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and site.requests()["unifapi"] < 6:
            time.sleep(0.02)
        process.kill()
    site.sandbox.clear_faults()
    assert site.run(0).exit_code == 0
    return site


def ledger_of(site: Site) -> list[tuple[str, str, int, float]]:
    with closing(sqlite3.connect(site.project.journal)) as ledger:
        query = "select request_id, outcome, credits, round(cost_usd, 6) from requests order by request_id"
        return ledger.execute(query).fetchall()


@pytest.mark.kill
def test_the_ledger_exceeds_the_meter_by_what_was_lost_alone(killed: Site) -> None:
    ledger = ledger_of(killed)
    lost = [credits for _, outcome, credits, _ in ledger if outcome == "unknown"]
    charged = sum(credits for _, _, credits, _ in ledger)
    meter = killed.sandbox.meter()["unifapi"]["credits"]

    assert 2 <= len(lost) <= 3
    assert meter <= charged <= meter + sum(lost)
