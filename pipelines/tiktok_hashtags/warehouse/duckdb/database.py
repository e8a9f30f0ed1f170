"""The DuckDB file as warehouse, and the copy of its marts that BI tools read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dlt
import duckdb
from dlt.destinations.exceptions import DestinationConnectionError
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

from tiktok_hashtags.errors import ConfigError, TiktagsError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.duckdb.publish import publish

_FETCH_ROWS = 50_000


class DuckDbFile:
    """The project's own DuckDB file."""

    name = "duckdb"
    load_workers = 20
    connection_errors: tuple[type[Exception], ...] = (DestinationConnectionError,)

    def __init__(self, project: Project) -> None:
        self._project = project
        self._path = project.warehouse

    def exists(self) -> bool:
        """Tell whether a run has made the file."""
        return self._path.exists()

    def destination(self) -> Any:
        """Return dlt's destination for the file."""
        # dlt would take a relative path from the folder of its first run, wherever the project is now.
        credentials = DuckDbCredentials(str(self._path.resolve()))
        # Long signed URLs are most of raw: zstd takes half the time of DuckDB's own choice, and a quarter less space.
        credentials.global_config = {"threads": 1, "force_compression": "zstd"}
        return dlt.destinations.duckdb(credentials=credentials)

    def limit_memory(self, client: Any, size: int | None) -> None:
        """Set DuckDB's memory limit, which is one for all connections of the process."""
        client.execute_sql("reset global memory_limit" if size is None else f"set global memory_limit = '{size}B'")

    def rows(self, client: Any, query: str, parameters: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Yield rows without holding all of them."""
        with client.execute_query(query, *parameters) as cursor:
            while rows := cursor.fetchmany(_FETCH_ROWS):
                yield from rows

    def explained(self, said: str) -> TiktagsError | None:
        """Tell a file that another program holds, and one that is no database, from other failures."""
        if "Could not set lock" in said:
            return ConfigError(
                "the warehouse file is open in another program; close it and run again. What was fetched stays pending."
            )
        if "not a valid DuckDB database file" in said:
            return ConfigError(
                f"{said} Nothing was sent or overwritten. Move the file away, then "
                "`tiktags replay --since DATE` builds the warehouse again from the journal."
            )
        return None

    def dbt_variables(self) -> dict[str, str]:
        """Return where the file is."""
        return {"TIKTAGS_TARGET": "duckdb", "TIKTAGS_WAREHOUSE": str(self._path.resolve())}

    @contextmanager
    def reading(self) -> Iterator[DuckDbReader]:
        """Open the file for reading."""
        if not self.exists():
            raise ConfigError(f"{self._path}: there is no warehouse yet; `tiktags run` makes one")
        try:
            connection = duckdb.connect(self._path, read_only=True)
        except duckdb.Error as error:
            raise ConfigError(f"{self._path}: cannot be read now, a run may be writing it: {error}") from error
        with connection:
            yield DuckDbReader(connection)

    def publish(self) -> list[str]:
        """Replace the files in `exports/`."""
        return [str(path) for path in publish(self._project)]

    def summary(self) -> str:
        """Return the file's name."""
        return str(self._path)


class DuckDbReader:
    """Queries on an open DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """Return the columns of a query and its rows as they are asked for."""
        try:
            found = self._connection.execute(sql.replace("%s", "?") if parameters else sql, list(parameters))
        except duckdb.Error as error:
            raise ConfigError(f"the query failed: {error}") from error
        return [column[0] for column in found.description or ()], iter(found.fetchone, None)
