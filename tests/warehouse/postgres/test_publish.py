"""The publication on PostgreSQL: one state or the other, for every reader, with the grants it had."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from tests.documents import DOCS, only

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.warehouse.postgres.publish import publish_schemas

Rows = list[tuple[Any, ...]]


@pytest.fixture
def server(postgres_url: str) -> Iterator[str]:
    """A database with a mart and a report, published by nobody yet; emptied at the end."""
    run(
        postgres_url,
        "create schema marts; create schema reporting;"
        " create table marts.dim_hashtag as select 'christmas' as hashtag_key, 321857738740 as view_count;"
        " create table reporting.rpt_growth as select 'christmas' as hashtag_key, 1.5::double precision as growth",
    )
    yield postgres_url
    run(
        postgres_url,
        "drop schema marts cascade; drop schema reporting cascade;"
        " drop schema if exists published_marts cascade; drop schema if exists published_reporting cascade",
    )


def run(url: str, statement: str) -> Rows:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def publish(url: str, **given: float) -> list[str]:
    with closing(psycopg2.connect(url)) as connection:
        return publish_schemas(connection, **given)


def test_publishes_marts_and_reporting(server: str) -> None:
    schemas = publish(server)

    assert schemas == ["published_marts", "published_reporting"]
    assert run(server, "select * from published_marts.dim_hashtag") == [("christmas", 321_857_738_740)]
    assert run(server, "select * from published_reporting.rpt_growth") == [("christmas", 1.5)]


def test_rows_are_replaced_not_added(server: str) -> None:
    publish(server)
    run(server, "update marts.dim_hashtag set view_count = 5; insert into marts.dim_hashtag values ('cat', 1)")

    publish(server)

    rows = run(server, "select * from published_marts.dim_hashtag order by view_count")
    assert rows == [("cat", 1), ("christmas", 5)]


def test_a_reader_in_a_transaction_sees_one_state_of_all_tables_and_nobody_waits(server: str) -> None:
    publish(server)
    with closing(psycopg2.connect(server)) as reader, reader.cursor() as cursor:
        reader.set_session(isolation_level="REPEATABLE READ")
        cursor.execute("select view_count from published_marts.dim_hashtag")
        before = cursor.fetchall()
        run(server, "update marts.dim_hashtag set view_count = 5; update reporting.rpt_growth set growth = 9")

        publish(server, lock_seconds=0.1)

        cursor.execute("select view_count, growth from published_marts.dim_hashtag, published_reporting.rpt_growth")
        assert before == [(321_857_738_740,)]
        assert cursor.fetchall() == [(321_857_738_740, 1.5)]
    joined = "select view_count, growth from published_marts.dim_hashtag, published_reporting.rpt_growth"
    assert run(server, joined) == [(5, 9.0)]


def test_grants_and_views_outlive_a_publication(server: str) -> None:
    role = server.rpartition("/")[2] + "_bi"
    publish(server)
    run(server, f'create role "{role}"; grant usage on schema published_marts to "{role}"')
    run(server, f'grant select on published_marts.dim_hashtag to "{role}"')
    run(server, "create view public.mine as select view_count from published_marts.dim_hashtag")
    try:
        run(server, "update marts.dim_hashtag set view_count = 5")

        publish(server)

        granted = f"select has_table_privilege('{role}', 'published_marts.dim_hashtag', 'select')"
        assert run(server, granted) == [(True,)]
        assert run(server, "select * from public.mine") == [(5,)]
    finally:
        run(server, f'drop view public.mine; drop owned by "{role}"; drop role "{role}"')


def test_default_privileges_reach_tables_that_come_later(server: str) -> None:
    role = server.rpartition("/")[2] + "_bi"
    publish(server)
    run(server, f'create role "{role}"')
    run(server, f'alter default privileges in schema published_marts grant select on tables to "{role}"')
    try:
        run(server, "create table marts.dim_new as select 1 as n")

        publish(server)

        assert run(server, f"select has_table_privilege('{role}', 'published_marts.dim_new', 'select')") == [(True,)]
    finally:
        run(server, f'drop owned by "{role}"; drop role "{role}"')


def test_the_role_of_the_documents_reads_what_is_published_now_and_later_and_nothing_else(server: str) -> None:
    role = server.rpartition("/")[2] + "_bi"
    statements = re.sub(r"\bbi\b", f'"{role}"', only(DOCS / "postgresql.md", "sql").text).replace(
        "role tiktags", "role postgres"
    )
    publish(server)

    run(server, statements)
    try:
        run(server, "create table reporting.rpt_new as select 1 as n")
        publish(server)

        reader = server.replace("postgres@", f"{role}:...@")
        assert run(reader, "select * from published_marts.dim_hashtag") == [("christmas", 321_857_738_740)]
        assert run(reader, "select * from published_reporting.rpt_new") == [(1,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            run(reader, "select * from marts.dim_hashtag")
    finally:
        run(server, f'drop owned by "{role}"; drop role "{role}"')


def test_columns_and_tables_follow_the_marts(server: str) -> None:
    publish(server)
    run(
        server,
        "drop table marts.dim_hashtag; drop table reporting.rpt_growth;"
        " create table marts.dim_hashtag as select 'cat' as hashtag_key, '7' as view_count, true as is_watched",
    )

    publish(server)

    columns = "hashtag_key, view_count, is_watched"
    assert run(server, f"select {columns} from published_marts.dim_hashtag") == [("cat", "7", True)]  # noqa: S608
    assert run(server, "select count(*) from pg_tables where schemaname = 'published_reporting'") == [(0,)]


def test_a_publication_waits_a_limited_time_for_a_reader_of_changed_columns(server: str) -> None:
    publish(server)
    with closing(psycopg2.connect(server)) as reader, reader.cursor() as cursor:
        cursor.execute("select * from published_marts.dim_hashtag")
        run(server, "alter table marts.dim_hashtag add column is_watched boolean; delete from reporting.rpt_growth")

        with pytest.raises(LoadError, match=r"readers held its tables for longer than 0\.2 s.*publication stays"):
            publish(server, lock_seconds=0.2)

        assert cursor.fetchall() == [("christmas", 321_857_738_740)]
    assert run(server, "select count(*) from published_reporting.rpt_growth") == [(1,)]


def test_a_failure_leaves_the_former_publication(server: str) -> None:
    publish(server)
    run(server, "update marts.dim_hashtag set view_count = 5")
    run(server, "alter table published_reporting.rpt_growth add constraint never check (growth < 9)")
    run(server, "update reporting.rpt_growth set growth = 9")

    with pytest.raises(LoadError, match=r"could not be published: .*never.*The former publication stays"):
        publish(server)

    assert run(server, "select view_count from published_marts.dim_hashtag") == [(321_857_738_740,)]
