# ruff: noqa: S608  # statements are made of this module's constants, dates and names from the catalogue
"""The raw rows and dlt packages that a project no longer needs."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.extract import SCHEMAS
from tiktok_hashtags.fetch import Part
from tiktok_hashtags.warehouse.base import DATASET, Deletion, Reader
from tiktok_hashtags.warehouse.raw import RawLayer

_OBSERVED = ("snapshot_date", "request_key", "position", "_dlt_load_id")
_COMPLETE = f"select load_id from {DATASET}._dlt_loads where status = 0"
_OLD_STATE = f"""
_dlt_load_id < (
    select max(newest._dlt_load_id)
    from {DATASET}._dlt_pipeline_state as newest
    where newest.pipeline_name = _dlt_pipeline_state.pipeline_name and newest._dlt_load_id in ({_COMPLETE})
)
"""


class Packages:
    """The folders that dlt keeps of finished loads."""

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
    """Rows of the raw tables."""

    def __init__(self, raw: RawLayer, rejects_before: date | None) -> None:
        self._raw = raw
        self._found: list[tuple[Deletion, Part]] = []
        with raw.warehouse.read() as reader:
            for deletion, reason in self._planned(reader.tables(DATASET), rejects_before):
                self._found += [(deletion, part) for part in _parts(reader, deletion, reason)]

    def parts(self) -> list[Part]:
        """Return the rows to delete, one part for each table and reason."""
        return [part for _, part in self._found]

    def remove(self) -> list[str]:
        """Delete them, then free the space.

        Raises:
            LoadError: They could not be deleted, or their space could not be freed.
        """
        if self._found:
            self._raw.warehouse.delete(deletion for deletion, _ in self._found)
            self._raw.warehouse.compact()
        return []

    def _planned(
        self, columns: Mapping[str, Sequence[str]], rejects_before: date | None
    ) -> Iterator[tuple[Deletion, str]]:
        """Yield each deletion with its reason; children come before the parents that they depend on."""
        if "_dlt_loads" not in columns:
            return
        loaded = sorted(table for table in columns if not table.startswith("_dlt") and "_dlt_load_id" in columns[table])
        observed = [table for table in loaded if table not in SCHEMAS and set(_OBSERVED) <= set(columns[table])]
        for parent in (table for table in observed if "__" not in table):
            for table in [*(child for child in observed if child.startswith(f"{parent}__")), parent]:
                yield Deletion(table, _superseded(parent)), "replaced by a later load"
        for table in () if self._raw.has_pending_data else loaded:
            yield Deletion(table, f"_dlt_load_id not in ({_COMPLETE})"), "of a load that never completed"
        for table in ("rejects", "notices") if rejects_before else ():
            if table in loaded:
                old = f"snapshot_date < date '{rejects_before}' and _dlt_load_id in ({_COMPLETE})"
                yield Deletion(table, old), "older than rejects_days"
        if "_dlt_pipeline_state" in columns:
            yield Deletion("_dlt_pipeline_state", _OLD_STATE), "replaced by a later state"


def _parts(reader: Reader, deletion: Deletion, reason: str) -> Iterator[Part]:
    """Yield the rows of a deletion as one part, if there are any."""
    table, condition = deletion
    dates = "null, null" if table.startswith("_dlt") else "min(snapshot_date), max(snapshot_date)"
    [(count, first, last)] = reader.rows(f"select count(*), {dates} from {DATASET}.{table} where {condition}")
    if count:
        yield Part(f"{DATASET}.{table}", reason, count, first, last)


def _superseded(parent: str) -> str:
    """Return the condition for rows that a later load replaced, by the key with which staging deduplicates."""
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
    """Return the time in a load's id; infinity for the name of any other folder."""
    try:
        return float(load_id)
    except ValueError:
        return math.inf


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
