"""The commands on the real thing: plan and limits, narrowing, status, a new project, the sandbox, the demo."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.e2e.conftest import ONLY_CRAWLORA

from tiktok_hashtags.sandbox import PROVIDERS, World

if TYPE_CHECKING:
    from tests.e2e.conftest import History, MakeSite, Site

TIKTAGS = Path(sys.executable).with_name("tiktags")
NOW = "2026-11-01T06:00"


@pytest.fixture
def site(make_site: MakeSite, tiny: World) -> Site:
    """Hashtags whose ids are known, a trend list and a search; the scraper is not needed."""
    named = ", ".join(f'{{name = "{h.name}", id = "{h.id}", max_videos = 40}}' for h in tiny.hashtags)
    watchlist = f'hashtags = [{named}]\ntrends = [{{country = "US"}}]\nsearches = [{{keyword = "cat"}}]\n'
    return make_site(tiny, watchlist, keys={"scraper": ""})


def limited(site: Site, limits: str) -> None:
    """Add limits to a site's watchlist."""
    with site.project.watchlist.open("a", encoding="utf-8") as watchlist:
        watchlist.write(f"\n[limits]\n{limits}\n")


def test_a_plan_counts_the_worst_case_and_sends_nothing(site: Site) -> None:
    result = site.tiktags("plan", "--json", "--now", NOW)

    told = json.loads(result.stdout)
    assert [tuple(line.values())[:5] for line in told["resources"]] == [
        ("crawlora", "hashtags", 2, 2, 16),
        ("crawlora", "trends", 1, 10, 80),
        ("tikliveapi", "hashtags", 2, 2, 2),
        ("tikliveapi", "search", 1, 3, 3),
        ("tikliveapi", "videos", 2, 4, 4),
        ("unifapi", "videos", 2, 2, 80),
    ]
    assert (told["requests"], told["worst_case_usd"]) == (23, pytest.approx(0.08))
    assert told["skipped_providers"] == ["scraper"]
    assert set(site.requests().values()) == {0}


def test_a_run_costs_no_more_than_its_plan_which_may_be_the_limit(site: Site) -> None:
    limited(site, "credits_per_run = {crawlora = 96, unifapi = 80, tikliveapi = 9}")
    worst = json.loads(site.tiktags("plan", "--json", "--now", NOW).stdout)["worst_case_credits"]

    outcome = site.run(0)

    assert outcome.exit_code == 0
    assert worst == {"crawlora": 96, "tikliveapi": 9, "unifapi": 80}
    assert all(counts["credits"] <= worst[name] for name, counts in outcome.providers.items())
    assert site.tiktags("plan", "--now", NOW).stdout.startswith("Nothing to fetch")


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("credits_per_run = {crawlora = 95}", "crawlora: this run could cost 96 credits, over the 95"),
        ("credits_per_run = {unifapi = 79, crawlora = 96}", "unifapi: this run could cost 80 credits"),
        ("max_usd_per_run = 0.05", "this run could cost $0.0800, over the $0.05"),
    ],
)
def test_a_worst_case_over_a_limit_is_exit_code_5_and_nothing_is_sent(
    site: Site, limits: str, said: str, command: str
) -> None:
    limited(site, limits)
    site.variables["SOURCES__TIKLIVEAPI__CREDIT_USD"] = "0"

    result = site.tiktags(command, "--json", "--now", NOW)

    assert result.exit_code == 5
    assert said in json.loads(result.stdout)["error"]
    assert said in result.stderr
    assert set(site.requests().values()) == {0}


@pytest.mark.parametrize("command", ["plan", "run"])
def test_credits_without_a_price_under_a_dollar_limit_are_a_configuration_error(site: Site, command: str) -> None:
    limited(site, "max_usd_per_run = 100.0")

    result = site.tiktags(command, "--json", "--now", NOW)

    assert result.exit_code == 2
    assert "credit_usd under [sources.tikliveapi]" in json.loads(result.stdout)["error"]
    assert set(site.requests().values()) == {0}


def test_only_narrows_a_run_to_a_resource(make_site: MakeSite, tiny: World) -> None:
    named = ", ".join(f'{{name = "{hashtag.name}"}}' for hashtag in tiny.hashtags)
    site = make_site(tiny, f'hashtags = [{named}]\ntrends = [{{country = "US"}}]\n', keys=ONLY_CRAWLORA)

    outcome = site.run(0, only=["crawlora.trends"])

    assert {(walk.provider, walk.endpoint) for walk in outcome.walks} == {("crawlora", "trends")}
    assert site.requests() == {"crawlora": 2, "unifapi": 0, "tikliveapi": 0, "scraper": 0}


def test_a_finished_day_leaves_nothing_to_plan(history: History) -> None:
    result = history.site.tiktags("plan", "--json", "--now", "2026-11-05T23:00")

    told = json.loads(result.stdout)
    assert (result.exit_code, told["resources"], told["requests"], told["worst_case_usd"]) == (0, [], 0, None)


def test_a_status_shows_the_last_runs_and_the_marts(history: History) -> None:
    result = history.site.tiktags("status", "--json")

    told = json.loads(result.stdout)
    newest = [(run["snapshot_date"], run["incomplete_walks"]) for run in told["runs"]]
    assert newest == [("2026-11-05", 0), ("2026-11-02", 0), ("2026-11-02", 0), ("2026-11-01", 0)]
    assert told["incomplete_walks"] == []
    assert told["tables"]["marts.dim_provider"] == 4


def test_a_status_reports_a_complete_last_run(history: History) -> None:
    result = history.site.tiktags("status")

    assert "The last run is complete." in result.stdout
    assert "marts.fct_hashtag_stats_daily" in result.stdout


def test_a_query_shows_a_table(history: History) -> None:
    result = history.site.tiktags("query", "select provider, rank from marts.dim_provider order by rank")

    assert [line.split() for line in result.stdout.splitlines()] == [
        ["provider", "rank"],
        ["crawlora", "1"],
        ["unifapi", "2"],
        ["tikliveapi", "3"],
        ["scraper", "4"],
    ]


def test_a_new_project_can_be_planned_at_once(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, "", keys={"tikliveapi": "", "scraper": ""})
    site.project.watchlist.unlink()

    started = site.process("init", "--json")
    planned = site.process("plan")
    again = site.process("init")

    assert (started.returncode, planned.returncode, again.returncode) == (0, 0, 2), planned.stderr
    assert json.loads(started.stdout)["written"][0] == "watchlist.toml"
    assert "unifapi.videos" in planned.stdout
    assert "nothing was written" in again.stderr
    assert set(site.requests().values()) == {0}


def test_a_plan_lists_the_walks_that_must_fail(make_site: MakeSite, tiny: World) -> None:
    hashtag = tiny.hashtags[0].name
    site = make_site(tiny, f'hashtags = [{{name = "{hashtag}"}}]', keys=dict.fromkeys(PROVIDERS, "") | {"unifapi": "k"})

    planned = site.tiktags("plan", "--json")
    ran = site.run(0)

    note, host = json.loads(planned.stdout)["notes"]
    assert note.startswith(f"unifapi videos of #{hashtag}: its id is unknown. Give `id` in the watchlist")
    assert host.startswith("unifapi: the key goes to 127.0.0.1:")
    assert (planned.exit_code, ran.exit_code) == (0, 4)
    assert [message for message in ran.messages if note in message]
    assert set(site.requests().values()) == {0}


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The sandbox as a process, and the variables that it prints."""
    with subprocess.Popen(
        [TIKTAGS, "sandbox", "--port", "0", "--now", NOW],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        variables: dict[str, str] = {}
        for line in process.stdout:
            if line.startswith("export "):
                variables |= dict(word.split("=", maxsplit=1) for word in shlex.split(line)[1:])
            if len(variables) == 10:
                break
        yield process, variables
        process.kill()


def test_the_sandbox_serves_what_its_exports_point_at(serving: tuple[subprocess.Popen[str], dict[str, str]]) -> None:
    process, variables = serving
    base, key = (variables[f"SOURCES__CRAWLORA__{name}"] for name in ("BASE_URL", "API_KEY"))

    answer = httpx.get(f"{base}/tiktok/hashtag/christmas", headers={"x-api-key": key}, trust_env=False).json()
    process.send_signal(signal.SIGINT)

    assert answer["data"]["challengeInfo"]["challenge"]["id"] == "3242"
    assert {name.split("__")[1].lower() for name in variables} == set(PROVIDERS)
    assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Two days of the demo, in the place of an earlier one."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "mine").mkdir()
    (folder / "mine" / ".tiktags-demo").touch()
    (folder / "mine" / "left-over").touch()
    done = subprocess.run(
        [TIKTAGS, "demo", "--days", "2", "--json", "--folder", "mine"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return folder / "mine", done


def test_a_demo_runs_all_providers_over_its_days(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = demo

    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, told["exit_code"], told["days"]) == (0, 0, 2)
    assert done.stderr.count("requests") == 2
    assert done.stderr.count("builds, tests and publishes the marts") == 1
    assert [name for name, rows in told["tables"].items() if not rows] == []
    assert {name for name, requests, *_ in told["cost"] if requests} == set(PROVIDERS)
    assert {name: usd is not None for name, *_, usd in told["cost"]} == {
        name: name != "tikliveapi" for name in PROVIDERS
    }
    assert len(told["growth"]) == 5
    assert told["growth"] == sorted(told["growth"], key=lambda row: -row[3])


def test_a_demo_takes_the_place_of_an_earlier_one(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = demo

    names = {path.name for path in folder.iterdir()}

    assert {"watchlist.toml", "data", "exports"} <= names
    assert "left-over" not in names


def test_a_demo_leaves_other_folders_alone(tmp_path: Path, make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, "hashtags = []")
    (site.project.root / "precious").mkdir()
    (site.project.root / "precious" / "file").write_text("mine")

    result = site.tiktags("demo", "--folder", str(site.project.root / "precious"))

    assert result.exit_code == 2
    assert "holds something that is not a demo" in result.stderr
    assert (site.project.root / "precious" / "file").read_text() == "mine"
