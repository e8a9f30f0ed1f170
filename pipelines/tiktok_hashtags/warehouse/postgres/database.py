"""A PostgreSQL database as warehouse; dlt's `[destination.postgres.credentials]` serve dlt and dbt alike."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import dlt

from tiktok_hashtags.errors import (
    ConfigError,
    LoadError,
    NoConnectionError,
    NothingPublishedError,
    QueryError,
    TiktagsError,
)
from tiktok_hashtags.project import Project
from tiktok_hashtags.redaction import register_secret
from tiktok_hashtags.warehouse.base import DATASET, Deletion, Publication, Reader, Rows, columns_by_table
from tiktok_hashtags.warehouse.postgres.publish import SCHEMAS, publish_schemas

_FETCH_ROWS = 50_000
_LOAD_WORKERS = 4
_REFUSED = re.compile(r'authentication failed|no password supplied|(database|role) ".*" does not exist')
_INSTALL = "the destination postgres needs the packages of an extra: pip install 'tiktok-hashtags[postgres]'"
_WHERE = "[destination.postgres.credentials] in .dlt/secrets.toml or DESTINATION__POSTGRES__CREDENTIALS"
_NO_ADDRESS = (
    "the destination postgres: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, found something else, which is "
    "not shown because it may hold a password; nothing was sent."
)
_DRIVERS = ("postgresql", "postgres")
# Those of libpq's parameters that dbt's profile takes too.
_TLS = ("sslmode", "sslcert", "sslkey", "sslrootcert")


class PostgresServer:
    """A database on a PostgreSQL server.

    Raises:
        ConfigError: The `postgres` extra or the credentials are missing.
    """

    def __init__(self, project: Project) -> None:
        del project  # nothing of it is kept in the folder
        self._driver = _driver()
        self._credentials = _credentials()

    def exists(self) -> bool:
        """Tell that there is always a server to ask."""
        return True

    def destination(self) -> Any:
        """Return dlt's destination."""
        from tiktok_hashtags.warehouse.postgres.copy_job import PostgresByCopy

        return PostgresByCopy(credentials=self._credentials, destination_name="postgres")

    def load(self, pipeline: dlt.Pipeline) -> None:
        """Load with few connections; memory is the server's business."""
        pipeline.load(workers=_LOAD_WORKERS)

    def explained(self, said: str) -> TiktagsError | None:
        """Return the advice for a refused password or database; a server that is away may come back by itself."""
        if _REFUSED.search(said):
            return ConfigError(f"PostgreSQL refused: {said.strip()}. See {_WHERE}.")
        return None

    def may_pass(self, error: BaseException) -> bool:
        """Tell a missing right from values that the table refuses."""
        return isinstance(error, self._driver.errors.InsufficientPrivilege)

    def dbt_variables(self) -> dict[str, str]:
        """Return dlt's credentials as dbt's profile wants them; dbt keeps what is called secret out of its logs."""
        found = self._credentials
        query = found.query or {}
        return {
            "TIKTAGS_TARGET": "postgres",
            "TIKTAGS_POSTGRES_HOST": found.host or "",
            "TIKTAGS_POSTGRES_PORT": str(found.port or 5432),
            "TIKTAGS_POSTGRES_USER": found.username or "",
            "DBT_ENV_SECRET_TIKTAGS_POSTGRES_PASSWORD": str(found.password or ""),
            "TIKTAGS_POSTGRES_DATABASE": found.database or "",
            **{f"TIKTAGS_POSTGRES_{name.upper()}": str(query.get(name, "")) for name in _TLS},
            "PGTZ": "UTC",
        }

    def release_dbt(self) -> None:
        """Do nothing: dbt closes its connections at the end of a command."""

    @contextmanager
    def read(self, *, memory: int | None = None) -> Iterator[Reader]:
        """Connect for reading; the memory is the server's."""
        del memory
        connection = self._connected("-c default_transaction_read_only=on")
        try:
            yield PostgresReader(connection, self._driver)
        finally:
            connection.close()

    def delete(self, deletions: Iterable[Deletion]) -> None:
        """Delete raw rows in one transaction."""
        with closing(self._connected()) as connection:
            try:
                with connection, connection.cursor() as cursor:
                    for table, condition in deletions:
                        cursor.execute(f"delete from {DATASET}.{table} where {condition}")  # noqa: S608  # our own text
            except self._driver.Error as error:
                raise LoadError(f"PostgreSQL: no rows were deleted: {error}") from error

    def compact(self) -> None:
        """Do nothing: autovacuum reuses the space of deleted rows."""

    def publish(self) -> list[str]:
        """Replace the rows of the schemas `published_marts` and `published_reporting`."""
        with closing(self._connected()) as connection:
            return publish_schemas(connection)

    @contextmanager
    def published(self) -> Iterator[Publication]:
        """Connect for reading; the publication is there with its first table."""
        with self.read() as reader:
            if not any(reader.tables(schema) for schema in SCHEMAS.values()):
                raise NothingPublishedError("nothing is published yet; `tiktags run` or `tiktags publish` does it")
            yield Publication(reader, SCHEMAS["marts"], SCHEMAS)

    def summary(self) -> str:
        """Connect; return where the database is, its version, and whether schemas can be made in it."""
        found = self._credentials
        with self.read() as reader:
            [(version, may_create)] = reader.rows(
                "select current_setting('server_version'), has_database_privilege(current_database(), 'create')"
            )
        if not may_create:
            raise ConfigError(
                f"{found.username} may not make schemas in the database {found.database}; "
                f"run: grant create on database {found.database} to {found.username}"
            )
        return f"PostgreSQL {version} at {found.host}:{found.port}/{found.database}, user {found.username}"

    def _connected(self, options: str = "") -> Any:
        dsn = self._credentials.to_native_representation()
        try:
            return self._driver.connect(dsn=dsn, options=f"{options} -c timezone=UTC".strip())
        except self._driver.Error as error:
            said = str(error).strip()
            raise self.explained(said) or NoConnectionError(
                f"PostgreSQL cannot be reached: {said}. See {_WHERE}."
            ) from error


# As the text of a cursor the server takes one statement that reads and nothing else: no commit, no second statement.
_OPEN = """
do $open$
declare
    opened refcursor := '{name}';
begin
    open opened for execute current_setting('tiktags.query');
end
$open$
"""


class PostgresReader:
    """Queries on an open connection whose transactions are read-only, each through a cursor of the server's."""

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection, self._driver = connection, driver
        self._numbers = itertools.count()

    def rows(self, sql: str, *parameters: object) -> Rows:
        """Send a query through a cursor of its own on the server."""
        name = f"tiktags_{next(self._numbers)}"
        cursor = self._connection.cursor()
        try:
            query = cursor.mogrify(sql, parameters).decode() if parameters else sql
            cursor.execute("select set_config('tiktags.query', %s, true)", (query,))
            cursor.execute(_OPEN.format(name=name))
            cursor.execute(f"fetch {_FETCH_ROWS} from {name}")
            first = cursor.fetchall()
        except (self._driver.Error, ValueError) as error:  # ValueError: a NUL
            self._connection.rollback()
            raise QueryError(f"the query failed: {_reason(error)}") from error
        columns = [column.name for column in cursor.description or ()]
        return Rows(columns, map(_plain, self._fetched(cursor, name, first)))

    def tables(self, schema: str) -> dict[str, list[str]]:
        """Return the columns of each table and view of a schema."""
        return columns_by_table(self, schema)

    def cancel(self) -> None:
        """Ask the server to end the connection's query."""
        self._connection.cancel()

    def _fetched(self, cursor: Any, name: str, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield rows without holding all of them."""
        try:
            while rows:
                yield from rows
                is_last = len(rows) < _FETCH_ROWS
                rows = []
                if not is_last:
                    cursor.execute(f"fetch {_FETCH_ROWS} from {name}")
                    rows = cursor.fetchall()
            cursor.execute(f"close {name}")
        except self._driver.Error as error:
            raise QueryError(f"the query failed: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return the server's words, without the place in the block that opens the cursor."""
    text = str(error).partition("CONTEXT:")[0].strip()
    if "cannot open" in text and "as cursor" in text:
        return f"one statement that reads is expected (select, with, values, explain, show): {text}. Nothing was run."
    return text


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row whose sums of whole numbers, which PostgreSQL makes `numeric`, are numbers again."""
    return tuple(_number(value) if type(value).__name__ == "Decimal" else value for value in row)


def _number(value: Any) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _driver() -> Any:
    try:
        import dbt.adapters.postgres  # noqa: F401  # dbt finds it by name, later
        import psycopg2
    except ImportError as error:
        raise ConfigError(f"{_INSTALL} ({error})") from error
    return psycopg2


def _credentials() -> Any:
    from dlt.common.configuration.exceptions import InvalidNativeValue
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.destinations.impl.postgres.configuration import PostgresCredentials

    try:
        # Partial, because dlt insists on a password where the server or a .pgpass file may do without one.
        found = resolve_configuration(PostgresCredentials(), sections=("destination", "postgres"), accept_partial=True)
    except InvalidNativeValue:
        # What dlt says below its own message holds the whole address.
        raise ConfigError(f"{_NO_ADDRESS} See {_WHERE}.") from None
    if found.drivername not in _DRIVERS:
        raise ConfigError(f"{_NO_ADDRESS} See {_WHERE}.")
    missing = [name for name in ("host", "database", "username") if not getattr(found, name)]
    if missing:
        raise ConfigError(f"the destination postgres lacks {', '.join(missing)}: see {_WHERE}")
    found.password = found.password or ""
    register_secret(found.password)
    found.resolve()
    return found
