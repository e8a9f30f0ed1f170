"""The DuckDB file as warehouse, and the copy of its marts that BI tools read."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import dlt
import duckdb
import pyarrow as pa
from dlt.common.destination.exceptions import DestinationTerminalException
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.pipeline.exceptions import PipelineStepFailed
from pyarrow import parquet

from tiktok_hashtags.errors import BusyError, ConfigError, LoadError, NothingPublishedError, QueryError, TiktagsError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import DATASET, Deletion, Publication, Reader, Rows, columns_by_table
from tiktok_hashtags.warehouse.duckdb.files import compact
from tiktok_hashtags.warehouse.duckdb.publish import publish

logger = logging.getLogger(__name__)
_FETCH_ROWS = 50_000
_LOAD_WORKERS = 20
_LOAD_MEMORY = (64_000_000, 256_000_000)
_NO_LIMIT = "reset global memory_limit"
# Whoever's SQL it is, a reading connection touches no other file, loads no code, and stays like that.
_LOCKED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}
# DuckDB calls PIVOT a statement of several ones.
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)
_KEPT_ERRORS = ("client_exception", "dbapi_exception")
# Of another process, and of this one.
_HELD = ("Could not set lock", "different configuration than existing connections")


class DuckDbFile:
    """The project's own DuckDB file."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._path = project.warehouse

    def exists(self) -> bool:
        """Tell whether a run has made the file."""
        return self._path.exists()

    def summary(self) -> str:
        """Return the file's name."""
        return str(self._path)

    def destination(self) -> Any:
        """Return dlt's destination for the file."""
        # dlt would take a relative path from the folder of its first run, wherever the project is now.
        credentials = DuckDbCredentials(str(self._path.resolve()))
        # Long signed URLs are most of raw: zstd takes half the time of DuckDB's own choice, and a quarter less space.
        credentials.global_config = {"threads": 1, "force_compression": "zstd"}
        return dlt.destinations.duckdb(credentials=credentials)

    def load(self, pipeline: dlt.Pipeline) -> None:
        """Load within a memory limit that fits the packages, or without one where a row is larger than that."""
        # Open over the whole load: DuckDB writes a checkpoint whenever its last connection closes.
        with pipeline.sql_client() as client:
            client.execute_sql(f"set global memory_limit = '{_memory(pipeline)}B'")
            try:
                pipeline.load(workers=_LOAD_WORKERS)
            except PipelineStepFailed as error:
                if not _may_need_memory(error):
                    raise
                logger.warning("The load seems to need more memory. It is repeated without a memory limit.")
                client.execute_sql(_NO_LIMIT)
                _load_alone(pipeline)

    def explained(self, said: str) -> TiktagsError | None:
        """Return the advice for a file that another program holds, and for one that is no database."""
        if any(words in said for words in _HELD):
            return BusyError(
                "the warehouse file is open in another program, which may be a run. Nothing was changed; fetched rows "
                "stay pending. Close that program or wait for the run, then try again."
            )
        if "not a valid DuckDB database file" in said:
            return ConfigError(
                f"{said} Nothing was sent or overwritten. Move the file away, then "
                "`tiktags replay --since DATE` builds the warehouse again from the journal."
            )
        return None

    def may_pass(self, error: BaseException) -> bool:
        """Tell a missing right from values that the file refuses."""
        return isinstance(error, duckdb.PermissionException)

    @contextmanager
    def read(self, *, memory: int | None = None) -> Iterator[Reader]:
        """Open the file for reading."""
        if not self.exists():
            raise ConfigError(f"{self._path}: there is no warehouse yet; `tiktags run` makes one")
        try:
            # Under a limit one thread, for each further one needs buffers too.
            limits = {} if memory is None else {"threads": "1", "memory_limit": f"{memory}B"}
            connection = duckdb.connect(self._path, read_only=True, config={**_LOCKED, **limits})
        except duckdb.Error as error:
            raise self.explained(str(error)) or QueryError(f"{self._path}: cannot be read: {error}") from error
        with connection:
            yield DuckDbReader(connection)

    def delete(self, deletions: Iterable[Deletion]) -> None:
        """Delete raw rows in one transaction."""
        try:
            with duckdb.connect(self._path, config={"threads": 1}) as connection:
                connection.begin()
                for table, condition in deletions:
                    connection.execute(f"delete from {DATASET}.{table} where {condition}")  # noqa: S608  # our own text
                connection.commit()
        except duckdb.Error as error:
            raise LoadError(f"{self._path.name}: no rows were deleted: {error}") from error

    def compact(self) -> None:
        """Write the file anew, because DuckDB reuses the space of deleted rows but keeps it."""
        compact(self._path)

    def dbt_variables(self) -> dict[str, str]:
        """Return the path of the file."""
        return {"TIKTAGS_TARGET": "duckdb", "TIKTAGS_WAREHOUSE": str(self._path.resolve())}

    def release_dbt(self) -> None:
        """Close the file, which dbt keeps open for the life of the process."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt's own code

    def publish(self) -> list[str]:
        """Replace the files in `exports/`."""
        return [str(path) for path in publish(self._project)]

    @contextmanager
    def published(self) -> Iterator[Publication]:
        """Open the published file."""
        path = self._project.publication
        if not path.exists():
            raise NothingPublishedError(f"{path}: nothing is published yet; `tiktags run` or `tiktags publish` does it")
        try:
            connection = duckdb.connect(path, read_only=True, config={**_LOCKED})
        except duckdb.Error as error:
            raise QueryError(f"{path}: cannot be read: {error}") from error
        with connection:
            yield Publication(DuckDbReader(connection), path.name, {"marts": "marts", "reporting": "reporting"})


class DuckDbReader:
    """Queries on an open DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._cursors: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()

    def rows(self, sql: str, *parameters: object) -> Rows:
        """Send a query through a cursor of its own."""
        cursor = self._connection.cursor()
        self._cursors.add(cursor)
        try:
            _check_reading(duckdb.extract_statements(sql.replace("%s", "?") if parameters else sql))
            cursor.execute(sql.replace("%s", "?") if parameters else sql, list(parameters))
        except duckdb.Error as error:
            raise QueryError(f"the query failed: {error}") from error
        return Rows([column[0] for column in cursor.description or ()], _fetched(cursor))

    def tables(self, schema: str) -> dict[str, list[str]]:
        """Return the columns of each table and view of a schema."""
        return columns_by_table(self, schema)

    def cancel(self) -> None:
        """Interrupt the connection's queries."""
        for cursor in list(self._cursors):
            cursor.interrupt()


def _check_reading(statements: Sequence[duckdb.Statement]) -> None:
    """Refuse all but one statement that reads; a reading connection would refuse most, but not each with a reason."""
    if len(statements) != 1:
        raise QueryError(f"one statement is expected, and the text has {len(statements)}. Nothing was run.")
    if statements[0].type not in _READING:
        raise QueryError(
            f"this is a statement of the kind {statements[0].type.name}, and only one that reads is run: select, with, "
            "from, pivot, describe, show, summarize or explain. Nothing was run."
        )


def _fetched(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """Yield rows without holding all of them."""
    try:
        while rows := cursor.fetchmany(_FETCH_ROWS):
            yield from rows
    except duckdb.Error as error:
        raise QueryError(f"the query failed: {error}") from error


def _load_alone(pipeline: dlt.Pipeline) -> None:
    """Load one table after the other; a package that does not even fit so is refused, or it would stop all later ones.

    Raises:
        PipelineStepFailed: A package could not be loaded, whether it may pass or not.
    """
    try:
        pipeline.load(workers=1)
    except PipelineStepFailed as error:
        if not _is_out_of_memory(error):
            raise
        raise error from DestinationTerminalException("it needs more memory than this machine gives to DuckDB")


def _memory(pipeline: dlt.Pipeline) -> int:
    """Return the size of the pending rows in memory, within `_LOAD_MEMORY`: with less, DuckDB would write it twice."""
    size = sum(map(_unpacked_bytes, Path(pipeline.working_dir).rglob("*.parquet")))
    return min(max(size, _LOAD_MEMORY[0]), _LOAD_MEMORY[1])


def _unpacked_bytes(path: Path) -> int:
    try:
        with path.open("rb") as file:
            found = parquet.read_metadata(file)
    except (OSError, pa.ArrowException):
        return path.stat().st_size  # a damaged file is found later
    return sum(found.row_group(number).total_byte_size for number in range(found.num_row_groups))


def _may_need_memory(error: BaseException) -> bool:
    """Tell by the class of the error whether more memory may help: a commit that lacks it fails as a transaction."""
    return _has_cause(error, duckdb.OutOfMemoryException, duckdb.TransactionException)


def _is_out_of_memory(error: BaseException) -> bool:
    return _has_cause(error, duckdb.OutOfMemoryException)


def _has_cause(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Tell whether an error of these classes is below another one; the words differ by version and by place."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        at = waiting.pop()
        if not isinstance(at, BaseException) or id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, kinds):
            return True
        # dlt keeps a failed job's own error beside the chain.
        waiting += [at.__cause__, at.__context__, *(getattr(at, name, None) for name in _KEPT_ERRORS)]
    return False
