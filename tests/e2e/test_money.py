"""Budgets hold against the sandbox's own meter, whoever spends, and the ledger says what was spent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiktok_hashtags.sandbox import Fault, World

if TYPE_CHECKING:
    from collections.abc import Callable

TIKTAGS = Path(sys.executable).with_name("tiktags")


def feeds(world: World, limits: str = "") -> str:
    hashtags = "\n".join(f'[[hashtags]]\nid = "{hashtag.id}"\nmax_videos = 500' for hashtag in world.hashtags)
    return f"{hashtags}\n{limits}"


def test_max_usd_is_never_exceeded_and_what_was_bought_is_loaded(make_site: Callable[..., Any]) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    site = make_site(world, feeds(world), keys={"crawlora": "", "tikliveapi": ""})

    outcome = site.run(0, max_usd=0.1)

    charged = site.sandbox.meter()["unifapi"]["credits"]
    assert 0 < charged <= 100
    assert outcome.exit_code == 5
    assert site.rows("select count(*) from raw.unifapi_videos") == [(charged,)]


def test_the_next_run_goes_on_where_the_budget_ended_the_first(make_site: Callable[..., Any]) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    site = make_site(world, feeds(world), keys={"crawlora": "", "tikliveapi": ""})
    site.run(0, max_usd=0.1)
    bought = site.sandbox.meter()["unifapi"]["credits"]

    outcome = site.run(0, hour=9)

    assert outcome.exit_code == 0
    replayed = outcome.providers["unifapi"]["replayed_pages"]
    assert replayed > 0
    assert outcome.providers["unifapi"]["credits"] == site.sandbox.meter()["unifapi"]["credits"] - bought


def test_a_day_limit_counts_what_earlier_runs_of_the_day_spent(make_site: Callable[..., Any]) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    limits = "[limits.credits_per_day]\nunifapi = 120"
    site = make_site(world, feeds(world, limits), keys={"crawlora": "", "tikliveapi": ""})

    codes = [site.run(0).exit_code, site.run(0, hour=9).exit_code]

    assert codes == [5, 5]
    assert site.sandbox.meter()["unifapi"]["credits"] <= 120


def test_a_day_limit_holds_over_two_processes_that_share_a_ledger(
    make_site: Callable[..., Any], tmp_path: Path
) -> None:
    world = World(seed=5, hashtags=3, videos=60)
    limits = "[limits]\nmax_usd_per_day = 0.15"
    site = make_site(world, feeds(world, limits), keys={"crawlora": "", "tikliveapi": ""})
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


def test_a_request_whose_answer_was_lost_counts_as_charged(make_site: Callable[..., Any]) -> None:
    world = World(seed=5, hashtags=1, videos=30)
    site = make_site(world, feeds(world), keys={"crawlora": "", "tikliveapi": ""})
    site.sandbox.script(Fault(provider="unifapi", nth=1, kind="reset_in_body"))

    site.run(0)

    lost = site.rows("select sum(credits)::bigint, count(*) from raw.api_requests where outcome = 'unknown'")
    ledger = site.rows("select sum(credits)::bigint from raw.api_requests")
    assert lost == [(50, 1)]
    assert ledger[0][0] >= site.sandbox.meter()["unifapi"]["credits"]


def test_usage_shows_what_the_meter_counted(make_site: Callable[..., Any], tiny: World) -> None:
    site = make_site(tiny, f'[[hashtags]]\nname = "{tiny.hashtags[0].name}"')
    site.run(0)

    result = site.tiktags("usage", "--json", "--now", "2026-11-02")

    said = {row["provider"]: (row["requests"], row["credits"]) for row in json.loads(result.stdout)["usage"]}
    meter = site.sandbox.meter()
    assert said == {name: (meter[name]["requests"], meter[name]["credits"]) for name in said}
    assert set(said) == {"crawlora", "tikliveapi", "unifapi"}
