"""Make many small runs whose threads take turns as often as possible, and count how they end.

Each is a process of its own in a fresh folder, against one sandbox, two at a time, with Python's fault handler on and a
switch interval of 10 microseconds instead of 5 milliseconds. A run that a signal ended is a crash.

Usage: python bench/small_runs.py [200]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tiktok_hashtags.sandbox import PROVIDERS, Sandbox, SandboxClock, SandboxServer, World, serve

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
AT_ONCE = 2
_TIKTAGS = "import sys; sys.setswitchinterval(1e-5); from tiktok_hashtags.cli.main import main; main()"
_LONGEST_SECONDS = 600


def small_runs(count: int, folder: Path) -> Counter[int]:
    """Make so many runs in folders below one, and count their exit codes; below zero is a signal."""
    world = World(seed=5, hashtags=3, videos=12)
    sandbox = Sandbox(world, SandboxClock(NOW, frozen=True), plans=dict.fromkeys(PROVIDERS, "unlimited"))
    named = "".join(f'[[hashtags]]\nname = "{hashtag.name}"\n' for hashtag in world.hashtags[:3])
    watchlist = named + '[[trends]]\ncountry = "US"\n[[searches]]\nkeyword = "cat"\n'
    codes: Counter[int] = Counter()
    with serve(sandbox) as server, ThreadPoolExecutor(AT_ONCE) as threads:
        variables = _variables(server, sandbox)
        for code in threads.map(lambda number: _run(folder / str(number), watchlist, variables), range(count)):
            codes[code] += 1
            if codes.total() % 50 == 0:
                print(f"{codes.total()} runs: {in_words(codes)}", flush=True)
    return codes


def _variables(server: SandboxServer, sandbox: Sandbox) -> dict[str, str]:
    variables = {"PATH": os.environ["PATH"], "PYTHONFAULTHANDLER": "1", "RUNTIME__DLTHUB_TELEMETRY": "false"}
    for name, url in server.base_urls.items():
        prefix = f"SOURCES__{name.upper()}__"
        variables |= {f"{prefix}BASE_URL": url, f"{prefix}REQUESTS_PER_MINUTE": "100000"}
        if name != "scraper":
            variables[f"{prefix}API_KEY"] = sandbox.keys[name]
    return variables


def _run(folder: Path, watchlist: str, variables: dict[str, str]) -> int:
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        Path(fresh, "watchlist.toml").write_text(watchlist, encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "-c", _TIKTAGS, "run", "--json", "--no-transform", "--now", NOW.isoformat()],
            cwd=fresh,
            env={**variables, "DLT_DATA_DIR": str(Path(fresh, "dlt-home"))},
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_SECONDS,
        )
    if ended.returncode:
        print(f"run {folder.name}: exit code {ended.returncode}: {ended.stderr[-3000:]}", flush=True)
    return ended.returncode


def in_words(codes: Counter[int]) -> str:
    """List exit codes and signals with their counts."""
    names = {code: signal.Signals(-code).name if code < 0 else f"exit code {code}" for code in codes}
    return ", ".join(f"{count} x {names[code]}" for code, count in sorted(codes.items()))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        codes = small_runs(options.count, Path(folder))
    print(f"{codes.total()} small runs: {in_words(codes)}")
    sys.exit(int(any(code < 0 for code in codes)))


if __name__ == "__main__":
    main()
