"""Loads of large texts: the limit follows the rows in memory, and running out of it is noticed by the error's class."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from dlt.load.exceptions import LoadClientJobRetry
from pyarrow import parquet

from tiktok_hashtags.warehouse.duckdb.database import _is_out_of_memory, _unpacked_bytes


def out_of_memory(folder: Path) -> duckdb.Error:
    """What DuckDB raises where a block does not fit."""
    with duckdb.connect(str(folder / "x.duckdb"), config={"memory_limit": "2MB", "threads": "1"}) as connection:
        with pytest.raises(duckdb.Error) as caught:
            connection.execute("create table t as select repeat('x', 500000) || i as s from range(200) as r(i)")
        return caught.value


def test_running_out_of_memory_is_told_by_the_class_wherever_the_error_is(tmp_path: Path) -> None:
    error = out_of_memory(tmp_path)
    kept = LoadClientJobRetry("1", "job", 1, 1, "failed to pin block", error)
    wrapped = RuntimeError("failed")
    wrapped.__cause__ = kept

    assert isinstance(error, duckdb.OutOfMemoryException)
    assert [_is_out_of_memory(each) for each in (error, kept, wrapped)] == [True, True, True]
    assert not _is_out_of_memory(RuntimeError("Out of Memory"))


def test_the_size_of_a_file_is_that_of_its_rows_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    texts = [f"{number} " + "x" * 100_000 for number in range(100)]
    parquet.write_table(pa.table({"text": texts}), path, compression="zstd")

    assert path.stat().st_size < 1_000_000
    assert _unpacked_bytes(path) > 10_000_000


def test_a_damaged_file_counts_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    path.write_bytes(b"no parquet")

    assert _unpacked_bytes(path) == 10
