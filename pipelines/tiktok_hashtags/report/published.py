"""Opens what is published: a file of its own with DuckDB, schemas of their own on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from tiktok_hashtags.errors import NothingPublishedError, ReportError
from tiktok_hashtags.project import Project
from tiktok_hashtags.report.marts import Marts, Row
from tiktok_hashtags.warehouse import Reader, database


@dataclass(frozen=True)
class DuckDbReader:
    """Reads a published DuckDB file."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[Row]:
        """Return the rows by column name."""
        relation = self.connection.execute(sql)
        columns = [column[0] for column in relation.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]


@dataclass(frozen=True)
class WarehouseReader:
    """Reads the published schemas of a warehouse."""

    reader: Reader

    def rows(self, sql: str) -> list[Row]:
        """Return the rows by column name."""
        columns, rows = self.reader.execute(sql)
        return [dict(zip(columns, row, strict=True)) for row in rows]


@contextmanager
def reading(project: Project) -> Iterator[tuple[Marts, str]]:
    """Open the publication; yield its marts, and where they are.

    Raises:
        NothingPublishedError: There is none yet.
        ConfigError: The warehouse's settings are wrong, or its server is away.
        ReportError: The file is no publication.
    """
    warehouse = database(project)
    if warehouse.name == "duckdb":
        yield from _file(project)
        return
    with warehouse.reading() as reader:
        marts = Marts(WarehouseReader(reader), marts="published_marts", reporting="published_reporting")
        if not marts.tables:
            raise NothingPublishedError("nothing is published yet; `tiktags run` or `tiktags publish` does it")
        yield marts, "published_marts"


def _file(project: Project) -> Iterator[tuple[Marts, str]]:
    if not project.publication.exists():
        raise NothingPublishedError(
            f"{project.publication}: nothing is published yet; `tiktags run` or `tiktags publish` does it"
        )
    try:
        with duckdb.connect(project.publication, read_only=True) as connection:
            yield Marts(DuckDbReader(connection)), project.publication.name
    except duckdb.Error as error:
        raise ReportError(f"{project.publication}: cannot be read: {error}. The former report stays.") from error
