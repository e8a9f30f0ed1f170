"""The copy that BI tools read: built aside, swapped in by rename, so a reader never meets a half-written table.

DuckDB lets no other process read a file that is being written, so readers get a file of their own. A reader that has
the old one open keeps it until it opens the path again. Each file is replaced as a whole, one after the other: the
publication's id, in parquet's metadata and in each table's comment, tells a reader of several whether they fit.
"""

from __future__ import annotations

import logging
import os
import shutil
import uuid
from pathlib import Path

import duckdb

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.project import Project

logger = logging.getLogger(__name__)
SCHEMAS = ("marts", "reporting")
# DuckDB 2 writes files by default that no 1.x client can open.
STORAGE_VERSION = "v1.4.0"


def publish(project: Project) -> list[Path]:
    """Copy the marts to `exports/hashtags.duckdb` and to one parquet file a table; return what was published.

    Call it only after the data tests passed: the former publication is replaced.

    Raises:
        LoadError: A file could not be written; the former publication stays.
    """
    aside = project.exports / ".next"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        _write(project.warehouse, aside)
        written = sorted(aside.iterdir())
        for path in written:
            _sync(path)
        # Nothing slow in between: these renames are the moment in which old and new files stand side by side.
        return [_swap(path, project.exports / path.name) for path in written]
    except (OSError, duckdb.Error) as error:
        raise LoadError(f"{project.exports}: could not be published: {error}. The former publication stays.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(warehouse: Path, aside: Path) -> None:
    publication = uuid.uuid4().hex
    with duckdb.connect() as connection:
        connection.execute(f"attach {_quoted(warehouse)} as warehouse (read_only)")
        connection.execute(
            f"attach {_quoted(aside / 'hashtags.duckdb')} as published (storage_version '{STORAGE_VERSION}')"
        )
        for schema in SCHEMAS:
            connection.execute(f"create schema published.{schema}")
        for schema, table in _tables(connection):
            name = f"{schema}.{table}"
            parquet = _quoted(aside / f"{table}.parquet")
            connection.execute(f"create table published.{name} as from warehouse.{name}")
            connection.execute(f"comment on table published.{name} is 'publication {publication}'")
            connection.execute(
                f"copy warehouse.{name} to {parquet} (format parquet, kv_metadata {{publication: '{publication}'}})"
            )
        connection.execute("detach published")


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    query = """
        select table_schema, table_name
        from information_schema.tables
        where table_catalog = 'warehouse' and table_schema in ('marts', 'reporting')
        order by table_schema, table_name
    """
    return connection.execute(query).fetchall()


def _sync(path: Path) -> None:
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _swap(path: Path, target: Path) -> Path:
    path.replace(target)
    logger.info("published %s", target)
    return target


def _quoted(path: Path) -> str:
    text = str(path.resolve()).replace("'", "''")
    return f"'{text}'"
