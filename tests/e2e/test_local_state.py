# ruff: noqa: S608  # queries are made of names of the tests' own
"""Local state that is damaged, lost or in the way: nothing is bought again, missing or overwritten."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI
from tests.e2e.raw import Contents, contents

from tiktok_hashtags.errors import ConfigError

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site
    from tests.e2e.started import Start

    from tiktok_hashtags.jobs.outcome import Outcome
    from tiktok_hashtags.sandbox import World


def feeds(world: World) -> str:
    """A watchlist of the hashtags with their ids, so that only feeds are needed."""
    return "hashtags = [" + ", ".join(f'{{name = "{h.name}", id = "{h.id}"}}' for h in world.hashtags) + "]"


@pytest.fixture
def site(make_site: MakeSite, tiny: World) -> Site:
    return make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI)


@dataclass
class Undisturbed:
    """Folders that nothing happens to, after one day and after two, with what their raw tables hold."""

    sites: list[Site] = field(default_factory=list)
    raw: list[Contents] = field(default_factory=list)


@pytest.fixture(scope="module")
def lived(make_site: MakeSite, tiny: World, twin_of: Callable[[Site], Site]) -> Undisturbed:
    site, lived = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI), Undisturbed()
    for day in (0, 1):
        assert site.run(day).exit_code == 0
        lived.sites.append(twin_of(site))
        lived.raw.append(contents(site))
    return lived


@pytest.fixture(scope="module")
def undisturbed(lived: Undisturbed) -> list[Contents]:
    """What raw holds after one day, and after two, when nothing happens."""
    return lived.raw


@pytest.fixture
def after_a_day(lived: Undisturbed, copy_of: Callable[[Site], Site]) -> Site:
    """A folder after one day."""
    return copy_of(lived.sites[0])


def counts(found: Contents) -> dict[str, int]:
    return {name: len(rows) for name, rows in found.items()}


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a DuckDB file open in another process."""
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        yield
        holder.kill()


def run_without_loading(site: Site, day: int) -> Outcome:
    """Fetch a day while another program has the warehouse, so that all of it stays pending."""
    with ExitStack() as stack:

        def hold(stage: str) -> None:
            if stage == "fetching and loading unifapi":
                stack.enter_context(held(site.project.warehouse))

        return site.run(day, on_stage=hold)


def pending(site: Site) -> list[Path]:
    """The load packages that wait to be loaded."""
    return sorted((site.project.pipelines / "tiktok_hashtags" / "load" / "normalized").glob("*.*"))


def damage(site: Site, table: str) -> str:
    """Cut the file of a table in half; return the id of the package that it is in."""
    [path] = [path for package in pending(site) for path in package.rglob(f"{table}.*.parquet")]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path.parent.parent.name


def kept(site: Site) -> list[str]:
    return sorted(path.name for path in site.project.quarantine.glob("*")) if site.project.quarantine.exists() else []


def test_what_cannot_be_loaded_now_stays_pending_and_is_loaded_on_the_next_day(
    site: Site, undisturbed: list[Contents]
) -> None:
    outcome = run_without_loading(site, 0)
    waiting = pending(site)
    bought = site.requests()

    later = site.run(1)

    assert outcome.exit_code == 1
    assert waiting
    assert "open in another program" in " ".join(outcome.messages)
    assert later.exit_code == 0
    assert contents(site) == undisturbed[1]
    assert {name: count / 2 for name, count in site.requests().items()} == bought
    assert (pending(site), kept(site)) == ([], [])


@pytest.mark.parametrize("later", [0, 1])
def test_a_damaged_package_is_quarantined_and_its_rows_come_from_the_journal(
    site: Site, undisturbed: list[Contents], later: int
) -> None:
    run_without_loading(site, 0)
    bought = site.requests()
    load_id = damage(site, "unifapi_videos")

    outcome = site.run(later, hour=12)

    assert outcome.exit_code == 0
    [message] = outcome.messages
    assert f"load package {load_id} can never be loaded (unifapi_videos." in message
    assert f"moved to {site.project.quarantine / load_id}" in message
    assert kept(site) == [load_id]
    assert {name: count // (later + 1) for name, count in site.requests().items()} == bought
    assert videos_by_day(site) == {day: len(rows) for day, rows in enumerate(by_day(undisturbed[later]))}


def by_day(found: Contents) -> list[list[tuple[Any, ...]]]:
    """The rows of the videos table, split by snapshot date."""
    rows = found["unifapi_videos"]
    dates = sorted({value for row in rows for value in row if type(value).__name__ == "date"})
    return [[row for row in rows if day in row] for day in dates]


def videos_by_day(site: Site) -> dict[int, int]:
    loaded = "_dlt_load_id in (select load_id from raw._dlt_loads where status = 0)"
    rows = site.rows(
        f"select count(distinct (request_key, position)) from raw.unifapi_videos where {loaded}"
        " group by snapshot_date order by snapshot_date"
    )
    return {day: count for day, (count,) in enumerate(rows)}


def test_a_package_that_is_damaged_before_its_run_loads_it_is_made_up_for_in_that_run(
    site: Site, undisturbed: list[Contents]
) -> None:
    load_ids: list[str] = []

    def cut(stage: str) -> None:
        if stage == "fetching and loading unifapi" and not load_ids:
            load_ids.append(damage(site, "watchlist"))

    outcome = site.run(0, on_stage=cut)

    assert outcome.exit_code == 0
    assert kept(site) == load_ids
    assert len(site.rows("select 1 from raw.watchlist where kind = 'hashtag'")) == 2
    assert contents(site) == undisturbed[0]


def test_values_that_the_warehouse_refuses_are_quarantined_and_come_again_once_it_takes_them(
    after_a_day: Site, undisturbed: list[Contents]
) -> None:
    site = after_a_day
    site.change("alter table raw.unifapi_videos alter column page type date using null")

    refused = site.run(1)
    bought = site.requests()
    site.change("alter table raw.unifapi_videos alter column page type bigint using null")
    mended = site.run(1, hour=8)

    assert refused.exit_code == 4
    assert "the warehouse refuses it" in " ".join(refused.messages)
    assert kept(site)
    # The package before it, which holds the watchlist, is loaded.
    assert site.rows("select count(*) from raw.watchlist where run_id = ?", refused.run_id) == [(2,)]
    assert mended.exit_code == 0
    assert site.requests() == bought
    assert counts(contents(site)) == counts(undisturbed[1])


def test_the_first_load_may_fail_and_nothing_of_it_is_lost(site: Site, undisturbed: list[Contents]) -> None:
    run_without_loading(site, 0)
    bought = site.requests()

    outcome = site.run(0, hour=12)

    assert outcome.exit_code == 0
    assert outcome.walks == []
    assert site.requests() == bought
    assert contents(site) == undisturbed[0]


@pytest.mark.parametrize("lost", [["dlt"], ["journal.sqlite*"], ["dlt", "journal.sqlite*"]], ids=str)
def test_lost_local_state_is_rebuilt_from_the_warehouse_and_today_is_not_bought_again(
    after_a_day: Site, undisturbed: list[Contents], lost: list[str]
) -> None:
    site = after_a_day
    bought = site.requests()
    for path in [path for pattern in lost for path in site.project.data.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    again = site.run(0, hour=12)
    once = site.requests()
    tomorrow = site.run(1)

    assert (again.exit_code, again.walks, once) == (0, [], bought)
    assert tomorrow.exit_code == 0
    assert contents(site) == undisturbed[1]


@pytest.mark.parametrize("name", ["state.json", "schemas/tiktags.schema.json"])
def test_local_state_that_dlt_cannot_read_is_moved_away_and_rebuilt(
    after_a_day: Site, undisturbed: list[Contents], name: str
) -> None:
    site = after_a_day
    (site.project.pipelines / "tiktok_hashtags" / name).write_bytes(b"\x00garbage")

    outcome = site.run(1)

    assert outcome.exit_code == 0
    assert kept(site) == ["dlt"]
    assert contents(site) == undisturbed[1]


def test_a_lost_warehouse_is_filled_again_from_the_journal(after_a_day: Site, undisturbed: list[Contents]) -> None:
    site = after_a_day
    bought = site.requests()
    site.project.warehouse.unlink()

    outcome = site.run(0, hour=12)

    assert outcome.exit_code == 0
    assert site.requests() == bought
    assert contents(site) == undisturbed[0]


def test_a_warehouse_that_is_lost_with_packages_pending_is_filled_again(
    after_a_day: Site, undisturbed: list[Contents]
) -> None:
    site, sent = after_a_day, after_a_day.requests()
    paid = site.rows("select count(*) from raw.api_requests")[0][0]
    run_without_loading(site, 1)
    site.project.warehouse.unlink()
    paid += site.requests()["unifapi"] - sent["unifapi"]
    sent = site.requests()

    outcome = site.run(1, hour=12)
    before = site.run(0, is_offline=True, is_anew=True)

    assert (outcome.exit_code, before.exit_code) == (0, 0)
    assert site.requests() == sent
    assert counts(contents(site)) == counts(undisturbed[1])
    found = "select count(distinct request_id)::int from raw.api_requests where not is_replayed"
    assert site.rows(found) == [(paid,)]


@pytest.mark.kill
def test_a_load_that_was_killed_goes_on_in_a_warehouse_that_was_lost_meanwhile(
    after_a_day: Site, start: Start, undisturbed: list[Contents]
) -> None:
    site = after_a_day
    began = "load/normalized/[^/]+/started_jobs/unifapi"
    assert start(site, 1, "--no-transform", event="os.rename", match=began, signal=signal.SIGKILL).wait() == -9
    site.project.warehouse.unlink()

    outcome = site.run(1)

    assert (outcome.exit_code, kept(site)) == (0, [])
    assert contents(site) == undisturbed[1]


def test_tables_that_a_warehouse_has_lost_are_made_again(after_a_day: Site, undisturbed: list[Contents]) -> None:
    site = after_a_day
    site.change("drop table raw.watchlist")
    site.change("alter table raw.unifapi_videos drop column page")

    outcome = site.run(1)

    assert (outcome.exit_code, kept(site)) == (0, [])
    assert counts(contents(site)) == counts(undisturbed[1])


def test_a_warehouse_that_is_no_database_is_named_and_left_alone(site: Site) -> None:
    site.project.data.mkdir()
    site.project.warehouse.write_bytes(b"this is no database" * 1000)

    with pytest.raises(ConfigError, match=r"warehouse.duckdb.* not a valid DuckDB database file.*Move the file away"):
        site.run(0)

    assert site.project.warehouse.read_bytes() == b"this is no database" * 1000
    assert set(site.requests().values()) == {0}
