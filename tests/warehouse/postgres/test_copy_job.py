"""Parquet on PostgreSQL: every value comes out as it went in."""

from __future__ import annotations

import math
import string
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import psycopg2
import psycopg2.errors
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tiktok_hashtags.errors import PackageError
from tiktok_hashtags.extract.tables import marked_tables
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.postgres.copy_job import copy_parquet
from tiktok_hashtags.warehouse.raw import RawLayer

HOSTILE = [
    "",
    " ",
    '"',
    "'",
    "\\",
    "\\.",
    "\\N",
    "NULL",
    "null",
    ",",
    "\t",
    "\n",
    "\r\n",
    "a\nb",
    "\u202e",
    "🎄",
    "\x01",
]
SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("text", pa.string()),
        ("number", pa.float64()),
        ("large", pa.int64()),
        ("flag", pa.bool_()),
        ("moment", pa.timestamp("us")),
        ("day", pa.date32()),
    ]
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.text(string.printable, max_size=20),
)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.booleans(),
        st.none() | st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)),
        st.none() | st.dates(),
    ),
    min_size=1,
    max_size=40,
)


@pytest.fixture
def on_postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DESTINATION", "postgres")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_url)
    return postgres_url


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query on the server returns; without one, only what it does."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def copied(url: str, tmp_path: Path, table: pa.Table) -> list[tuple[Any, ...]]:
    """Copy a table by the job itself, and read it back."""
    parquet.write_table(table, tmp_path / "t.parquet")
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "create temp table t (n bigint, text varchar, number double precision, large bigint, flag boolean,"
                " moment timestamp without time zone, day date)"
            )
            copy_parquet(cursor, tmp_path / "t.parquet", table="t", quoted=lambda name: f'"{name}"')
            cursor.execute("select * from t order by n")
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            connection.rollback()
            return rows
    finally:
        connection.close()


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_every_value_comes_out_as_it_went_in(postgres_url: str, tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    numbered = [(number, *row) for number, row in enumerate(rows)]
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in numbered], schema=SCHEMA)

    assert copied(postgres_url, tmp_path, table) == numbered


def test_empty_text_and_no_text_stay_apart(postgres_url: str, tmp_path: Path) -> None:
    texts = [*HOSTILE, None]
    empty = dict.fromkeys(SCHEMA.names)
    table = pa.Table.from_pylist([{**empty, "n": n, "text": text} for n, text in enumerate(texts)], schema=SCHEMA)

    assert [row[1] for row in copied(postgres_url, tmp_path, table)] == texts


def test_doubles_keep_their_last_bit(postgres_url: str, tmp_path: Path) -> None:
    numbers = [0.1 + 0.2, math.pi, 5e-324, 1.7976931348623157e308, -0.0]
    empty = dict.fromkeys(SCHEMA.names)
    table = pa.Table.from_pylist([{**empty, "n": n, "number": x} for n, x in enumerate(numbers)], schema=SCHEMA)

    assert [repr(row[2]) for row in copied(postgres_url, tmp_path, table)] == list(map(repr, numbers))


def test_a_value_becomes_the_type_of_its_column_and_is_never_taken_for_its_bytes(
    postgres_url: str, tmp_path: Path
) -> None:
    empty = dict.fromkeys(SCHEMA.names)
    whole = pa.Table.from_pylist([{**empty, "n": 1, "number": 5}], SCHEMA.set(2, pa.field("number", pa.int64())))
    text = pa.Table.from_pylist([{**empty, "n": 1, "day": "abcd"}], SCHEMA.set(6, pa.field("day", pa.string())))

    assert copied(postgres_url, tmp_path, whole)[0][2] == 5.0
    with pytest.raises(psycopg2.errors.InvalidDatetimeFormat, match='invalid input syntax for type date: "abcd"'):
        copied(postgres_url, tmp_path, text)


def test_values_that_a_table_refuses_are_quarantined_whole_and_the_rest_is_loaded(
    on_postgres: str, tmp_path: Path
) -> None:
    layer = RawLayer(Project(tmp_path / "project"))
    good = pa.table({"id": ["1"] * 6000})
    layer.load(dlt.resource(marked_tables({"good": good, "other": pa.table({"id": ["x"]})}), name="things"))
    asked(on_postgres, "alter table raw.other alter column id type date using null")

    with pytest.raises(PackageError, match="the warehouse refuses it: invalid input syntax for type date"):
        layer.load(dlt.resource(marked_tables({"other": pa.table({"id": ["y"]})}), name="things"))
    layer.load(dlt.resource(marked_tables({"good": good}), name="things"))

    loaded = "_dlt_load_id in (select load_id from raw._dlt_loads)"
    assert asked(on_postgres, f"select count(*) from raw.good where {loaded}") == [(12_000,)]  # noqa: S608  # constants
    assert len(layer.quarantined) == 1
