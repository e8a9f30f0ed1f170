"""Whole runs of dataset files of hundreds of megabytes, in bounded memory."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TIKTAGS = Path(sys.executable).with_name("tiktags")
# Runs the command line in its own process and prints how much more memory it took than its imports did.
SCRIPT = """
import resource, sys
import dlt, duckdb, pyarrow, tiktok_hashtags.jobs.run
from tiktok_hashtags.cli.main import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    main(["run", "--no-transform", "--json"])
finally:
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"grown {grown >> 10} MB", file=sys.stderr)
"""


def item(number: int, **fields: Any) -> dict[str, Any]:
    return {"aweme_id": str(7_000_000_000_000_000_000 + number), "desc": "", "create_time": 1_760_000_000, **fields}


FILES: dict[str, tuple[int, Callable[[int], dict[str, Any]]]] = {
    "items of 30 MB": (12, lambda number: item(number, desc="x" * 30_000_000)),
    "items of 300 kB": (600, lambda number: item(number, desc=str(number) * 100_000)),
    "lists that nobody reads": (4, lambda number: item(number, more=[[]] * 8_000_000)),
    "lists without end": (4, lambda number: item(number, text_extra=[{"hashtag_name": "x"}] * 1_000_000)),
}


def run(folder: Path, name: str) -> tuple[int, dict[str, Any], int]:
    """Run a file of this name in `FILES`; return the exit code, the printed answer and the megabytes that it took."""
    count, make = FILES[name]
    lines: Iterator[str] = (json.dumps(make(number)) for number in range(count))
    with gzip.open(folder / "items.jsonl.gz", "wt", compresslevel=1) as file:
        file.writelines(f"{line}\n" for line in lines)
    (folder / "watchlist.toml").write_text('[[datasets]]\npath = "items.jsonl.gz"\n')
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "RUNTIME__DLTHUB_TELEMETRY": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, json.loads(done.stdout), int(done.stderr.rpartition("grown ")[2].split()[0])


@pytest.mark.parametrize("name", FILES)
def test_the_memory_of_a_run_does_not_follow_the_file(tmp_path: Path, name: str) -> None:
    code, answer, grown = run(tmp_path, name)

    scraper, refused = answer["providers"]["scraper"], name == "lists without end"
    assert scraper["rows" if not refused else "rejects"] == FILES[name][0]
    assert scraper["rejects" if not refused else "rows"] == 0
    assert code == 0
    assert grown < 400  # 300 and the load's own
