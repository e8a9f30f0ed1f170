"""dlt's PostgreSQL destination with a parquet job of ours, which copies each file into its table in one transaction.

dlt's own parquet job copies in binary form by the types of the file, so a value becomes nonsense in a column of another
type of the same width, without an error; its CSV job turns empty text into null. DECISIONS.md has the figures. Import
this module only if the `postgres` extra is installed.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import HasFollowupJobs, LoadJob, RunnableLoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.destinations.exceptions import DatabaseTerminalException, DatabaseTransientException
from dlt.destinations.impl.postgres.factory import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient
from pyarrow import csv, parquet

_BATCH_ROWS = 5_000
_REFUSALS = (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.ProgrammingError)


class ParquetCopy(RunnableLoadJob, HasFollowupJobs):
    """Copies one parquet file into its table."""

    def run(self) -> None:
        """Copy the whole file, or nothing of it.

        Raises:
            DatabaseTerminalException: The table refuses the values.
            DatabaseTransientException: Trying again may help.
        """
        client: Any = self._job_client
        try:
            with client.sql_client.begin_transaction(), client.sql_client.native_connection.cursor() as cursor:
                table = client.sql_client.make_qualified_table_name(self.load_table_name)
                copy_parquet(cursor, self._file_path, table=table, quoted=client.sql_client.escape_column_name)
        except _REFUSALS as error:
            raise DatabaseTerminalException(error) from error
        except psycopg2.Error as error:
            raise DatabaseTransientException(error) from error


def copy_parquet(cursor: Any, path: str | Path, *, table: str, quoted: Callable[[str], str]) -> None:
    """Copy a parquet file into a table, some rows at a time.

    Args:
        cursor: A psycopg2 cursor in a transaction.
        path: The file.
        table: The table's quoted name.
        quoted: Quotes a column's name for SQL.

    Raises:
        psycopg2.Error: The server refused.
    """
    with parquet.ParquetFile(path) as file:
        columns = ", ".join(map(quoted, file.schema_arrow.names))
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            cursor.copy_expert(f"copy {table} ({columns}) from stdin with (format csv)", _csv(batch))


def _csv(batch: Any) -> io.BytesIO:
    """Return a batch as CSV in which text is quoted and null is not, so that COPY can tell them apart."""
    written = io.BytesIO()
    csv.write_csv(batch, written, csv.WriteOptions(include_header=False, quoting_style="needed"))
    written.seek(0)
    return written


class _Client(PostgresClient):
    """dlt's client, with our job for parquet."""

    def create_load_job(self, table: PreparedTableSchema, file_path: str, *given: Any, **named: Any) -> LoadJob:
        if file_path.endswith(".parquet"):
            return ParquetCopy(file_path)
        return super().create_load_job(table, file_path, *given, **named)


class PostgresByCopy(postgres):
    """dlt's destination with that client."""

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        capabilities = super()._raw_capabilities()
        capabilities.loader_file_format_selector = None  # type: ignore[assignment]  # without a driver, it would drop parquet
        return capabilities

    @property
    def client_class(self) -> type[PostgresClient]:
        """The client that dlt makes for each job."""
        return _Client
