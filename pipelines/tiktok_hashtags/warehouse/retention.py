# ruff: noqa: S608  # statements are made of this module's constants, dates and names out of the catalogue
"""The raw rows and dlt packages that a project can do without."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.extract import SCHEMAS
from tiktok_hashtags.fetch import Part
from tiktok_hashtags.warehouse.duckdb.compact import compact
from tiktok_hashtags.warehouse.known import DATASET
from tiktok_hashtags.warehouse.raw import Warehouse

_OBSERVED = ("snapshot_date", "request_key", "position", "_dlt_load_id")
_COMPLETE = f"select load_id from {DATASET}._dlt_loads where status = 0"
_OLD_STATE = f"""
_dlt_load_id < (
    select max(newest._dlt_load_id)
    from {DATASET}._dlt_pipeline_state as newest
    where newest.pipeline_name = _dlt_pipeline_state.pipeline_name and newest._dlt_load_id in ({_COMPLETE})
)
"""
_COLUMNS = "select table_name, column_name from information_schema.columns where table_schema = %s"


class Packages:
    """The folders that dlt keeps of loads that are done."""

    def __init__(self, folder: Path, cutoff: date) -> None:
        since = datetime(cutoff.year, cutoff.month, cutoff.day, tzinfo=UTC).timestamp()
        loaded = sorted(folder.iterdir()) if folder.is_dir() else []
        self._folders = [path for path in loaded if path.is_dir() and _seconds(path.name) < since]

    def parts(self) -> list[Part]:
        """Return the folders older than the cutoff as one part."""
        if not self._folders:
            return []
        dates = [datetime.fromtimestamp(_seconds(path.name), UTC).date() for path in self._folders]
        size = sum(map(size_of, self._folders))
        return [Part("dlt's finished packages", "older than journal_days", len(dates), min(dates), max(dates), size)]

    def remove(self) -> list[str]:
        """Delete them.

        Raises:
            LoadError: A folder cannot be removed.
        """
        try:
            for folder in self._folders:
                shutil.rmtree(folder)
        except OSError as error:
            raise LoadError(f"{error.filename}: cannot be removed: {error.strerror}") from error
        return []


class Tables:
    """Rows of the raw schema, through the warehouse's own SQL client."""

    def __init__(self, warehouse: Warehouse, rejects_before: date | None) -> None:
        self._warehouse = warehouse
        with warehouse.pipeline.sql_client() as client:
            self._client = client
            columns: dict[str, set[str]] = {}
            for table, column in client.execute_sql(_COLUMNS, DATASET) or ():
                columns.setdefault(table, set()).add(column)
            self._deletions = list(self._planned(columns, rejects_before))
            self._parts = [part for deletion in self._deletions for part in self._part(*deletion)]

    def parts(self) -> list[Part]:
        """Return the rows to delete, one part for each table and reason."""
        return self._parts

    def remove(self) -> list[str]:
        """Delete them in one transaction, then give the space back."""
        counted = {(part.name, part.reason) for part in self._parts}
        with self._warehouse.pipeline.sql_client() as client:
            with client.begin_transaction():
                for table, condition, reason in self._deletions:
                    if (f"{DATASET}.{table}", reason) in counted:
                        client.execute_sql(f"delete from {DATASET}.{table} where {condition}")
            is_duckdb = self._warehouse.pipeline.destination.destination_type.endswith("duckdb")
        if self._parts and is_duckdb:
            compact(self._warehouse.project.warehouse)
        return []

    def _planned(self, columns: dict[str, set[str]], rejects_before: date | None) -> Iterator[tuple[str, str, str]]:
        """Yield table, condition and reason of each deletion; children go before the parents that they depend on."""
        if "_dlt_loads" not in columns:
            return
        loaded = sorted(table for table in columns if not table.startswith("_dlt") and "_dlt_load_id" in columns[table])
        observed = [table for table in loaded if table not in SCHEMAS and columns[table] >= set(_OBSERVED)]
        for parent in (table for table in observed if "__" not in table):
            for table in [*(child for child in observed if child.startswith(f"{parent}__")), parent]:
                yield table, _superseded(parent), "replaced by a later load"
        for table in () if self._warehouse.pipeline.has_pending_data else loaded:
            yield table, f"_dlt_load_id not in ({_COMPLETE})", "of a load that never completed"
        for table in ("rejects", "notices") if rejects_before else ():
            if table in loaded:
                old = f"snapshot_date < date '{rejects_before}' and _dlt_load_id in ({_COMPLETE})"
                yield table, old, "older than rejects_days"
        if "_dlt_pipeline_state" in columns:
            yield "_dlt_pipeline_state", _OLD_STATE, "replaced by a later state"

    def _part(self, table: str, condition: str, reason: str) -> Iterator[Part]:
        dates = "null, null" if table.startswith("_dlt") else "min(snapshot_date), max(snapshot_date)"
        query = f"select count(*), {dates} from {DATASET}.{table} where {condition}"
        [(count, first, last)] = self._client.execute_sql(query) or [(0, None, None)]
        if count:
            yield Part(f"{DATASET}.{table}", reason, count, first, last)


def _superseded(parent: str) -> str:
    """Return the condition of rows of which a later load has another copy, as staging tells copies."""
    listed = ", ".join(_OBSERVED)
    key = ", ".join(_OBSERVED[:-1])
    return f"""
({listed}) in (
    select {listed}
    from (
        select {listed}, max(_dlt_load_id) over (partition by {key}) as newest_load_id
        from {DATASET}.{parent}
        where _dlt_load_id in ({_COMPLETE})
    ) as copies
    where _dlt_load_id < newest_load_id
)
"""


def _seconds(load_id: str) -> float:
    """Return the time in a load's id; what is no load's folder is never old."""
    try:
        return float(load_id)
    except ValueError:
        return math.inf


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
