"""Measure whole processes, imports included, against a bare reference, and print one table of ratios.

Each case has a server of its own; its contenders take turns, so that a slow minute of the machine slows all of them.
CPU (user and system), wall and peak memory are what the kernel says of each child process. `--only 20k` runs one case.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIKTAGS = str(Path(sys.executable).with_name("tiktags"))
SHORT_HISTORY_DAYS, HISTORY_DAYS = 5, 30


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used: seconds, and MB at its peak."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


Rounds = dict[str, list[Usage]]


@dataclass(frozen=True, slots=True)
class Case:
    """Feeds of one size.

    Args:
        title: What the table says.
        hashtags: Feeds, walked at the same time.
        pages: Pages of 50 videos in each feed.
        latency_ms: What the server waits before each answer.
        repeats: Rounds; every contender runs once a round.
        contenders: Who is measured; the first is what the others are compared with.
    """

    title: str
    hashtags: int
    pages: int
    repeats: int
    latency_ms: int = 0
    contenders: tuple[str, ...] = ("bare", "tiktags")

    @property
    def sizes(self) -> list[str]:
        """The feeds as the scripts' arguments."""
        return [str(self.hashtags), str(self.pages)]


CASES = {
    "20k": Case("20,000 videos", 40, 10, repeats=5, contenders=("bare", "tiktags", "rest_api")),
    "200k": Case("200,000 videos", 40, 100, repeats=2),
    "1m": Case("1,000,000 videos", 40, 500, repeats=1, contenders=("tiktags",)),
    "latency": Case("40 hashtags x 5 pages at 100 ms", 40, 5, latency_ms=100, repeats=5),
    "history": Case(f"{HISTORY_DAYS} days of 20,000 videos", 40, 10, repeats=3),
}
RELATIONS = {"bare": "videos", "tiktags": "raw.unifapi_videos", "rest_api": "raw.videos"}


def measured(*command: str, folder: Path, url: str, **more: str) -> Usage:
    """Run a command in a folder, with more variables, to its end; return what it and its children used."""
    variables = {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SOURCES__UNIFAPI__BASE_URL": url,
        "SOURCES__UNIFAPI__API_KEY": "bench",
        "SOURCES__UNIFAPI__REQUESTS_PER_MINUTE": "1000000",
    }
    with (folder / "log.txt").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=os.environ | variables | more, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'log.txt').read_text()[-2000:]}")
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def script(name: str, *arguments: str | Path) -> list[str]:
    """Return the command that runs a script of this folder."""
    return [sys.executable, str(HERE / name), *map(str, arguments)]


@contextmanager
def served(case: Case) -> Iterator[str]:
    """Start the case's server; yield its URL."""
    command = script("server.py", *case.sizes, str(case.latency_ms))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@contextmanager
def contenders(case: Case, url: str) -> Iterator[Callable[[], Iterator[tuple[str, Usage]]]]:
    """Give what lets all contenders run once."""
    yield lambda: contend(case, url)


def contend(case: Case, url: str) -> Iterator[tuple[str, Usage]]:
    """Let each contender load the case's feeds in a fresh folder, and check what arrived."""
    for name in case.contenders:
        with tempfile.TemporaryDirectory(prefix="tiktags-bench-") as temporary:
            folder = Path(temporary)
            write_watchlist(case, folder)
            commands = {
                "bare": script("bare.py", url, *case.sizes, folder),
                "tiktags": [TIKTAGS, "run", "--no-transform"],
                "rest_api": script("dlt_rest_api.py", url, *case.sizes, folder),
            }
            usage = measured(*commands[name], folder=folder, url=url)
            warehouse = next(folder.rglob("warehouse.duckdb"))
            subprocess.run(script("loaded.py", warehouse, RELATIONS[name], *case.sizes), check=True)
            yield name, usage


def write_watchlist(case: Case, folder: Path) -> None:
    """Write a watchlist that asks for all of the case's feeds."""
    entry = '[[hashtags]]\nid = "{}"\nmax_videos = {}\nproviders = ["unifapi"]\n'
    entries = [entry.format(1_000 + number, case.pages * 50) for number in range(case.hashtags)]
    (folder / "watchlist.toml").write_text("\n".join(entries), encoding="utf-8")


@contextmanager
def histories(case: Case, url: str) -> Iterator[Callable[[], Iterator[tuple[str, Usage]]]]:
    """Make warehouses without data, with a short and with a long history, each one loaded day short of its marts."""
    with ExitStack() as stack:
        made = [stack.enter_context(history(case, url, days)) for days in (0, SHORT_HISTORY_DAYS, HISTORY_DAYS)]
        yield lambda: (used for each in made for used in each.build_again())


@contextmanager
def history(case: Case, url: str, days: int) -> Iterator[History]:
    """Build the marts of so many days, load the next day, and note the statements that it takes."""
    with project_folder(case) as folder:
        warehouse, load = folder / "data" / "warehouse.duckdb", [TIKTAGS, "run", "--no-transform", "--now"]
        if days:
            measured(*load, "2026-01-30T06:00", folder=folder, url=url)
            subprocess.run(script("days.py", warehouse, str(days)), check=True)
        _note(f"{days} days", measured(*script("dbt_build.py", folder), folder=folder, url=url))
        if days:
            _note(f"loading day {days + 1}", measured(*load, "2026-01-31T06:00", folder=folder, url=url))
        made = History(case, f"day {days + 1}" if days else "no data", folder, url)
        made.keep()
        yield made


@dataclass(frozen=True, slots=True)
class History:
    """A warehouse before the build of its last day; building it is measured with and without dbt.

    Args:
        case: The feeds.
        what: The day's name in the table.
        folder: The project folder.
        url: The feeds' server.
    """

    case: Case
    what: str
    folder: Path
    url: str

    def keep(self) -> None:
        """Keep the warehouse as it is, and dbt's statements, whose telling would be measured along in a later build."""
        shutil.copy(self._warehouse, self.folder / "before.duckdb")
        shutil.rmtree(self.folder / "data" / "dbt" / "logs")
        self._used("dbt_build.py", DBT_LOG_FORMAT_FILE="json")
        (self.folder / "data" / "dbt" / "logs" / "dbt.log").replace(self._statements)

    def build_again(self) -> Iterator[tuple[str, Usage]]:
        """Build with dbt, then run its statements without it; the warehouse is each time as it was before."""
        self._restore()
        yield f"dbt, {self.what}", self._used("dbt_build.py")
        if self.what != "no data":
            facts = "marts.fct_video_stats_daily where snapshot_date = '2026-01-31'"
            relation = f"(select video_id as id, view_count from {facts})"  # noqa: S608  # our own names
            subprocess.run(script("loaded.py", self._warehouse, relation, *self.case.sizes), check=True)
        self._restore()
        yield f"its SQL, {self.what}", self._used("bare_marts.py", self._statements)

    @property
    def _warehouse(self) -> Path:
        return self.folder / "data" / "warehouse.duckdb"

    @property
    def _statements(self) -> Path:
        return self.folder / "statements.log"

    def _restore(self) -> None:
        shutil.copy(self.folder / "before.duckdb", self._warehouse)

    def _used(self, name: str, *arguments: Path, **variables: str) -> Usage:
        return measured(*script(name, self.folder, *arguments), folder=self.folder, url=self.url, **variables)


@contextmanager
def project_folder(case: Case) -> Iterator[Path]:
    """Make a project folder with the case's watchlist."""
    with tempfile.TemporaryDirectory(prefix="tiktags-bench-") as temporary:
        folder = Path(temporary)
        (folder / "data").mkdir()
        write_watchlist(case, folder)
        yield folder


def dbt_ratios(rows: Rounds) -> str:
    """Return what dbt adds to its own statements beyond its fixed cost, and how a day's cost grows with history."""
    cpu = {who: statistics.median(usage.cpu_seconds for usage in usages) for who, usages in rows.items()}
    fixed = cpu["dbt, no data"] - cpu["its SQL, no data"]
    short, long = f"day {SHORT_HISTORY_DAYS + 1}", f"day {HISTORY_DAYS + 1}"
    added = (cpu[f"dbt, {long}"] - fixed) / cpu[f"its SQL, {long}"]
    grown = cpu[f"dbt, {long}"] / cpu[f"dbt, {short}"]
    return (
        f"dbt's fixed cost: {fixed:.1f} s CPU. {long}: {added:.2f}x the CPU of its SQL, the fixed cost left out; "
        f"{grown:.2f}x that of {short}."
    )


def rounds(name: str, case: Case, repeats: int) -> Rounds:
    """Run a case's rounds."""
    found: Rounds = defaultdict(list)
    with served(case) as url, (histories if name == "history" else contenders)(case, url) as one_round:
        for number in range(1, repeats + 1):
            for who, usage in one_round():
                found[who].append(usage)
                _note(f"{name}, round {number}, {who}", usage)
    return found


def _note(what: str, usage: Usage) -> None:
    print(f"{what}: {usage.cpu_seconds:.1f} s CPU", file=sys.stderr, flush=True)


def table(results: Mapping[str, Rounds]) -> str:
    """Return all cases as one text table: medians, and the medians of the ratios within each round."""
    measures: dict[str, Callable[[Usage], float]] = {
        "CPU s": lambda usage: usage.cpu_seconds,
        "wall s": lambda usage: usage.wall_seconds,
        "peak MB": lambda usage: usage.peak_mb,
    }
    lines = [f"{'':<52}" + "".join(f"{name:>10}{'ratio':>8}" for name in measures)]
    for title, usages in results.items():
        first = next(iter(usages.values()))
        for who, rows in usages.items():
            cells = [
                _cells([measure(row) for row in rows], [measure(row) for row in first]) for measure in measures.values()
            ]
            lines.append(f"{title:<33}{who:<19}{''.join(cells)}")
    return "\n".join(lines)


def _cells(values: Sequence[float], references: Sequence[float]) -> str:
    ratios = [value / reference for value, reference in zip(values, references, strict=True)]
    return f"{statistics.median(values):>10.2f}{statistics.median(ratios):>7.2f}x"


def main() -> None:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=CASES, help="a case; may be repeated")
    parser.add_argument("--repeats", type=int, help="rounds per case")
    arguments = parser.parse_args()
    chosen = {name: case for name, case in CASES.items() if name in (arguments.only or CASES)}
    results = {name: rounds(name, case, arguments.repeats or case.repeats) for name, case in chosen.items()}
    print(table({CASES[name].title: rows for name, rows in results.items()}))
    if "history" in results:
        print(dbt_ratios(results["history"]))


if __name__ == "__main__":
    main()
