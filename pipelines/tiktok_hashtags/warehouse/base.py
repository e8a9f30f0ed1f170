"""What every kind of warehouse does for the rest of the package.

Nothing outside a kind's folder knows which kind a project has: catalogs, deletion, memory, the errors that may pass and
dbt's profile are all asked of it. `kinds` registers the kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import dlt

from tiktok_hashtags.errors import TiktagsError

DATASET = "raw"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query found, to be read once.

    Args:
        columns: The names of the columns.
        tuples: The rows, fetched while they are read.
    """

    columns: Sequence[str]
    tuples: Iterator[tuple[Any, ...]]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self.tuples

    def dicts(self) -> list[dict[str, Any]]:
        """Return the rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.tuples]


class Reader(Protocol):
    """An open warehouse or publication, which queries cannot change; several queries may be read at once.

    Any text may be sent: only one statement that reads is run, in a session that cannot come to write, read files of
    this machine, or load code.
    """

    def rows(self, sql: str, *parameters: object) -> Rows:
        """Send a query in which each `%s` stands for a parameter.

        Raises:
            QueryError: The query is wrong, would write, or its rows cannot be read.
        """
        ...

    def cancel(self) -> None:
        """End the query that another thread waits for; it raises a `QueryError` there."""
        ...

    def tables(self, schema: str) -> dict[str, list[str]]:
        """Return the columns of each table and view of a schema."""
        ...


class Publication(NamedTuple):
    """An open publication.

    Args:
        reader: Runs queries on it.
        source: Its name for people.
        schemas: The names that the schemas `marts` and `reporting` have in it.
    """

    reader: Reader
    source: str
    schemas: Mapping[str, str]


class Deletion(NamedTuple):
    """Rows of a raw table, by a condition of the SQL that DuckDB, PostgreSQL and Spark share."""

    table: str
    condition: str


class Warehouse(Protocol):
    """Raw, the marts and the publication of a project."""

    def exists(self) -> bool:
        """Tell whether there is anything to read."""
        ...

    def summary(self) -> str:
        """Return the place of the warehouse, without a secret.

        Raises:
            ConfigError: It cannot be used.
        """
        ...

    def destination(self) -> Any:
        """Return dlt's destination for the raw tables."""
        ...

    def load(self, pipeline: dlt.Pipeline) -> None:
        """Load the pipeline's pending packages, one after the other, with the workers and memory that suit this kind.

        Raises:
            PipelineStepFailed: A package could not be loaded.
            DestinationConnectionError: The warehouse cannot be opened.
        """
        ...

    def explained(self, said: str) -> TiktagsError | None:
        """Return the error that tells the user what to do about a failure; None where its own text is all there is."""
        ...

    def may_pass(self, error: BaseException) -> bool:
        """Tell whether an error that dlt calls terminal can end without a change of the package, as a missing right."""
        ...

    def read(self, *, memory: int | None = None) -> AbstractContextManager[Reader]:
        """Open raw and the marts for reading.

        Args:
            memory: Bytes that the warehouse may use in this process; None for its own limit.

        Raises:
            ConfigError: There is none yet.
            BusyError: Another program holds it.
            NoConnectionError: Its server cannot be reached.
            QueryError: It cannot be read.
        """
        ...

    def delete(self, deletions: Iterable[Deletion]) -> None:
        """Delete raw rows, all of them or none.

        Raises:
            LoadError: They could not be deleted.
        """
        ...

    def compact(self) -> None:
        """Give back the space of deleted rows, where this kind does not do so by itself.

        Raises:
            LoadError: The space was not given back; no row is lost.
        """
        ...

    def dbt_variables(self) -> dict[str, str]:
        """Return the environment for dbt: `TIKTAGS_TARGET` and what that target reads in the profile.

        A kind with a profile of its own names its folder as `DBT_PROFILES_DIR`.
        """
        ...

    def release_dbt(self) -> None:
        """Close what dbt's adapter keeps open in this process."""
        ...

    def publish(self) -> list[str]:
        """Replace the publication by the marts as they are; return its places.

        Call it only after the data tests passed.

        Raises:
            LoadError: It could not be replaced; the former publication stays.
        """
        ...

    def published(self) -> AbstractContextManager[Publication]:
        """Open the publication for reading.

        Raises:
            NothingPublishedError: There is none yet.
            NoConnectionError: Its server cannot be reached.
            QueryError: It cannot be read.
        """
        ...


def columns_by_table(reader: Reader, schema: str) -> dict[str, list[str]]:
    """Return `Reader.tables` of a warehouse that has SQL's information schema."""
    query = """
        select table_name, column_name
        from information_schema.columns
        where table_schema = %s
        order by table_name, ordinal_position
    """
    found: dict[str, list[str]] = {}
    for table, column in reader.rows(query, schema):
        found.setdefault(table, []).append(column)
    return found
