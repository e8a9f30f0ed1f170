"""Runs the statements of a dbt build again without dbt: `python bench/bare_marts.py FOLDER LOG`.

LOG is dbt's log in JSON. With `--costs`, what each node's statements cost is printed, in seconds of CPU.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

SETTINGS: dict[str, Any] = {"memory_limit": "1GB", "preserve_insertion_order": "false"}


def statements(log: Path) -> Iterator[tuple[str, str]]:
    """Yield the node and the text of every statement, in the order in which dbt sent them."""
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["info"]["name"] == "SQLQuery":
                yield event["data"]["conn_name"], event["data"]["sql"].rstrip(".")


def cpu_seconds() -> float:
    """Return what this process has used so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def replay(folder: Path, log: Path) -> dict[str, float]:
    """Run the statements on the folder's warehouse; return seconds of CPU by node."""
    costs: defaultdict[str, float] = defaultdict(float)
    with duckdb.connect(str(folder / "data" / "warehouse.duckdb"), config=SETTINGS) as connection:
        is_open = False
        for node, statement in statements(log):
            word = statement.strip().upper()
            # dbt's threads have connections of their own, whose transactions overlap where nothing is written.
            if (word == "BEGIN" and is_open) or (word in {"COMMIT", "ROLLBACK"} and not is_open):
                continue
            is_open = word == "BEGIN" or (is_open and word not in {"COMMIT", "ROLLBACK"})
            before = cpu_seconds()
            connection.execute(statement).fetchall()
            costs[node] += cpu_seconds() - before
        if is_open:
            connection.execute("commit")
    return costs


if __name__ == "__main__":
    found = replay(Path(sys.argv[1]), Path(sys.argv[2]))
    if sys.argv[3:] == ["--costs"]:
        for name, seconds in sorted(found.items(), key=lambda cost: -cost[1]):
            print(f"{seconds:8.3f} {name}")
