"""Where raw, the marts and the publication are: a DuckDB file of the project's, or a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tiktok_hashtags.config import destination
from tiktok_hashtags.errors import TiktagsError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.duckdb.database import DuckDbFile
from tiktok_hashtags.warehouse.postgres.database import PostgresServer

_KINDS: Mapping[str, Callable[[Project], Database]] = {"duckdb": DuckDbFile, "postgres": PostgresServer}


class Reader(Protocol):
    """A look into the database that cannot write."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """Return the columns of a query and its rows as they are asked for; parameters stand for its `%s`.

        Raises:
            ConfigError: The query is wrong, or would write.
        """
        ...


class Database(Protocol):
    """What the commands need of a database; `name` is also that of dlt's destination and dbt's target."""

    name: str
    load_workers: int
    connection_errors: tuple[type[Exception], ...]

    def exists(self) -> bool:
        """Tell whether there is anything to read."""
        ...

    def destination(self) -> Any:
        """Return dlt's destination."""
        ...

    def limit_memory(self, client: Any, size: int | None) -> None:
        """Let one of dlt's clients use so many bytes from now on; None for no limit."""
        ...

    def rows(self, client: Any, query: str, parameters: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query through one of dlt's clients."""
        ...

    def explained(self, said: str) -> TiktagsError | None:
        """Return what a failure means to the user; None where there is nothing to add."""
        ...

    def dbt_variables(self) -> dict[str, str]:
        """Return the environment that dbt's profile reads."""
        ...

    def reading(self) -> AbstractContextManager[Reader]:
        """Open the database for reading.

        Raises:
            ConfigError: There is none yet, or it cannot be read now.
        """
        ...

    def publish(self) -> list[str]:
        """Replace what BI tools read by the marts as they are; return where that is.

        Raises:
            LoadError: It could not be replaced; the former publication stays.
        """
        ...

    def summary(self) -> str:
        """Return where the database is, without a secret.

        Raises:
            ConfigError: It cannot be used.
        """
        ...


def database(project: Project) -> Database:
    """Return the database that the project's `.dlt/config.toml` chooses: `destination`, by default a DuckDB file.

    Raises:
        ConfigError: There is no such destination, or it lacks credentials or a package.
    """
    return _KINDS[destination(_KINDS)](project)
