"""The copy that BI tools read: built aside and renamed into place, so a reader never finds a half-written table.

DuckDB lets no other process read a file that is being written, so readers get a separate file. A reader that has the
old one open keeps it until it opens the path again. Each file is replaced as a whole, one after the other; the
publication's id, in parquet's metadata and in each table's comment, shows a reader of several files whether they belong
together.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from pathlib import Path

import duckdb

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.project import Project, replace_all
from tiktok_hashtags.warehouse.duckdb.files import copying, quoted

logger = logging.getLogger(__name__)
SCHEMAS = ("marts", "reporting")
# By default, DuckDB 2 writes files that no 1.x client can open.
STORAGE_VERSION = "v1.4.0"


def publish(project: Project) -> list[Path]:
    """Copy the marts to `exports/hashtags.duckdb` and to one parquet file per table; return the published files.

    Raises:
        LoadError: A file could not be written; the old publication stays.
    """
    aside = project.exports / ".next"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        _write(project.warehouse, aside)
        published = {project.exports / path.name: path for path in sorted(aside.iterdir())}
        replace_all(published)
    except (OSError, duckdb.Error) as error:
        raise LoadError(f"{project.exports}: could not be published: {error}. The former publication stays.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for path in published:
        logger.info("published %s", path)
    return list(published)


def _write(warehouse: Path, aside: Path) -> None:
    publication = uuid.uuid4().hex
    version = f"(storage_version '{STORAGE_VERSION}')"
    with copying(warehouse, aside / "hashtags.duckdb", options=version) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema target.{schema}")
        for schema, table in _tables(connection):
            name = f"{schema}.{table}"
            parquet = quoted(aside / f"{table}.parquet")
            connection.execute(f"create table target.{name} as from source.{name}")
            connection.execute(f"comment on table target.{name} is 'publication {publication}'")
            connection.execute(
                f"copy source.{name} to {parquet} (format parquet, kv_metadata {{publication: '{publication}'}})"
            )


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    query = """
        select table_schema, table_name
        from information_schema.tables
        where table_catalog = 'source' and table_schema in ('marts', 'reporting')
        order by table_schema, table_name
    """
    return connection.execute(query).fetchall()
