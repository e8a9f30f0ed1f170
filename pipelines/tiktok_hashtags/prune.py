# ruff: noqa: S608  # statements are made of this module's constants, dates and names out of the catalogue
"""What a project can do without: old pages of the journal, raw rows that no mart can see, dlt's leftovers.

Nothing here changes a mart, a full refresh included, and nothing of the ledger goes: it is what day and month limits
and `usage` count. Raw keeps each observation, because it is the history: only copies that a later load replaced, rows
of loads that never completed, and, where `rejects_days` says so, old rejects and notices go.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import dlt
import duckdb

from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.errors import ConfigError, LoadError
from tiktok_hashtags.known import DATASET
from tiktok_hashtags.load import Warehouse
from tiktok_hashtags.project import Project
from tiktok_hashtags.run import locked
from tiktok_hashtags.run_tables import SCHEMAS
from tiktok_hashtags.settings import shared_ledger

logger = logging.getLogger(__name__)
DEFAULT_JOURNAL_DAYS = 35
_KEYS = ("journal_days", "rejects_days")
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


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days before today; None is for ever.

    Args:
        journal_days: Pages of the journal, and dlt's notes on loads that are done.
        rejects_days: `raw.rejects` and `raw.notices`.
    """

    journal_days: int = DEFAULT_JOURNAL_DAYS
    rejects_days: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing that goes.

    Args:
        name: Where it is.
        reason: Why it can go.
        rows: How many rows, or folders.
        bytes: What it takes up; None where nobody can tell before it is gone.
    """

    name: str
    reason: str
    rows: int
    first_date: date | None = None
    last_date: date | None = None
    bytes: int | None = None


@dataclass
class Pruning:
    """What a project can do without, or did."""

    retention: Retention
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_removed: bool = False
    freed_bytes: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as `tiktags prune --json` prints it."""
        return asdict(self)


def read_retention() -> Retention:
    """Read `[retention]` of `.dlt/config.toml`.

    Raises:
        ConfigError: A value is no number of days.
    """
    found: dict[str, object] = {name: dlt.config.get(f"retention.{name}") for name in _KEYS}
    return Retention(**{name: _days(name, value) for name, value in found.items() if value not in (None, "")})


def prune(
    project: Project,
    *,
    clock: Clock = system_clock,
    retention: Retention | None = None,
    is_wanted: Callable[[Pruning], bool] = lambda _: False,
) -> Pruning:
    """Find what can go, and remove it if it is wanted.

    Args:
        project: The project.
        clock: Says what today is.
        retention: How long things are kept; None reads the configuration.
        is_wanted: Shown what would go; what it answers decides.

    Raises:
        LockedError: A run is under way.
        ConfigError: A setting is wrong.
        LoadError: Something could not be removed.
    """
    kept = retention or read_retention()
    with locked(project):
        stores = _stores(project, kept, clock().date())
        found = Pruning(kept, [part for store in stores for part in store.parts()])
        if not is_wanted(found):
            return found
        before = _size(project)
        for store in stores:
            found.notes += store.remove()
    found.is_removed, found.freed_bytes = True, before - _size(project)
    return found


class _Store(Protocol):
    """A place from which something can go."""

    def parts(self) -> list[Part]:
        """Return what can go."""

    def remove(self) -> list[str]:
        """Remove it; return what a person should know."""


class _Pages:
    """The pages of the journal."""

    def __init__(self, path: Path, cutoff: date) -> None:
        self._path, self._cutoff = path, cutoff.isoformat()

    def parts(self) -> list[Part]:
        query = "select count(*), min(snapshot_date), max(snapshot_date), sum(length(body)) from pages"
        with self._connected() as connection:
            count, first, last, size = connection.execute(f"{query} where snapshot_date < ?", [self._cutoff]).fetchone()
        if not count:
            return []
        name = f"pages of {self._path.name}"
        dates = date.fromisoformat(first), date.fromisoformat(last)
        return [Part(name, "older than journal_days", count, *dates, bytes=size)]

    def remove(self) -> list[str]:
        with self._connected() as connection:
            connection.execute("delete from pages where snapshot_date < ?", [self._cutoff])
            try:
                # Refused while another process has the file open; a file that is free gives all its space back.
                connection.execute("pragma busy_timeout = 0")
                connection.execute("pragma journal_mode = delete").fetchall()
            except sqlite3.OperationalError:
                return [f"{self._path.name} is open in another process: its space is given back when it grows anew"]
            connection.execute("vacuum")
            connection.execute("pragma journal_mode = wal").fetchall()
        return []

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, isolation_level=None, timeout=10)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise LoadError(f"{self._path}: cannot be pruned: {error}") from error


class _Packages:
    """The folders that dlt keeps of loads that are done."""

    def __init__(self, folder: Path, cutoff: date) -> None:
        since = datetime(cutoff.year, cutoff.month, cutoff.day, tzinfo=UTC).timestamp()
        loaded = sorted(folder.iterdir()) if folder.is_dir() else []
        self._folders = [path for path in loaded if path.is_dir() and _seconds(path.name) < since]

    def parts(self) -> list[Part]:
        if not self._folders:
            return []
        dates = [datetime.fromtimestamp(_seconds(path.name), UTC).date() for path in self._folders]
        size = sum(map(_size_of, self._folders))
        return [Part("dlt's finished packages", "older than journal_days", len(dates), min(dates), max(dates), size)]

    def remove(self) -> list[str]:
        try:
            for folder in self._folders:
                shutil.rmtree(folder)
        except OSError as error:
            raise LoadError(f"{error.filename}: cannot be removed: {error.strerror}") from error
        return []


class _Tables:
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
        return self._parts

    def remove(self) -> list[str]:
        counted = {(part.name, part.reason) for part in self._parts}
        with self._warehouse.pipeline.sql_client() as client:
            with client.begin_transaction():
                for table, condition, reason in self._deletions:
                    if (f"{DATASET}.{table}", reason) in counted:
                        client.execute_sql(f"delete from {DATASET}.{table} where {condition}")
            is_duckdb = self._warehouse.pipeline.destination.destination_type.endswith("duckdb")
        if self._parts and is_duckdb:
            _compact(self._warehouse.project.warehouse)
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


def _compact(path: Path) -> None:
    """Write a DuckDB file anew: it reuses the space of deleted rows, but does not give it back."""
    aside = path.with_name(f"{path.name}.next")
    try:
        aside.unlink(missing_ok=True)
        with duckdb.connect(config={"force_compression": "zstd"}) as connection:
            connection.execute(f"attach {_quoted(path)} as warehouse (read_only)")
            connection.execute(f"attach {_quoted(aside)} as compacted")
            connection.execute("copy from database warehouse to compacted")
            connection.execute("detach compacted")
        aside.chmod(path.stat().st_mode)
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(path)
    except (OSError, duckdb.Error) as error:
        raise LoadError(f"{path.name}: rows were removed, but their space was not given back: {error}") from error
    finally:
        aside.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    text = str(path.resolve()).replace("'", "''")
    return f"'{text}'"


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


def _stores(project: Project, retention: Retention, today: date) -> Sequence[_Store]:
    cutoff = today - timedelta(days=retention.journal_days)
    rejects = None if retention.rejects_days is None else today - timedelta(days=retention.rejects_days)
    journal = shared_ledger() or project.journal
    stores: list[_Store] = [_Pages(journal, cutoff)] if journal.exists() else []
    stores.append(_Packages(project.pipelines / "tiktok_hashtags" / "load" / "loaded", cutoff))
    warehouse = Warehouse(project)
    if warehouse.database.exists():
        stores.append(_Tables(warehouse, rejects))
    return stores


def _days(name: str, found: object) -> int:
    text = str(found)
    if isinstance(found, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise ConfigError(f"[retention] {name}: expected a number of days, at least 1, found {found!r}")
    return int(text)


def _seconds(load_id: str) -> float:
    """Return the time in a load's id; what is no load's folder is never old."""
    try:
        return float(load_id)
    except ValueError:
        return math.inf


def _size(project: Project) -> int:
    ledger = shared_ledger()
    return _size_of(project.data) + (ledger.stat().st_size if ledger and ledger.exists() else 0)


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
