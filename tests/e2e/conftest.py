# ruff: noqa: S608  # queries are made of names and ids of the tests' own
"""Project folders whose providers are a sandbox on loopback, and one history of days that many tests read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest
from click.testing import CliRunner, Result
from tests.e2e.month_site import month, month_site  # noqa: F401  # fixtures
from tests.e2e.remembered import lived
from tests.e2e.started import START, Start, Struck, start  # noqa: F401  # a fixture and its types
from tests.e2e.truth import industry

from tiktok_hashtags.cli.main import main
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.jobs.opened import Options
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.run import run_project
from tiktok_hashtags.project import Project
from tiktok_hashtags.sandbox import DATASET_ID, PROVIDERS, Sandbox, SandboxClock, SandboxServer, World, serve

TIKTAGS = Path(sys.executable).with_name("tiktags")
RUN_MARTS = ("marts.fct_api_requests", "marts.fct_walks", "reporting.rpt_data_cost", "reporting.rpt_coverage")
RUN_COLUMNS = ("observed_at", "run_id")
# Keys of sites with one provider; each other one costs a run a second.
ONLY_UNIFAPI = {"crawlora": "", "tikliveapi": "", "scraper": ""}
ONLY_CRAWLORA = {"tikliveapi": "", "unifapi": "", "scraper": ""}

Rows = list[tuple[Any, ...]]


@dataclass
class FakeTime:
    """Time that passes only in `sleep`."""

    now: float = 1_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@dataclass
class Site:
    """A project folder, and environment variables that point it at a sandbox."""

    project: Project
    sandbox: Sandbox
    server: SandboxServer
    variables: dict[str, str]

    def run(self, day: int, hour: int = 6, **options: Any) -> Outcome:
        """Run in this process on a virtual day (the first is 0), by default without dbt; waiting takes no time."""
        when = START + timedelta(days=day, hours=hour - START.hour)
        self.sandbox.clock.set(when)
        waiting = FakeTime()
        usual: dict[str, Any] = {"transforms": False, "sleep": waiting.sleep, "monotonic": waiting.monotonic}
        with self.inside():
            return run_project(self.project, Options(clock=frozen_clock(when), **usual | options))

    def tiktags(self, *arguments: str) -> Result:
        """Run a command in this process."""
        with self.inside():
            return CliRunner().invoke(main, ["-C", str(self.project.root), *arguments])

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a separate process, in the folder."""
        return subprocess.run(
            [TIKTAGS, *arguments],
            cwd=self.project.root,
            env={**self.variables, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def rows(self, query: str, *values: object) -> Rows:
        """The rows of a query on the warehouse."""
        with duckdb.connect(str(self.project.warehouse), read_only=True) as connection:
            return connection.execute(query, list(values)).fetchall()

    def change(self, statement: str) -> None:
        """Run a statement on the warehouse."""
        with duckdb.connect(str(self.project.warehouse)) as connection:
            connection.execute(statement)

    def tables(self) -> set[str]:
        """The raw tables that hold rows."""
        names = self.rows("select table_name from information_schema.tables where table_schema = 'raw'")
        return {name for (name,) in names if self.rows(f'select 1 from raw."{name}" limit 1')}

    def report(self) -> dict[str, Any]:
        """The data in the report."""
        html = self.project.report.read_text("utf-8")
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
        assert found
        data: dict[str, Any] = json.loads(found[1])
        return data

    def requests(self) -> dict[str, int]:
        """Requests that each provider has seen."""
        return {name: meter["requests"] for name, meter in self.sandbox.meter().items()}

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Use the folder and its variables, and none of this machine's settings, within a block."""
        before, folder = dict(os.environ), Path.cwd()
        for name in [name for name in os.environ if name.startswith(("SOURCES__", "TIKTAGS_", "DESTINATION"))]:
            del os.environ[name]
        os.environ.update(self.variables)
        os.chdir(self.project.root)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)


class MakeSite(Protocol):
    """Makes a folder with a watchlist, beside a sandbox of its own; `keys` replace the valid ones, "" is none."""

    def __call__(
        self, world: World, watchlist: str, *, keys: Mapping[str, str] | None = None, **sandbox: Any
    ) -> Site: ...


@pytest.fixture(scope="session")
def make_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeSite]:
    with ExitStack() as stack:

        def make(world: World, watchlist: str, *, keys: Mapping[str, str] | None = None, **given: Any) -> Site:
            usual: dict[str, Any] = {"plans": dict.fromkeys(PROVIDERS, "unlimited"), "sleep": FakeTime().sleep}
            sandbox = Sandbox(world, SandboxClock(START.replace(tzinfo=UTC), frozen=True), **usual | given)
            server = stack.enter_context(serve(sandbox))
            folder = tmp_path_factory.mktemp("site")
            (folder / "watchlist.toml").write_text(watchlist, encoding="utf-8")
            variables = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(folder / "data" / "dlt-home")}
            # One parse of the dbt project is enough for all workers and folders.
            variables["TIKTAGS_CACHE"] = str(tmp_path_factory.getbasetemp().parent / "cache")
            for name, url in server.base_urls.items():
                prefix = f"SOURCES__{name.upper()}__"
                variables[prefix + "BASE_URL"] = url
                variables[prefix + "API_KEY"] = {**sandbox.keys, **(keys or {})}[name]
                variables[prefix + "REQUESTS_PER_MINUTE"] = "100000"
            return Site(Project(folder), sandbox, server, variables)

        yield make


@pytest.fixture(scope="session")
def tiny() -> World:
    """Two hashtags with a handful of videos each."""
    return World(seed=3, hashtags=2, videos=12)


@dataclass
class History:
    """Four days and their results: a run, a second one, one day in two parts, and a run after two missed days."""

    site: Site
    world: World
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    marts: dict[str, dict[str, Rows]] = field(default_factory=dict)
    requests: dict[str, dict[str, int]] = field(default_factory=dict)
    meter: dict[str, dict[str, int]] = field(default_factory=dict)

    def run(self, name: str, day: int, hour: int = 6, **options: Any) -> None:
        """Run, and store the results under a name."""
        self.outcomes[name] = self.site.run(day, hour, **options)
        self.requests[name] = self.site.requests()
        self.meter = self.site.sandbox.meter()  # later tests run on copies, and the meter counts them too
        if options.get("transforms"):
            self.marts[name] = marts(self.site)


def marts(site: Site, *, without: str = " ") -> dict[str, Rows]:
    """Every row of every mart, except marts and columns about the runs, and columns that end in `without`."""
    columns: dict[str, list[str]] = {}
    query = """
        select table_schema || '.' || table_name, column_name
        from information_schema.columns
        where table_schema in ('marts', 'reporting')
        order by table_schema, table_name, ordinal_position
    """
    for table, column in site.rows(query):
        columns.setdefault(table, []).append(column)
    kept = {
        name: [c for c in listed if c not in RUN_COLUMNS and not c.endswith(without)]
        for name, listed in columns.items()
    }
    return {
        name: sorted(site.rows(f"select {', '.join(listed)} from {name}"), key=repr)
        for name, listed in kept.items()
        if name not in RUN_MARTS
    }


@pytest.fixture(scope="session")
def marts_of() -> Callable[[Site], dict[str, Rows]]:
    """Reads all marts without the signed URLs, which differ from request to request in any run."""
    return lambda site: marts(site, without="_url")


@pytest.fixture(scope="session")
def history(make_site: MakeSite) -> History:
    world = World(seed=11, hashtags=4, videos=24)
    first, second, third, fourth = world.hashtags
    watchlist = f"""
        hashtags = [
            {{name = "#{first.casings[-1]}", role = "own", campaigns = ["holiday-2026"]}},
            {{url = "https://www.tiktok.com/tag/{second.name}", campaigns = ["holiday-2026", "always-on"]}},
            {{id = "{third.id}", role = "competitor"}},
            {{name = "{fourth.name}"}},
        ]
        trends = [
            {{country = "US"}},
            {{country = "GB", period_days = 30, new_on_board = true}},
            {{country = "US", period_days = 120, industry_id = {industry(world)}}},
            {{source = "creative_center", country = "BR", period_days = 90}},
        ]
        searches = [{{keyword = "cat"}}, {{keyword = "Christmas"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
    """
    site = make_site(world, watchlist)

    def live() -> History:
        history = History(site, world)
        history.run("first", 0, transforms=True)
        history.run("again", 0, hour=9)
        history.run("half", 1, only=["crawlora", "unifapi"])
        history.run("rest", 1, hour=18)
        history.run("late", 4, transforms=True)
        return history

    return lived("history", live, site, world)


@pytest.fixture(scope="session")
def twin_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Site], Site]:
    """A function that copies a site's folder, for as long as the tests run."""
    return lambda site: _copied(site, tmp_path_factory.mktemp("twin") / "project")


def _copied(site: Site, folder: Path) -> Site:
    shutil.copytree(site.project.root, folder)
    return Site(Project(folder), site.sandbox, site.server, site.variables)


@dataclass
class Calm:
    """A site after its first day, its twin after the second, and the results of that day without faults."""

    site: Site
    second: Site
    requests: dict[str, int]
    marts: dict[str, Rows]


@pytest.fixture(scope="session")
def calm(
    make_site: MakeSite,
    tiny: World,
    twin_of: Callable[[Site], Site],
    marts_of: Callable[[Site], dict[str, Rows]],
) -> Calm:
    named = "".join(
        f'[[hashtags]]\nname = "{h.name}"\nid = "{h.id}"\ncampaigns = ["holiday-2026"]\n' for h in tiny.hashtags
    )
    watchlist = named + '[[trends]]\ncountry = "US"\n[[searches]]\nkeyword = "cat"\n'
    site = make_site(tiny, watchlist, keys={"scraper": ""})

    def live_first() -> dict[str, int]:
        assert site.run(0, transforms=True).exit_code == 0
        return site.requests()

    before = lived("calm", live_first, site)
    second = twin_of(site)

    def live_second() -> Calm:
        assert second.run(1, transforms=True).exit_code == 0
        requests = {name: count - before[name] for name, count in second.requests().items()}
        return Calm(site, second, requests, marts_of(second))

    calm = lived("calm-second", live_second, second, site)
    assert all(rows for name, rows in calm.marts.items() if name.startswith("marts."))
    return calm


@pytest.fixture(scope="session")
def all_bytes() -> Callable[[Path], Iterator[tuple[Path, bytes]]]:
    """Every file below a folder with its content."""

    def read(folder: Path) -> Iterator[tuple[Path, bytes]]:
        yield from ((path, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())

    return read


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Site], Site]:
    """A function that copies a site's folder, so that a test can change its content."""
    return lambda site: _copied(site, tmp_path / "copy")
