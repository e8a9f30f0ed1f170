"""A made-up kind of warehouse, written against the protocol alone.

Raw, the marts and the publication are in one file, `attic/store.db`, whose catalog has another name than that of the
package's DuckDB file; the publication is two more schemas in it. A kind for another database looks like this, in a
folder beside `warehouse/duckdb`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
import duckdb

from tiktok_hashtags.errors import ConfigError, LoadError, NothingPublishedError, QueryError, TiktagsError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import Deletion, Publication, Reader, Rows, columns_by_table

SHOWN = {"marts": "shown_marts", "reporting": "shown_reporting"}


class Attic:
    """The warehouse of a project, as `destination = "attic"` chooses it."""

    def __init__(self, project: Project) -> None:
        self._file = project.root / "attic" / "store.db"

    def exists(self) -> bool:
        return self._file.exists()

    def summary(self) -> str:
        return f"attic in {self._file}"

    def destination(self) -> Any:
        self._file.parent.mkdir(exist_ok=True)
        return dlt.destinations.duckdb(str(self._file.resolve()))

    def load(self, pipeline: dlt.Pipeline) -> None:
        pipeline.load(workers=2)

    def explained(self, said: str) -> TiktagsError | None:
        return ConfigError("the attic is locked.") if "Could not set lock" in said else None

    def may_pass(self, error: BaseException) -> bool:
        return isinstance(error, duckdb.PermissionException)

    @contextmanager
    def read(self, *, memory: int | None = None) -> Iterator[Reader]:
        if not self.exists():
            raise ConfigError("the attic is empty; `tiktags run` fills it")
        with self._opened(read_only=True) as connection:
            if memory:
                connection.execute(f"set memory_limit = '{memory}B'")
            yield AtticReader(connection)

    def delete(self, deletions: Iterable[Deletion]) -> None:
        with self._opened() as connection:
            connection.begin()
            for table, condition in deletions:
                connection.execute(f"delete from raw.{table} where {condition}")  # noqa: S608  # the package's own text
            connection.commit()

    def compact(self) -> None:
        """Nothing to do: what is deleted from an attic leaves room for more."""

    def dbt_variables(self) -> dict[str, str]:
        return {
            "TIKTAGS_TARGET": "attic",
            "ATTIC_FILE": str(self._file.resolve()),
            "DBT_PROFILES_DIR": str(Path(__file__).parent),
        }

    def release_dbt(self) -> None:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt's own code

    def publish(self) -> list[str]:
        try:
            with self._opened() as connection:
                connection.begin()
                for source, shown in SHOWN.items():
                    connection.execute(f"drop schema if exists {shown} cascade")
                    connection.execute(f"create schema {shown}")
                    for table in columns_by_table(AtticReader(connection), source):
                        connection.execute(f"create table {shown}.{table} as from {source}.{table}")
                connection.commit()
        except duckdb.Error as error:
            raise LoadError(f"the attic could not be published: {error}. The former publication stays.") from error
        return list(SHOWN.values())

    @contextmanager
    def published(self) -> Iterator[Publication]:
        with self.read() as reader:
            if not reader.tables(SHOWN["marts"]):
                raise NothingPublishedError("nothing of the attic is published yet; `tiktags publish` does it")
            yield Publication(reader, "the attic", SHOWN)

    def _opened(self, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(self._file, read_only=read_only)


class AtticReader:
    """Queries on the open file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: object) -> Rows:
        try:
            found = self._connection.cursor().execute(sql.replace("%s", "?"), parameters)
        except duckdb.Error as error:
            raise QueryError(f"the attic does not have it: {error}") from error
        return Rows([column[0] for column in found.description or ()], iter(found.fetchall()))

    def tables(self, schema: str) -> dict[str, list[str]]:
        return columns_by_table(self, schema)

    def cancel(self) -> None:
        self._connection.interrupt()
