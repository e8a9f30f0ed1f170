"""Measure whole processes, imports included, against a bare reference, and print one table of ratios.

Each case has a server of its own; its contenders take turns, so that a slow minute of the machine slows all of them.
CPU (user and system), wall and peak memory are what the kernel says of each child. `--only 20k` runs one case.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used: seconds, and MB at its peak."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Case:
    """One size of feeds, and who is measured on it.

    Args:
        hashtags: Feeds, walked at the same time.
        pages: Pages of 50 videos in each feed.
        latency_ms: What the server waits before each answer.
        repeats: Rounds; every contender runs once a round.
    """

    name: str
    hashtags: int
    pages: int
    latency_ms: int
    repeats: int
    contenders: tuple[str, ...] = ("bare", "tiktags")


CASES = (
    Case("20k", hashtags=40, pages=10, latency_ms=0, repeats=5, contenders=("bare", "tiktags", "rest_api")),
    Case("200k", hashtags=40, pages=100, latency_ms=0, repeats=2),
    Case("latency", hashtags=40, pages=5, latency_ms=100, repeats=5),
)
TABLES = {"bare": "videos", "tiktags": "raw.unifapi_videos", "rest_api": "raw.videos"}
TITLES = {
    "20k": "20,000 videos",
    "200k": "200,000 videos",
    "latency": "40 hashtags x 5 pages at 100 ms",
}


def measured(command: Sequence[str], *, folder: Path, variables: Mapping[str, str]) -> Usage:
    """Run a command to its end and return what it used, its children included."""
    with (folder / "log.txt").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=os.environ | dict(variables), stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'log.txt').read_text()[-2000:]}")
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def contender(name: str, case: Case, url: str, folder: Path) -> Usage:
    """Load a case's feeds in a fresh folder, and check what arrived."""
    sizes = [str(case.hashtags), str(case.pages)]
    script = {"bare": "bare.py", "rest_api": "dlt_rest_api.py"}.get(name)
    command = [sys.executable, str(HERE / script), url, *sizes, str(folder)] if script else _tiktags(case, folder)
    variables = {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SOURCES__UNIFAPI__BASE_URL": url,
        "SOURCES__UNIFAPI__API_KEY": "bench",
        "SOURCES__UNIFAPI__REQUESTS_PER_MINUTE": "1000000",
    }
    usage = measured(command, folder=folder, variables=variables)
    warehouse = next(folder.rglob("warehouse.duckdb"))
    subprocess.run([sys.executable, str(HERE / "loaded.py"), str(warehouse), TABLES[name], *sizes], check=True)
    return usage


def _tiktags(case: Case, folder: Path) -> list[str]:
    entry = '[[hashtags]]\nid = "{}"\nmax_videos = {}\nproviders = ["unifapi"]\n'
    watchlist = "\n".join(entry.format(1_000 + number, case.pages * 50) for number in range(case.hashtags))
    (folder / "watchlist.toml").write_text(watchlist, encoding="utf-8")
    return [str(BIN / "tiktags"), "run", "--no-transform"]


@contextmanager
def served(case: Case) -> Iterator[str]:
    """Start the case's server; yield its URL."""
    command = [sys.executable, str(HERE / "server.py"), str(case.hashtags), str(case.pages), str(case.latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def rounds(case: Case, repeats: int | None) -> dict[str, list[Usage]]:
    """Let the contenders take turns."""
    found: dict[str, list[Usage]] = defaultdict(list)
    with served(case) as url:
        for number in range(repeats or case.repeats):
            for name in case.contenders:
                with tempfile.TemporaryDirectory(prefix="tiktags-bench-") as folder:
                    found[name].append(contender(name, case, url, Path(folder)))
                _say(f"{case.name} round {number + 1}, {name}: {found[name][-1]}")
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def table(results: Mapping[str, Mapping[str, Sequence[Usage]]]) -> str:
    """Return all cases as one text table: medians, and medians of each round's ratio to the bare reference."""
    measures: dict[str, Callable[[Usage], float]] = {
        "CPU s": lambda usage: usage.cpu_seconds,
        "wall s": lambda usage: usage.wall_seconds,
        "peak MB": lambda usage: usage.peak_mb,
    }
    lines = [f"{'case':<34}{'who':<10}" + "".join(f"{name:>9}{'ratio':>8}" for name in measures)]
    for case, usages in results.items():
        for who, rows in usages.items():
            cells = ""
            for measure in measures.values():
                ratios = [measure(row) / measure(bare) for row, bare in zip(rows, usages["bare"], strict=True)]
                cells += f"{statistics.median(map(measure, rows)):>9.2f}{statistics.median(ratios):>7.2f}x"
            lines.append(f"{TITLES[case]:<34}{who:<10}{cells}")
    return "\n".join(lines)


def main() -> None:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES], help="may be repeated")
    parser.add_argument("--repeats", type=int, help="rounds per case")
    arguments = parser.parse_args()
    chosen = [case for case in CASES if not arguments.only or case.name in arguments.only]
    print(table({case.name: rounds(case, arguments.repeats) for case in chosen}))


if __name__ == "__main__":
    main()
