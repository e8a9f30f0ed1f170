"""The publication: whole, readable by older clients, and left alone when something goes wrong."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.duckdb.publish import publish


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose warehouse holds one core mart, one reporting mart and a raw table."""
    project = Project(tmp_path)
    project.data.mkdir()
    with duckdb.connect(project.warehouse) as connection:
        connection.execute("create schema marts; create schema reporting; create schema raw")
        connection.execute(
            "create table marts.dim_hashtag as select 'christmas' as hashtag_key, 321857738740 as view_count"
        )
        connection.execute("create table reporting.rpt_hashtag_growth as select 'christmas' as hashtag_key")
        connection.execute("create table raw.watchlist as select 1 as n")
    return project


def published_tables(project: Project) -> list[tuple[str, str]]:
    with duckdb.connect(project.publication, read_only=True) as connection:
        query = "select table_schema, table_name from information_schema.tables order by all"
        return connection.execute(query).fetchall()


def test_publishes_marts_and_reporting_and_nothing_else(project: Project) -> None:
    publish(project)

    assert published_tables(project) == [("marts", "dim_hashtag"), ("reporting", "rpt_hashtag_growth")]


def test_writes_a_parquet_file_for_each_table(project: Project) -> None:
    publish(project)

    with duckdb.connect() as connection:
        rows = connection.execute(f"from '{project.exports / 'dim_hashtag.parquet'}'").fetchall()
    assert rows == [("christmas", 321_857_738_740)]


def test_writes_the_storage_version_that_1_4_clients_open(project: Project) -> None:
    publish(project)

    with duckdb.connect() as connection:
        connection.execute(f"attach '{project.publication}' as published (read_only)")
        query = "select tags['storage_version'] from duckdb_databases() where database_name = 'published'"
        [(version,)] = connection.execute(query).fetchall()
    assert version.startswith("v1.4.0")


def test_a_reader_keeps_what_it_opened_while_a_new_publication_comes(project: Project) -> None:
    publish(project)
    reader = duckdb.connect(project.publication, read_only=True)
    with duckdb.connect(project.warehouse) as connection:
        connection.execute("insert into marts.dim_hashtag values ('cat', 1)")

    publish(project)

    assert reader.execute("select count(*) from marts.dim_hashtag").fetchall() == [(1,)]
    reader.close()
    with duckdb.connect(project.publication, read_only=True) as again:
        assert again.execute("select count(*) from marts.dim_hashtag").fetchall() == [(2,)]


def test_leaves_nothing_but_the_publication_in_the_folder(project: Project) -> None:
    published = publish(project)

    assert sorted(project.exports.iterdir()) == sorted(published)


def test_keeps_the_former_publication_when_the_warehouse_cannot_be_read(project: Project) -> None:
    publish(project)
    before = project.publication.read_bytes()
    project.warehouse.write_bytes(b"not a database")

    with pytest.raises(LoadError, match="former publication stays"):
        publish(project)

    assert project.publication.read_bytes() == before
