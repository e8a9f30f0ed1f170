"""A project folder with a sandbox of its own, and the forks in which its commands run and are struck by signals."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import psycopg2

from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World, serve

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 11, 1, 6, tzinfo=UTC)
APIS = ("crawlora", "tikliveapi", "unifapi")
LONGEST_SECONDS = 600.0
Rows = list[tuple[Any, ...]]

# A run without marts logs 30 lines, and opens 750 and renames 220 files below data/.
_EVENTS = [("", "", 0), ("log", ".", 30), ("os.rename", "/data/", 220), ("open", "/data/", 750)]
_LEDGER = """
select
    count(*) filter (where outcome not in ('replayed', 'unknown')),
    count(*) filter (where outcome = 'unknown'),
    coalesce(sum(credits) filter (where outcome = 'ok'), 0),
    coalesce(sum(credits), 0)
from requests
where provider = ?
"""


@dataclass(frozen=True)
class Moment:
    """When a process is struck: so many seconds after its start, or at the nth time of an event."""

    seconds: float | None = None
    event: str = ""
    match: str = ""
    nth: int = 1

    @classmethod
    def drawn(cls, chance: Random, *, seconds: float) -> Moment:
        """Draw a moment of a run that takes about so many seconds: by the clock, or by what the run does."""
        event, match, most = chance.choice(_EVENTS)
        if not event:
            return cls(seconds=chance.uniform(0.05, seconds))
        return cls(event=event, match=match, nth=chance.randint(1, most))

    def __str__(self) -> str:
        """The moment in words."""
        return f"after {self.seconds:.2f} s" if self.seconds is not None else f"at {self.event} {self.nth}"


@dataclass
class Running:
    """A command as a process of its own."""

    output: Path
    pid: int

    @property
    def exit_code(self) -> int | None:
        """The exit code, or below zero the signal that ended it; None while it runs."""
        code = Path(f"{self.output}.code")
        return int(code.read_text()) if code.exists() else None

    def wait(self, until: Callable[[], bool] | None = None) -> int:
        """Wait for its end, or until something else holds."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while self.exit_code is None and not (until and until()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.output}: still running after {LONGEST_SECONDS} s: {self.log[-2000:]}")
            time.sleep(0.01)
        return -1000 if self.exit_code is None else self.exit_code

    def stands_still(self) -> bool:
        """Whether SIGSTOP has stopped it."""
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][0] == "T"
        return False

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    @property
    def log(self) -> str:
        """What it has logged so far."""
        path = Path(f"{self.output}.stderr")
        return path.read_text() if path.exists() else ""

    @property
    def answer(self) -> dict[str, Any]:
        """What it has printed, if that is one JSON object."""
        with suppress(ValueError, FileNotFoundError):
            found = json.loads(Path(f"{self.output}.stdout").read_text())
            return found if isinstance(found, dict) else {}
        return {}


class Forks:
    """A process that has imported everything, and forks for each command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        self._count = 0
        command = [sys.executable, "-m", "tests.e2e.struck"]
        self._server = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def start(
        self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str], strike: Mapping[str, Any]
    ) -> Running:
        """Start `tiktags` with these arguments in a folder."""
        assert self._server.stdin
        assert self._server.stdout
        self._count += 1
        output = self._folder / str(self._count)
        order = {
            "arguments": list(arguments),
            "folder": str(folder),
            "variables": {**variables, "PATH": os.environ["PATH"]},
            "output": str(output),
            "strike": dict(strike),
        }
        print(json.dumps(order), file=self._server.stdin, flush=True)
        return Running(output, int(self._server.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._server.communicate()


class Site:
    """A project folder, its sandbox, and the commands that run in it.

    Args:
        folder: The project's folder; it is created.
        world: The truth of the sandbox.
        forks: Where the commands run.
        url: The PostgreSQL database that is its warehouse; None for the DuckDB file.
        latency_seconds: The wait before each answer.
        apis: The providers that it has keys of.
    """

    def __init__(
        self,
        folder: Path,
        world: World,
        forks: Forks,
        *,
        url: str | None = None,
        latency_seconds: float = 0.0,
        apis: Collection[str] = APIS,
    ) -> None:
        self.folder, self.world, self.url, self._forks = folder, world, url, forks
        plans = dict.fromkeys(APIS, "unlimited")
        self.sandbox = Sandbox(world, SandboxClock(START, frozen=True), plans=plans)
        self._server = serve(self.sandbox, latency_seconds=latency_seconds)
        folder.mkdir(parents=True, exist_ok=True)
        self.variables = {
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "DLT_DATA_DIR": str(folder / "data" / "dlt-home"),
            "TIKTAGS_CACHE": str(ROOT / "build" / "torture-cache"),
            "DISK__LEAST_FREE_MB": "0",
        }
        for name, base_url in self._server.base_urls.items():
            prefix = f"SOURCES__{name.upper()}__"
            self.variables[prefix + "BASE_URL"] = base_url
            self.variables[prefix + "API_KEY"] = self.sandbox.keys[name] if name in apis else ""
            self.variables[prefix + "REQUESTS_PER_MINUTE"] = "100000"
        if url:
            self.variables |= {"DESTINATION": "postgres", "DESTINATION__POSTGRES__CREDENTIALS": url}

    @property
    def data(self) -> Path:
        """The folder of its local state."""
        return self.folder / "data"

    @property
    def warehouse(self) -> Path:
        """Its DuckDB file."""
        return self.data / "warehouse.duckdb"

    def watch(self, watchlist: str) -> None:
        """Write the watchlist."""
        (self.folder / "watchlist.toml").write_text(watchlist, encoding="utf-8")

    def start(self, day: int, *arguments: str, **strike: Any) -> Running:
        """Start `tiktags run` on a virtual day; a strike is as tests/e2e/struck.py explains."""
        now = START + timedelta(days=day)
        self.sandbox.clock.set(now)
        return self.command("run", "--json", "--now", now.isoformat(), *arguments, **strike)

    def command(self, *arguments: str, **strike: Any) -> Running:
        """Start a command."""
        return self._forks.start(arguments, self.folder, self.variables, strike)

    def struck(self, day: int, moment: Moment, number: int, *arguments: str) -> Running:
        """Start a run and strike it with a signal at a moment; wait for its end."""
        if moment.seconds is None:
            strike = {"event": moment.event, "match": moment.match, "nth": moment.nth, "signal": number}
            running = self.start(day, *arguments, **strike)
        else:
            running = self.start(day, *arguments)
            deadline = time.monotonic() + moment.seconds
            running.wait(lambda: time.monotonic() >= deadline)
            running.signal(number)
        running.wait()
        return running

    def rows(self, query: str) -> Rows:
        """Return the rows of a query on the warehouse."""
        if not self.url:
            with duckdb.connect(self.warehouse, read_only=True) as connection:
                return connection.execute(query).fetchall()
        with closing(psycopg2.connect(self.url)) as found, found, found.cursor() as cursor:
            cursor.execute(query)
            rows: Rows = cursor.fetchall()
            return rows

    def journal(self, query: str, *values: object) -> Rows:
        """Return the rows of a query on the journal; none if there is no journal yet."""
        path = self.data / "journal.sqlite"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query, values).fetchall()

    def ledger_faults(self) -> list[str]:
        """Compare the ledger with the sandbox's meter.

        A request of unknown outcome may not have arrived. An answer that cannot be read counts with its worst case.
        """
        found, meter = [], self.sandbox.meter()
        for name in APIS:
            [(known, unknown, certain, credits)] = self.journal(_LEDGER, name)
            requests, charged = meter[name]["requests"], meter[name]["credits"]
            if not known <= requests <= known + unknown:
                found.append(f"{name}: {requests} requests, the ledger has {known} and {unknown} unknown")
            if not certain <= charged <= credits:
                found.append(f"{name}: {charged} credits, the ledger has {certain} to {credits}")
        return found

    def sent_on(self, day: int) -> list[tuple[str, str]]:
        """Return the (provider, path) of each request that a virtual day saw."""
        on = (START + timedelta(days=day)).date()
        return sorted(
            (name, row.path) for name in APIS for row in self.sandbox.account(name).requests if row.time.date() == on
        )

    def close(self) -> None:
        """Stop the sandbox."""
        self._server.close()


def killed(running: Running) -> bool:
    """Whether SIGKILL ended it."""
    return running.exit_code == -signal.SIGKILL


def date_of(day: int) -> str:
    """Return the date of a virtual day as text."""
    return (START + timedelta(days=day)).date().isoformat()
