"""A third kind of warehouse takes one folder and one line in `KINDS`: every job and command works through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from click.testing import CliRunner, Result
from tests.warehouse.made_up_kind.attic import Attic

from tiktok_hashtags.cli.main import main
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.config import key_variable
from tiktok_hashtags.jobs import Options, Outcome, run_project
from tiktok_hashtags.project import Project
from tiktok_hashtags.sandbox import PROVIDERS, Sandbox, SandboxClock, World
from tiktok_hashtags.warehouse import KINDS, Warehouse

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
DAY = ("--now", "2026-11-01T09:00:00")
ASKED = ("crawlora", "unifapi")


class House:
    """A project whose warehouse is an attic, and a sandbox to fill it from."""

    def __init__(self, root: Path) -> None:
        world = World(seed=3, hashtags=2, videos=12)
        [first, _] = world.hashtags
        self.project = Project(root)
        self.sandbox = Sandbox(world, SandboxClock(NOW, frozen=True), plans=dict.fromkeys(PROVIDERS, "unlimited"))
        (root / "watchlist.toml").write_text(f'[[hashtags]]\nname = "{first.name}"\nid = "{first.id}"\n')

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have the folder, the keys and the kind for a while."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.project.root)
            patch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
            patch.setenv("DLT_DATA_DIR", str(self.project.root / "dlt-home"))
            patch.setenv("DESTINATION", "attic")
            patch.setitem(KINDS, "attic", Attic)
            for name in ASKED:
                patch.setenv(key_variable(name), self.sandbox.keys[name])
            yield

    def run(self, **options: Any) -> Outcome:
        transport = httpx.MockTransport(self.sandbox.respond)
        usual: dict[str, Any] = {"clock": frozen_clock(NOW.replace(tzinfo=None)), "transport": transport, "only": ASKED}
        with self.inside():
            return run_project(self.project, Options(**usual | options))

    def tiktags(self, *arguments: str) -> Result:
        with self.inside():
            return CliRunner().invoke(main, ["-C", str(self.project.root), *arguments])

    def requests(self) -> int:
        return sum(meter["requests"] for meter in self.sandbox.meter().values())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.project.root / "attic" / "store.db", read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house after one run with dbt, the publication and the report."""
    house = House(tmp_path_factory.mktemp("house"))
    outcome = house.run()
    assert (outcome.exit_code, outcome.messages) == (0, [])
    return house


def test_a_class_of_its_own_is_a_warehouse(tmp_path: Path) -> None:
    warehouse: Warehouse = Attic(Project(tmp_path))

    assert not warehouse.exists()


def test_a_run_loads_builds_and_publishes(house: House) -> None:
    [(count,)] = house.rows("select count(*) from raw.unifapi_videos")
    marts = "select table_name from information_schema.tables where table_schema = '{}' order by 1"

    assert house.rows("select count(*) from marts.fct_video_stats_daily") == [(count,)]
    assert count > 0
    assert house.rows(marts.format("shown_marts")) == house.rows(marts.format("marts"))
    assert house.rows(marts.format("shown_reporting")) == house.rows(marts.format("reporting"))


def test_a_second_run_knows_the_first_and_buys_nothing(house: House) -> None:
    sent = house.requests()

    outcome = house.run(transforms=False)

    assert (outcome.exit_code, outcome.walks) == (0, [])
    assert house.requests() == sent > 0


def test_status_query_and_doctor_ask_it(house: House) -> None:
    status, doctor = house.tiktags("status", "--json"), house.tiktags("doctor", "--json")
    query = house.tiktags("query", "--json", "select count(*) as n from marts.dim_video")
    refused = house.tiktags("query", "drop table raw.walks")

    tables = json.loads(status.stdout)["tables"]
    [check] = [check for check in json.loads(doctor.stdout)["checks"] if check["name"] == "warehouse"]
    assert json.loads(query.stdout)["rows"] == [{"n": tables["marts.dim_video"]}]
    assert check == {"name": "warehouse", "is_ok": True, "detail": "attic in attic/store.db"}
    assert (refused.exit_code, "the attic does not have it" in refused.stderr) == (2, True)


def test_the_report_reads_its_publication(house: House) -> None:
    report = house.tiktags("report", "--json", *DAY)

    assert json.loads(report.stdout)["snapshot_date"] == "2026-11-01"
    assert "the attic" in house.project.report.read_text(encoding="utf-8")


def test_publish_and_docs_use_its_profile(house: House) -> None:
    published, docs = house.tiktags("publish", "--json"), house.tiktags("docs")

    assert json.loads(published.stdout) == {"published": ["shown_marts", "shown_reporting"]}
    assert docs.exit_code == 0
    assert "fct_video_stats_daily" in (house.project.docs / "index.html").read_text(encoding="utf-8")


def test_prune_deletes_the_rows_that_a_replay_replaced(house: House) -> None:
    copies = "select count(*), count(distinct (snapshot_date, request_key, position)) from raw.unifapi_videos"
    assert house.run(transforms=False, is_offline=True, is_anew=True).exit_code == 0
    [(rows, observations)] = house.rows(copies)

    pruned = house.tiktags("prune", "--yes", "--json", *DAY)

    assert json.loads(pruned.stdout)["is_removed"]
    assert rows == 2 * observations
    assert house.rows(copies) == [(observations, observations)]


def test_no_file_of_another_kind_is_made(house: House) -> None:
    assert not house.project.warehouse.exists()
    assert not house.project.exports.exists()
