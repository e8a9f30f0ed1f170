# ruff: noqa: S608  # queries are made of numbers and names of the tests' own
"""BI readers never see an error or half a publication, and a reader of the warehouse itself costs no day."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.duckdb.publish import publish

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, Site
    from tests.e2e.started import Start

# Whole runs, beside more readers of more publications, are for `make torture`.
RUNS = int(os.environ.get("READERS_E2E_RUNS", "0"))
READERS, PUBLICATIONS = (8, 30) if RUNS else (3, 8)
# Reads in a loop until its stdin ends; prints what it has seen, an error included.
READER = """
import json, select, sys, time, duckdb
folder, seen, loops, last = sys.argv[1], set(), 0, False
print("reading", flush=True)
try:
    while not last:
        last = bool(select.select([sys.stdin], [], [], 0)[0])
        with duckdb.connect(f"{folder}/hashtags.duckdb", read_only=True) as whole:
            facts = whole.execute("select min(number), max(number), count(*) from marts.fct_number").fetchall()
            dimension = whole.execute("select number from marts.dim_number").fetchall()
            comments = whole.execute("select distinct comment from duckdb_tables()").fetchall()
        with duckdb.connect() as files:
            parquet = files.execute(f"select min(number), max(number), count(*) from '{folder}/fct_number.parquet'")
            rows = parquet.fetchall()
        assert facts == [(dimension[0][0], dimension[0][0], 1000)], (facts, dimension)
        assert rows[0][0] == rows[0][1] and rows[0][2] == 1000, rows
        assert len(comments) == 1, comments
        seen.add(dimension[0][0])
        loops += 1
        time.sleep(0.1)
    print(json.dumps({"loops": loops, "seen": sorted(seen), "error": None}))
except Exception as error:
    print(json.dumps({"loops": loops, "seen": sorted(seen), "error": repr(error)}))
"""
# The same with the marts of a real project: all of one publication, and its facts of one date. A table is read each
# time, with pauses, because the runs need the machine too.
READER_OF_MARTS = """
import json, select, sys, duckdb
folder, seen, loops, last = sys.argv[1], set(), 0, False
print("reading", flush=True)
try:
    while not last:
        last = bool(select.select([sys.stdin], [], [], 1)[0])
        with duckdb.connect(f"{folder}/hashtags.duckdb", read_only=True) as whole:
            comments = whole.execute("select distinct comment from duckdb_tables()").fetchall()
            names = whole.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
            whole.execute(f"select count(columns(*)) from {names[loops % len(names)][0]}").fetchone()
            days = whole.execute(
                "select (select max(snapshot_date) from marts.fct_video_stats_daily),"
                " (select max(snapshot_date) from marts.fct_hashtag_stats_daily)"
            ).fetchone()
        with duckdb.connect() as files:
            files.execute(f"select max(snapshot_date) from '{folder}/fct_video_stats_daily.parquet'").fetchone()
        assert len(comments) == 1 and len(names) > 10, (comments, names)
        assert days[0] == days[1], days
        seen.add(str(days[0]))
        loops += 1
    print(json.dumps({"loops": loops, "seen": sorted(seen), "error": None}))
except Exception as error:
    print(json.dumps({"loops": loops, "seen": sorted(seen), "error": repr(error)}))
"""
Seen = list[dict[str, Any]]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose warehouse holds two marts that have to fit each other."""
    project = Project(tmp_path)
    project.make_data()
    number(project, 0)
    publish(project)
    return project


def number(project: Project, value: int) -> None:
    """Rebuild the marts, all rows with one number."""
    with duckdb.connect(project.warehouse) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(f"create or replace table marts.dim_number as select {value} as number")
        connection.execute(f"create or replace table marts.fct_number as select {value} as number from range(1000)")


@contextmanager
def reading(code: str, folder: Path) -> Iterator[Callable[[], Seen]]:
    """Have readers that have begun; a function that ends them and returns what they have seen."""
    command = [sys.executable, "-c", code, str(folder)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            )
            for _ in range(READERS)
        ]
        for each in started:
            assert each.stdout
            assert each.stdout.readline() == b"reading\n"

        yield lambda: [json.loads(each.communicate(b"end")[0]) for each in started]


def test_readers_meet_no_error_and_no_mix_while_publications_come(project: Project) -> None:
    with reading(READER, project.exports) as ended:
        for value in range(1, PUBLICATIONS + 1):
            number(project, value)
            publish(project)
        seen = ended()

    assert [each["error"] for each in seen] == [None] * READERS
    assert all(each["seen"][-1] == PUBLICATIONS for each in seen)
    assert len({value for each in seen for value in each["seen"]}) > 2


@pytest.mark.skipif(not RUNS, reason="takes minutes: set READERS_E2E_RUNS to the number of runs")
def test_readers_and_whole_runs_do_not_disturb_each_other(calm: Calm, twin_of: Callable[[Site], Site]) -> None:
    site = twin_of(calm.site)

    with reading(READER_OF_MARTS, site.project.exports) as ended:
        outcomes = [site.run(day, transforms=True) for day in range(1, RUNS + 1)]
        seen = ended()

    assert [(outcome.exit_code, outcome.messages) for outcome in outcomes] == [(0, [])] * RUNS
    assert [each["error"] for each in seen] == [None] * READERS
    assert {each["seen"][0] for each in seen} == {"2026-11-01"}
    assert {each["seen"][-1] for each in seen} == {str(date(2026, 11, 1) + timedelta(days=RUNS))}
    assert min(each["loops"] for each in seen) > RUNS


def test_files_of_different_publications_can_be_told_apart(project: Project) -> None:
    query = "select decode(value) from parquet_kv_metadata(?) where decode(key) = 'publication'"

    def ids() -> set[str]:
        with duckdb.connect(project.publication, read_only=True) as whole:
            comments = whole.execute("select comment from duckdb_tables()").fetchall()
            files = whole.execute(query, [str(project.exports / "*.parquet")]).fetchall()
        return {comment.removeprefix("publication ") for (comment,) in comments} | {value for (value,) in files}

    first = ids()
    publish(project)

    second = ids()
    assert (len(first), len(second)) == (1, 1)
    assert first != second


def test_a_run_that_meets_a_reader_of_the_warehouse_reports_it_and_sends_nothing(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site]
) -> None:
    site = twin_of(calm.site)
    before = site.requests()

    with duckdb.connect(site.project.warehouse, read_only=True):
        run = start(site, 1, "--no-transform")
        code = run.wait()

    assert code == 1
    assert "the warehouse file is open in another program" in json.loads(run.stdout)["error"]
    assert site.requests() == before


def test_a_reader_of_the_warehouse_that_comes_while_pages_do_costs_no_day(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site]
) -> None:
    site = twin_of(calm.site)

    run = start(site, 1, "--no-transform", event="log", match="unifapi videos", signal=signal.SIGSTOP)
    run.wait_until_it_stands_still()
    with duckdb.connect(site.project.warehouse, read_only=True):
        run.signal(signal.SIGCONT)
        code = run.wait()
    sent = site.requests()
    again = site.run(1)

    days = site.rows("select distinct snapshot_date from raw.unifapi_videos order by 1")
    assert code == 1
    assert "fetched rows stay pending" in run.stdout
    assert (again.exit_code, again.walks) == (0, [])
    assert sent == site.requests()
    assert days == [(date(2026, 11, day),) for day in (1, 2)]
