"""Loads of large texts: the limit follows the rows in memory, and running out of it is noticed by the error's class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pytest
from dlt.load.exceptions import LoadClientJobRetry
from pyarrow import parquet

from tiktok_hashtags.errors import PackageError
from tiktok_hashtags.extract.tables import marked_tables
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import RawLayer
from tiktok_hashtags.warehouse.duckdb import database
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


def texts(name: str, *, rows: int, size: int) -> Any:
    """Rows of one long text each, no two of them alike."""
    words = [f"{number}" + "x" * size for number in range(rows)]
    return dlt.resource(marked_tables({name: pa.table({"text": words})}), name=name)


def counted(project: Project, table: str) -> int:
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        found: tuple[int] | None = connection.execute(f"select count(*) from raw.{table}").fetchone()  # noqa: S608
    assert found
    return found[0]


def test_texts_that_take_many_times_their_file_are_loaded(tmp_path: Path) -> None:
    project = Project(tmp_path)

    RawLayer(project).load(texts("long", rows=120, size=150_000))

    assert counted(project, "long") == 120


def test_a_package_that_no_memory_is_enough_for_is_set_aside_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LOAD_MEMORY", (4_000_000, 4_000_000))
    monkeypatch.setattr(database, "_NO_LIMIT", "set global memory_limit = '8MB'")
    project, layer = Project(tmp_path), RawLayer(Project(tmp_path))
    layer.extract(texts("long", rows=20, size=20_000_000))
    layer.extract(texts("short", rows=20, size=20))

    with pytest.raises(PackageError, match="it needs more memory than this machine gives to DuckDB"):
        layer.load_pending()

    assert counted(project, "short") == 20
    assert len(list(project.quarantine.iterdir())) == 1
    assert not layer.has_pending_data
