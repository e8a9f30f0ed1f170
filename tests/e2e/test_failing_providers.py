"""A provider that fails costs only its own tables; exit code and summary say which, and a later run heals it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from tests.e2e.conftest import ONLY_CRAWLORA, ONLY_UNIFAPI

from tiktok_hashtags.cli.run import run_summary
from tiktok_hashtags.sandbox import DATASET_ID, PROVIDERS, Fault, World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

    from tiktok_hashtags.jobs.outcome import Outcome


def everything(world: World) -> str:
    """A watchlist that every provider serves a part of."""
    names = ", ".join(f'{{name = "{hashtag.name}"}}' for hashtag in world.hashtags)
    return f"""
        hashtags = [{names}]
        trends = [{{country = "US"}}]
        searches = [{{keyword = "cat"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
    """


def feeds(world: World) -> str:
    """A watchlist of the hashtags with their ids, so that only feeds are needed."""
    return "hashtags = [" + ", ".join(f'{{name = "{h.name}", id = "{h.id}"}}' for h in world.hashtags) + "]"


def unreachable() -> str:
    """An address on loopback where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def reasons(outcome: Outcome) -> dict[str, set[str]]:
    """Why the walks of each provider ended."""
    found: dict[str, set[str]] = {}
    for walk in outcome.walks:
        found.setdefault(walk.provider, set()).add(walk.stop_reason)
    return found


def loaded(site: Site) -> set[str]:
    """Providers that have rows in raw."""
    return {name.split("_")[0] for name in site.tables()} & set(PROVIDERS)


def test_a_provider_without_a_key_that_nothing_names_is_skipped(make_site: MakeSite, tiny: World) -> None:
    names = ", ".join(f'{{name = "{hashtag.name}"}}' for hashtag in tiny.hashtags)
    site = make_site(tiny, f"hashtags = [{names}]", keys={"tikliveapi": "", "unifapi": "", "scraper": ""})

    outcome = site.run(0)

    assert (outcome.exit_code, sorted(outcome.skipped)) == (0, ["scraper", "tikliveapi", "unifapi"])
    assert list(outcome.providers) == ["crawlora"]
    assert "unifapi: skipped" in shown(outcome)


def test_a_provider_without_a_key_fails_its_walks_if_the_watchlist_needs_it(make_site: MakeSite, tiny: World) -> None:
    second = tiny.hashtags[1]
    watchlist = everything(tiny).replace(
        f'{{name = "{second.name}"}}', f'{{name = "{second.name}", providers = ["unifapi"]}}'
    )
    site = make_site(tiny, watchlist, keys={"crawlora": "", "unifapi": "", "scraper": ""})

    outcome = site.run(0)

    assert outcome.exit_code == 6
    assert reasons(outcome) == {
        "crawlora": {"no_key"},
        "unifapi": {"no_key"},
        "scraper": {"no_key"},
        "tikliveapi": {"feed_end"},
    }
    assert loaded(site) == {"tikliveapi"}
    assert {name for name, count in site.requests().items() if count} == {"tikliveapi"}
    assert any("SOURCES__CRAWLORA__API_KEY" in message for message in outcome.messages)


def test_a_missing_key_is_reported_before_a_missing_id(make_site: MakeSite, tiny: World) -> None:
    watchlist = f'hashtags = [{{name = "{tiny.hashtags[0].name}", providers = ["unifapi"]}}]'
    site = make_site(tiny, watchlist, keys=ONLY_CRAWLORA)

    outcome = site.run(0)

    assert outcome.exit_code == 6
    assert reasons(outcome) == {"unifapi": {"no_key"}, "crawlora": {"feed_end"}}


def test_without_any_key_nothing_starts(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, everything(tiny), keys=dict.fromkeys(PROVIDERS, ""))

    result = site.tiktags("run")

    assert result.exit_code == 2
    assert "SOURCES__UNIFAPI__API_KEY" in result.stderr
    assert not site.project.warehouse.exists()


def test_the_first_of_several_failures_gives_the_exit_code(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, feeds(tiny), keys={"crawlora": "", "scraper": ""}, balance=0)
    site.sandbox.script(Fault("tikliveapi", "500", times=None))

    outcome = site.run(0)

    assert reasons(outcome)["unifapi"] == {"balance"}
    assert reasons(outcome)["tikliveapi"] == {"server_error"}
    assert outcome.exit_code == 5


def test_a_hashtag_that_does_not_exist_is_a_notice_and_left_alone_for_a_week(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, "hashtags = [{name = 'NoSuchHashtag'}]", keys=ONLY_CRAWLORA)

    codes = [site.run(0).exit_code]
    once = site.requests()
    codes += [site.run(6).exit_code]
    silent = site.requests()
    codes += [site.run(7).exit_code]

    assert codes == [0, 0, 0]
    assert once == silent == {"crawlora": 1, "tikliveapi": 0, "unifapi": 0, "scraper": 0}
    assert site.requests() == {"crawlora": 2, "tikliveapi": 0, "unifapi": 0, "scraper": 0}
    assert site.rows("select distinct kind, detail from raw.notices") == [("not_found", "#NoSuchHashtag")]


def test_a_second_run_at_the_same_time_ends_at_once_and_spends_nothing(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, everything(tiny))
    site.project.data.mkdir()
    hold = (
        "import filelock, sys; lock = filelock.FileLock(sys.argv[1]); lock.acquire();"
        " print('held', flush=True); sys.stdin.read()"
    )

    with subprocess.Popen(
        [sys.executable, "-c", hold, str(site.project.lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        result = site.tiktags("run", "--json")
        holder.communicate()

    assert result.exit_code == 7
    assert "another run" in result.stderr
    assert set(site.requests().values()) == {0}


def test_a_dead_holder_s_lock_is_taken_over(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI)
    site.project.data.mkdir()
    site.project.lock.write_text("left behind")

    outcome = site.run(0)

    assert outcome.exit_code == 0


@pytest.fixture(scope="module")
def struck(make_site: MakeSite, tiny: World) -> tuple[Site, Outcome]:
    """A first day on which one provider refuses the key and another is down, transformed all the same."""
    site = make_site(tiny, everything(tiny), keys={"crawlora": "not-the-key"})
    healthy = site.variables["SOURCES__UNIFAPI__BASE_URL"]
    site.variables["SOURCES__UNIFAPI__BASE_URL"] = unreachable()
    outcome = site.run(0, transforms=True, concurrency=1)
    site.variables["SOURCES__UNIFAPI__BASE_URL"] = healthy
    site.variables["SOURCES__CRAWLORA__API_KEY"] = site.sandbox.keys["crawlora"]
    return site, outcome


def test_the_marts_of_the_other_providers_are_built_and_published(struck: tuple[Site, Outcome]) -> None:
    site, outcome = struck

    providers = site.rows("select distinct provider from intermediate.int_video_observations order by 1")
    trends = site.rows("select count(*) from marts.fct_trend_ranks")
    details = site.rows("select distinct provider from marts.fct_hashtag_stats_daily")

    assert outcome.exit_code == 6
    assert (providers, trends, details) == ([("scraper",), ("tikliveapi",)], [(0,)], [("tikliveapi",)])
    assert (site.project.root / "exports" / "hashtags.duckdb").exists()


def test_a_provider_that_fails_costs_only_its_own_tables(struck: tuple[Site, Outcome]) -> None:
    site, outcome = struck

    assert loaded(site) == {"tikliveapi", "scraper"}
    assert reasons(outcome) == {
        "crawlora": {"auth"},
        "unifapi": {"network"},
        "tikliveapi": {"feed_end"},
        "scraper": {"feed_end"},
    }
    # The refused key was tried once, of all that it was needed for.
    assert outcome.providers["crawlora"]["requests"] == 1
    assert [outcome.providers[name]["credits"] for name in ("crawlora", "unifapi")] == [0, 0]
    assert any(message.startswith("crawlora") and "401" in message for message in outcome.messages)


def test_the_report_names_failed_providers(struck: tuple[Site, Outcome]) -> None:
    texts = [notice["text"] for notice in struck[0].report()["notices"] if notice["level"] == "fail"]

    assert any("walks of 2026-11-01 are incomplete" in text for text in texts)
    assert any("unifapi" in text for text in texts)


def test_the_summary_names_every_provider_that_failed_and_what_it_owes(
    struck: tuple[Site, Outcome], tiny: World
) -> None:
    _, outcome = struck

    text = shown(outcome)

    assert "exit code 6" in text
    assert "crawlora details of" in text
    assert all(f"videos of #{hashtag.name}" in text for hashtag in tiny.hashtags)
    assert "not-the-key" not in text


def test_a_clean_run_on_the_same_day_buys_only_what_is_missing(
    struck: tuple[Site, Outcome], copy_of: Callable[[Site], Site]
) -> None:
    site = copy_of(struck[0])
    before = site.requests()

    outcome = site.run(0, hour=8)

    assert outcome.exit_code == 0
    assert loaded(site) == set(PROVIDERS)
    assert {name: site.requests()[name] > before[name] for name in PROVIDERS} == {
        "crawlora": True,
        "tikliveapi": False,
        "unifapi": True,
        "scraper": False,
    }


def test_a_failing_data_test_keeps_raw_and_the_former_publication(
    struck: tuple[Site, Outcome], copy_of: Callable[[Site], Site]
) -> None:
    site = copy_of(struck[0])
    published = (site.project.root / "exports" / "hashtags.duckdb").read_bytes()
    site.change("update raw.api_requests set provider = 'nobody' where provider = 'scraper'")

    outcome = site.run(0, hour=8, only=["scraper"], transforms=True)

    assert outcome.exit_code == 3
    assert any("nobody" in message or "known_keys" in message for message in outcome.messages)
    assert loaded(site) == {"tikliveapi", "scraper"}
    assert (site.project.root / "exports" / "hashtags.duckdb").read_bytes() == published


def shown(outcome: Outcome) -> str:
    """The summary as a person sees it, in one line."""
    screen = StringIO()
    Console(width=10_000, file=screen).print(run_summary(outcome))
    return screen.getvalue()
