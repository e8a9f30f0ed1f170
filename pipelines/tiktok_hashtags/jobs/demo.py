"""Days of a made-up world through the real pipeline: a loopback server, all four providers, dbt, one run a day."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.config import key_variable
from tiktok_hashtags.errors import ConfigError, StoppedError, worst_exit_code
from tiktok_hashtags.jobs.opened import Options
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.run import run_project
from tiktok_hashtags.project import Project
from tiktok_hashtags.sandbox import DATASET_ID, Sandbox, SandboxClock, SandboxServer, World, serve
from tiktok_hashtags.warehouse import read_query, row_counts

START = date(2026, 11, 1)
HASHTAGS = 12
# Building and testing the marts costs more than a day's load; with two builds, the second is an increment.
DAYS_A_BUILD = 7
_PLANS = {"crawlora": "growth", "unifapi": "paid"}
_TRENDS = """
[[trends]]
country = "US"

[[trends]]
country = "GB"
period_days = 30

[[trends]]
source = "creative_center"
country = "BR"
period_days = 7
"""
_GROWTH = """
select hashtag_name, first_views, last_views, (last_views - first_views) * 1.0 / nullif(first_views, 0) as growth
from (
    select
        hashtag_key,
        arg_min(view_count, snapshot_date) as first_views,
        arg_max(view_count, snapshot_date) as last_views
    from marts.fct_hashtag_stats_daily
    where precision = 'exact' and hashtag_key in (select hashtag_key from marts.dim_hashtag where is_watched)
    group by hashtag_key
)
inner join marts.dim_hashtag using (hashtag_key)
order by growth desc, hashtag_key
"""
_COST = """
select provider, count(*) as requests, sum(credits)::bigint as credits, sum(cost_usd) as cost_usd
from marts.fct_api_requests
group by provider
order by provider
"""


@dataclass
class Demo:
    """The results of a demo, for a person to look at."""

    folder: Path
    days: int
    seconds: float = 0.0
    exit_code: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    cost: list[tuple[Any, ...]] = field(default_factory=list)
    growth: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def warehouse(self) -> Path:
        """The DuckDB file to look into."""
        return Project(self.folder).warehouse

    @property
    def publication(self) -> Path:
        """The DuckDB file that BI tools read."""
        return Project(self.folder).publication

    @property
    def report(self) -> Path:
        """The page to open."""
        return Project(self.folder).report

    def as_json(self) -> dict[str, Any]:
        """Return the demo as `tiktags demo --json` prints it."""
        paths = {"warehouse": self.warehouse, "publication": self.publication, "report": self.report}
        return {**asdict(self), **{name: str(path) for name, path in paths.items()}}


def run_demo(folder: Path, *, days: int, on_line: Callable[[str], None]) -> Demo:
    """Run the main job once for each of some virtual days; the marts are built once a week and at the end.

    Args:
        folder: The folder for the demo's project; an earlier demo there is replaced.
        days: The number of days, from 2026-11-01 on.
        on_line: Called with one line per day.

    Raises:
        ConfigError: The folder holds something other than a demo.
    """
    started = time.monotonic()
    folder = folder.resolve()
    world = World(seed=7, start=START)
    _fresh(folder, _watchlist(world))
    project = Project(folder)
    sandbox = Sandbox(world, SandboxClock(datetime(START.year, START.month, START.day, 6, tzinfo=UTC)))
    outcomes = []
    with serve(sandbox, port=0) as server, _inside(folder), _environment(_variables(server, sandbox)):
        on_line(f"The sandbox answers at {server.url}; {HASHTAGS} hashtags, 3 trend lists, a search, a dataset a day.")
        for number in range(days):
            now = datetime(START.year, START.month, START.day, 6, tzinfo=UTC) + timedelta(days=number)
            sandbox.clock.set(now)
            is_built = (number + 1) % DAYS_A_BUILD == 0 or number + 1 == days
            if is_built:
                on_line("The next day also builds, tests and publishes the marts, which takes longer than its load.")
            outcomes.append(run_project(project, Options(clock=frozen_clock(now), transforms=is_built)))
            on_line(_line(number + 1, days, outcomes[-1], time.monotonic() - started))
            if outcomes[-1].exit_code > 128:
                raise StoppedError("the demo was stopped.", exit_code=outcomes[-1].exit_code)
        done = Demo(folder, days, time.monotonic() - started, worst_exit_code([item.exit_code for item in outcomes]))
        done.tables = row_counts(project)
        done.cost = read_query(project, _COST, limit=100)[1]
        done.growth = read_query(project, _GROWTH, limit=5)[1]
    return done


def _line(number: int, days: int, outcome: Outcome, seconds: float) -> str:
    counts = outcome.providers.values()
    requests, rows = sum(item["requests"] for item in counts), sum(item["rows"] for item in counts)
    problem = f", exit code {outcome.exit_code}: {'; '.join(outcome.messages)}" if outcome.exit_code else ""
    day = f"day {number:>2}/{days}  {outcome.snapshot_date}"
    return f"{day}  {requests:>4} requests  {rows:>6,} rows  {seconds:5.1f} s{problem}"


def _watchlist(world: World) -> str:
    lines = ["# Written by `tiktags demo`; every name and number behind it is made up."]
    for number, hashtag in enumerate(world.hashtags[:HASHTAGS]):
        role = ("own", "competitor", "market")[number % 3]
        campaign = ' campaigns = ["holiday-2026"]'.strip() if number < 4 else ""
        lines += ["", "[[hashtags]]", f'name = "{hashtag.name}"', f'role = "{role}"', *([campaign] if campaign else [])]
    return "\n".join(
        [*lines, _TRENDS, "[[searches]]", 'keyword = "cat"', "", "[[datasets]]", f'dataset_id = "{DATASET_ID}"', ""]
    )


def _fresh(folder: Path, watchlist: str) -> None:
    if folder.exists() and any(folder.iterdir()) and not Project(folder).is_demo:
        raise ConfigError(f"{folder}: holds something that is not a demo; nothing was changed. Name another --folder.")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".dlt").mkdir(parents=True)
    Project(folder).demo_marker.touch()
    (folder / "watchlist.toml").write_text(watchlist, encoding="utf-8")
    (folder / ".dlt" / "config.toml").write_text(
        '[runtime]\nlog_level = "WARNING"\ndlthub_telemetry = false\n', encoding="utf-8"
    )


def _variables(server: SandboxServer, sandbox: Sandbox) -> dict[str, str]:
    variables = {f"SOURCES__{name.upper()}__PLAN": plan for name, plan in _PLANS.items()}
    variables["DESTINATION"] = "duckdb"
    for name, url in server.base_urls.items():
        variables[f"SOURCES__{name.upper()}__BASE_URL"] = url
        variables[key_variable(name)] = sandbox.keys[name]
    return variables


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder, because dlt looks for `.dlt/` in the current one."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables, and remove all others of our sources from the environment."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("SOURCES__")]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
