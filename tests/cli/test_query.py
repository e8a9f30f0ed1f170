"""The rows of a query in every form, whole or with a word on what is missing."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet
from tests.cli.test_main import tiktags

TIKTAGS = Path(sys.executable).with_name("tiktags")
MANY = "select range as n from range(2500)"


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    duckdb.connect("data/warehouse.duckdb").close()


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
def test_all_rows_are_given_where_there_is_no_terminal(form: str) -> None:
    result = tiktags("query", MANY, "--format", form)

    assert result.stdout.count("\n") == 2500 + (form != "jsonl")
    assert result.stdout.splitlines()[-1].strip() in ("2499", '{"n": 2499}')
    assert result.stderr == ""


def test_json_holds_all_rows() -> None:
    assert len(json.loads(tiktags("query", MANY, "--json").stdout)["rows"]) == 2500
    assert tiktags("query", MANY, "--json").stdout == tiktags("query", MANY, "--format", "json").stdout


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl", "vertical"])
def test_rows_that_are_left_out_are_told(form: str) -> None:
    result = tiktags("query", MANY, "--format", form, "--limit", "7")

    assert result.stderr.startswith("Only the first 7 rows are given; there are more.")
    assert "6" in result.stdout
    assert "8" not in result.stdout
    assert tiktags("query", MANY, "--format", form, "--limit", "2500").stderr == ""


def test_a_terminal_gets_a_thousand_rows_and_a_word_on_the_rest(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path, MANY, columns=80)

    assert "Only the first 1,000 rows are given; there are more." in shown
    assert "999" in shown
    assert "1,000\n" not in shown.replace("\r", "")


@pytest.mark.parametrize(("columns", "is_vertical"), [(80, True), (200, False)])
def test_rows_too_wide_for_a_terminal_stand_below_each_other(tmp_path: Path, columns: int, is_vertical: bool) -> None:
    shown = on_a_terminal(tmp_path, "select " + ", ".join(f"'value {i}' as column_{i}" for i in range(10)), columns)

    assert ("row 1" in shown) == is_vertical
    assert all(f"value {i}" in shown for i in range(10))
    assert max(map(len, shown.replace("\r", "").splitlines())) <= columns


def test_a_spreadsheet_runs_no_text_as_a_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@cmd", "\tx", "plain", "a,b", 'say "x"', "two\nlines"]
    values = ", ".join("('" + text.replace("'", "''") + "', -1)" for text in texts)

    sql = f"select * from (values {values}) as t (said, n)"  # noqa: S608  # the test's own
    printed = tiktags("query", sql, "--format", "csv").stdout

    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["said"] for row in rows] == [*(f"'{text}" for text in texts[:5]), *texts[5:]]
    assert {row["n"] for row in rows} == {"-1"}


@pytest.mark.parametrize("form", ["table", "vertical", "csv", "json", "jsonl", "parquet"])
def test_a_file_is_written_whole_or_not_at_all(form: str) -> None:
    Path("rows").write_text("before")
    failed = tiktags("query", "select error('no')", "--format", form, "-o", "rows")

    assert failed.exit_code == 2
    assert Path("rows").read_text() == "before"
    done = tiktags("query", MANY, "--format", form, "-o", "rows")
    assert (done.stdout, done.stderr) == ("", "2,500 rows were written to rows.\n")
    assert Path("rows").read_bytes()[:6] != b"before"
    assert sorted(path.name for path in Path().iterdir()) == ["data", "rows"]


def test_parquet_keeps_the_types() -> None:
    tiktags("query", "select 1 as n, date '2026-11-01' as day, null as x, 'a' as n", "--format", "parquet", "-o", "x")

    assert parquet.read_table("x").to_pylist()[0]["n_2"] == "a"
    assert str(parquet.read_table("x").schema.field("day").type) == "date32[day]"


def test_parquet_needs_a_file() -> None:
    result = tiktags("query", "select 1", "--format", "parquet")

    assert result.exit_code == 2
    assert "Name one with -o" in result.stderr


def test_a_place_that_cannot_be_written_is_named() -> None:
    result = tiktags("query", "select 1", "--format", "csv", "-o", "nowhere/rows.csv")

    assert result.exit_code == 2
    assert "nowhere/rows.csv: cannot be written" in result.stderr


@pytest.mark.parametrize("form", ["table", "vertical", "csv"])
def test_a_terminal_gets_no_command_of_a_text(tmp_path: Path, form: str) -> None:
    shown = on_a_terminal(tmp_path, "select chr(27) || ']0;title' || chr(7) as said, 1 as n", 80, "--format", form)

    assert "]0;title" in shown
    assert not {"\x1b", "\x07"} & set(shown)


def on_a_terminal(folder: Path, sql: str, columns: int, *arguments: str) -> str:
    """What a query shows on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [TIKTAGS, "query", sql, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TERM": "dumb", "COLUMNS": str(columns), "LINES": "50"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux tells the end of a terminal so
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()
