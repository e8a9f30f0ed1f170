"""Which packages are quarantined and which stay pending."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from dlt.destinations.exceptions import DatabaseTerminalException, DatabaseTransientException
from pyarrow import parquet

from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.duckdb.database import DuckDbFile
from tiktok_hashtags.warehouse.packages import permanent_fault, quarantine

DAY = date(2026, 11, 1)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two files, as dlt keeps it."""
    jobs = tmp_path / "normalized" / "1795266917.94" / "new_jobs"
    jobs.mkdir(parents=True)
    for name in ("walks", "videos"):
        parquet.write_table(pa.table({"snapshot_date": [DAY] * 900, "n": range(900)}), jobs / f"{name}.1.0.parquet")
    return jobs.parent


def fault(error: Exception, package: Path) -> str | None:
    """Judged with the DuckDB file."""
    return permanent_fault(error, package, may_pass=DuckDbFile(Project(Path())).may_pass)


def said(kind: type[Exception], cause: Exception) -> Exception:
    """An error of dlt around one of the database."""
    error = kind(cause)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("keep", [slice(0), slice(0, 7), slice(0, -20), slice(4, None)])
def test_a_file_that_is_not_whole_can_never_be_loaded(package: Path, keep: slice) -> None:
    [path] = package.rglob("videos*")
    path.write_bytes(path.read_bytes()[keep])

    reason = fault(RuntimeError("Out of buffer"), package)

    assert reason is not None
    assert reason.startswith("videos.1.0.parquet is not parquet: ")


def test_garbage_inside_a_file_can_never_be_loaded(package: Path) -> None:
    [path] = package.rglob("videos*")
    content = path.read_bytes()
    path.write_bytes(content[:60] + b"\xff" * 200 + content[260:])

    assert "videos.1.0.parquet is not parquet" in str(fault(RuntimeError("Out of buffer"), package))


def test_a_file_whose_bytes_cannot_be_read_proves_nothing(package: Path) -> None:
    [path] = package.rglob("videos*")
    path.unlink()
    path.mkdir()

    with pytest.raises(IsADirectoryError):
        fault(RuntimeError("Out of buffer"), package)


def test_values_that_the_warehouse_refuses_can_never_be_loaded(package: Path) -> None:
    error = said(DatabaseTerminalException, duckdb.ConversionException("Could not convert 'x' to INT64\nLINE 1"))

    reason = fault(error, package)

    assert reason == "the warehouse refuses it: Could not convert 'x' to INT64"


@pytest.mark.parametrize(
    "error",
    [
        said(DatabaseTransientException, duckdb.IOException("No space left on device")),
        said(DatabaseTransientException, duckdb.IOException("Could not set lock on file")),
        said(DatabaseTerminalException, duckdb.PermissionException("permission denied")),
        RuntimeError("something odd"),
    ],
    ids=["disk full", "locked", "no right", "unknown"],
)
def test_a_failure_that_may_pass_leaves_the_package_pending(package: Path, error: Exception) -> None:
    assert fault(error, package) is None


def test_a_package_is_moved_whole_and_its_readable_dates_are_known(package: Path, tmp_path: Path) -> None:
    [path] = package.rglob("videos*")
    path.write_bytes(b"")

    found = quarantine(package, reason="why", into=tmp_path / "aside")

    assert not package.exists()
    assert sorted(p.name for p in found.folder.rglob("*.parquet")) == ["videos.1.0.parquet", "walks.1.0.parquet"]
    assert found.dates == {DAY}
    assert str(found).startswith("load package 1795266917.94 can never be loaded (why). It was moved to ")
