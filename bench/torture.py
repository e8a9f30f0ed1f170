"""Kill runs at random moments, or inject faults of every layer, and compare with runs that nothing happened to.

    python bench/torture.py --kills 200               the killed date is run again to its end
    python bench/torture.py --next-day 200            the next start is a day later
    python bench/torture.py --dates 14 [--postgres]   faults of servers, processes, warehouse, disk and folder

Each takes `--seed`. The runs are real processes. No row may be lost or doubled without a row that says so, no page
bought twice but those in flight, and the ledger may not be below the sandbox's meter. The exit code is 1 if any is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from torture_dates import Dates
from torture_next_day import kill_days

from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World, serve

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
WATCHLIST = """
[[hashtags]]
name = "{0}"
[[hashtags]]
name = "{1}"
[[hashtags]]
name = "{2}"
[[trends]]
country = "US"
[[searches]]
keyword = "cat"
"""
# What describes the runs themselves, and so differs when there were more of them.
ABOUT_RUNS = {"fct_api_requests", "fct_walks", "rpt_data_cost", "rpt_coverage"}
ABOUT_RUNS_COLUMNS = {"observed_at", "run_id"}


_LEDGER = """
select
    provider,
    sum(outcome <> 'replayed' and outcome <> 'unknown'),
    sum(outcome = 'unknown'),
    sum(credits) filter (where outcome <> 'unknown'),
    sum(credits)
from requests
group by provider
"""
_DOUBLED = """
select 'request', request_id, count(*) from marts.fct_api_requests group by all having count(*) > 1
union all
select 'walk', run_id || ' ' || walk_key, count(*) from marts.fct_walks group by all having count(*) > 1
"""
# Pages that a run can have in flight: one for each walk of the watchlist.
IN_FLIGHT = {"crawlora": 4, "tikliveapi": 7, "unifapi": 3}


@dataclass(frozen=True)
class Charged:
    """A provider's ledger: requests whose outcome is known or not, credits without and with the latter."""

    known: int
    unknown: int
    certain_credits: int
    credits: int


class Setting:
    """A sandbox, and a project folder whose runs go to it."""

    def __init__(self, folder: Path, *, latency_seconds: float) -> None:
        world = World(seed=7)
        self.folder = folder
        self.sandbox = Sandbox(
            world, SandboxClock(START), plans=dict.fromkeys(("crawlora", "tikliveapi", "unifapi"), "unlimited")
        )
        self.server = serve(self.sandbox, port=0, latency_seconds=latency_seconds)
        names = [hashtag.name for hashtag in world.hashtags[:3]]
        folder.mkdir(parents=True)
        (folder / "watchlist.toml").write_text(WATCHLIST.format(*names), encoding="utf-8")

    def start(self, day: int) -> subprocess.Popen[bytes]:
        """Start the run of a virtual day."""
        now = START + timedelta(days=day)
        self.sandbox.clock.set(now)
        command: list[str | Path] = [
            Path(sys.executable).with_name("tiktags"),
            "run",
            "--json",
            "--now",
            now.isoformat(),
        ]
        with (self.folder / "run.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def finish(self, day: int) -> dict[str, Any]:
        """Run a virtual day to its end and return what it says."""
        process = self.start(day)
        output, _ = process.communicate()
        assert process.returncode == 0, f"day {day}: exit code {process.returncode}: {output[-2000:]!r}"
        found: dict[str, Any] = json.loads(output)
        return found

    def marts(self) -> dict[str, list[str]]:
        """Return every row of every mart as text, without what describes the runs."""
        with duckdb.connect(self.folder / "data" / "warehouse.duckdb", read_only=True) as connection:
            query = "select table_name from information_schema.tables where table_schema in ('marts', 'reporting')"
            names = sorted({name for (name,) in connection.execute(query).fetchall()} - ABOUT_RUNS)
            return {name: _rows(connection, name) for name in names}

    def ledger(self) -> dict[str, Charged]:
        """Return what the journal says was charged, by provider."""
        with closing(sqlite3.connect(self.folder / "data" / "journal.sqlite")) as connection:
            rows = connection.execute(_LEDGER).fetchall()
        return {name: Charged(*counts) for name, *counts in rows}

    def doubled(self) -> list[tuple[Any, ...]]:
        """Return the requests and walks that the marts about runs hold more than once."""
        with duckdb.connect(self.folder / "data" / "warehouse.duckdb", read_only=True) as connection:
            return connection.execute(_DOUBLED).fetchall()

    def close(self) -> None:
        """Stop the sandbox."""
        self.server.close()

    def _environment(self) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOURCES__")}
        for name, url in self.server.base_urls.items():
            prefix = f"SOURCES__{name.upper()}"
            environment |= {f"{prefix}__BASE_URL": url, f"{prefix}__REQUESTS_PER_MINUTE": "100000"}
            if name != "scraper":
                environment[f"{prefix}__API_KEY"] = self.sandbox.keys[name]
        return environment


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    schema = "reporting" if table.startswith("rpt_") else "marts"
    columns = [row[0] for row in connection.execute(f"describe {schema}.{table}").fetchall()]
    # Signed URLs differ from request to request, whatever happens to a run.
    same = [column for column in columns if column not in ABOUT_RUNS_COLUMNS and not column.endswith("_url")]
    kept = ", ".join(f'"{column}"' for column in same)
    return sorted(map(str, connection.execute(f"select {kept} from {schema}.{table}").fetchall()))  # noqa: S608


def torture(*, kills: int, kills_per_day: int, seed: int, folder: Path) -> None:
    """Kill `kills` runs in a project, and compare it with one where nothing was killed."""
    chance = random.Random(seed)
    days = -(-kills // kills_per_day)
    calm = Setting(folder / "calm", latency_seconds=0.0)
    struck = Setting(folder / "struck", latency_seconds=0.02)
    seconds = 0.0
    done = 0
    for day in range(days):
        started = time.monotonic()
        calm.finish(day)
        seconds = time.monotonic() - started
        for _ in range(min(kills_per_day, kills - done)):
            process = struck.start(day)
            time.sleep(chance.uniform(0.2, seconds * 1.3))
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            done += 1
        struck.finish(day)
        compare(calm, struck, kills=done)
        print(f"day {day + 1}/{days}: {done} kills, the same marts", flush=True)
    calm.close()
    struck.close()


def compare(calm: Setting, struck: Setting, *, kills: int) -> None:
    """Check that no row is lost or doubled, and that money was neither lost nor hidden."""
    expected, found = calm.marts(), struck.marts()
    for table, rows in expected.items():
        odd = [f"{mine}\n{theirs}" for mine, theirs in zip(rows, found[table], strict=False) if mine != theirs]
        assert found[table] == rows, f"{table}: {len(found[table])} rows, expected {len(rows)}:\n{odd[:1]}"
    assert struck.doubled() == []
    ledger, charged, paid = struck.ledger(), struck.sandbox.meter(), calm.sandbox.meter()
    for name, kept in ledger.items():
        requests, credits = charged[name]["requests"], charged[name]["credits"]
        # A request of unknown outcome may have come to the server or not; every other one has.
        assert kept.known <= requests <= kept.known + kept.unknown, f"{name}: {requests} requests, ledger {kept}"
        assert kept.certain_credits <= credits <= kept.credits, f"{name}: {credits} credits, ledger {kept}"
        bought_again = requests - paid[name]["requests"]
        assert 0 <= bought_again <= IN_FLIGHT[name] * kills, f"{name}: {bought_again} requests again, {kills} kills"


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--kills-per-day", type=int, default=10)
    parser.add_argument("--next-day", type=int, metavar="KILLS", help="kills whose next start is a day later")
    parser.add_argument("--dates", type=int, help="virtual dates under faults of every layer")
    parser.add_argument("--postgres", action="store_true", help="with --dates: the warehouse is PostgreSQL")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if options.dates:
            sys.exit(under_faults(folder, dates=options.dates, seed=options.seed, is_on_postgres=options.postgres))
        if options.next_day:
            tally = kill_days(folder, kills=options.next_day, seed=options.seed)
            print(tally, *tally.faults, sep="\n")
            sys.exit(bool(tally.faults))
        torture(kills=options.kills, kills_per_day=options.kills_per_day, seed=options.seed, folder=folder)
    print(f"{options.kills} kills: no row lost or doubled, the ledger never below the meter")


def under_faults(folder: Path, *, dates: int, seed: int, is_on_postgres: bool) -> int:
    """Live virtual dates under faults, print what was injected and what came of it, and return the exit code."""
    lived = Dates(folder, seed, is_on_postgres)
    try:
        lived.torture(dates)
        lived.compare_marts()
    finally:
        lived.close()
        print(lived, flush=True)
    return int(bool(lived.found))


if __name__ == "__main__":
    main()
