"""Somebody's SQL writes nothing, reads no file, starts nothing, and ends in time, in every kind of warehouse."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiktok_hashtags.errors import QueryError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.kinds import open_warehouse
from tiktok_hashtags.warehouse.status import read_query

SECRET = "a-key-that-nobody-may-read"
READING = ["select 1 as one", "with a as (select 1) select * from a", "values (1)", "explain select 1", "select 1;"]
ENDLESS = {
    "duckdb": "select count(*) from range(1000000000) as a(i), range(1000000) as b(j) where i * j % 7 = 3",
    "postgres": "select pg_sleep(600)",
}
# Each would change something, read a file, run a program, or open the door for a statement that does.
WRITING = {
    "both": [
        "create table mine (i int)",
        "insert into raw.walks values (1)",
        "update raw.walks set i = 2",
        "delete from raw.walks",
        "drop table raw.walks",
        "drop schema raw cascade",
        "alter table raw.walks rename to gone",
        "truncate raw.walks",
        "commit",
        "begin",
    ],
    "duckdb": [
        "copy (select 1) to '{folder}/data/warehouse.duckdb'",
        "copy raw.walks from '{folder}/.dlt/secrets.toml'",
        "select * from read_text('{folder}/.dlt/secrets.toml')",
        "select * from read_csv('{folder}/.dlt/secrets.toml', header=false)",
        "from '{folder}/.dlt/secrets.toml'",
        "select * from glob('{folder}/*')",
        "select * from sniff_csv('{folder}/.dlt/secrets.toml')",
        "attach '{folder}/exports/hashtags.duckdb' as published",
        "attach ':memory:' as mine",
        "export database '{folder}/elsewhere'",
        "import database '{folder}/elsewhere'",
        "install httpfs from 'http://127.0.0.1:9/extensions'",
        "load '{folder}/extension.duckdb_extension'",
        "set enable_external_access = true",
        "reset lock_configuration",
        "pragma enable_logging",
        "call enable_logging(storage='file', storage_config={{'path': '{folder}/log'}})",
        "select * from enable_logging(storage='file', storage_config={{'path': '{folder}/log'}})",
        "select * from query('copy (select 1) to ''{folder}/x.csv''')",
        "create secret (type s3)",
        "create temp table mine as select 1",
        "prepare mine as select 1",
        "checkpoint",
        "vacuum",
        "select * from project",
    ],
    "postgres": [
        "begin read write",
        "set transaction read write",
        "set default_transaction_read_only = off",
        "select set_config('transaction_read_only', 'off', false)",
        "copy raw.walks to program 'touch {folder}/touched'",
        "copy (select 1) to '{folder}/x.csv'",
        "do $$ begin create table mine (i int); end $$",
        "with gone as (delete from raw.walks returning *) select * from gone",
        "explain analyze delete from raw.walks",
        "select 1 into mine",
        "create temp table mine as select 1",
        "prepare mine as select 1",
        "lock table raw.walks",
        "notify mine",
        "select nextval('raw.numbers')",
    ],
}


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Project:
    """A project with a raw table, a publication and a key."""
    project = Project(tmp_path / "project")
    project.make_data()
    project.secrets.parent.mkdir()
    project.secrets.write_text(f'key = "{SECRET}"\n')
    project.publication.parent.mkdir()
    statements = "create schema raw; create table raw.walks as select 1 as i; create sequence raw.numbers"
    if kind == "postgres":
        url = str(request.getfixturevalue("postgres_url"))
        monkeypatch.setenv("DESTINATION", "postgres")
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
        import psycopg2

        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(f"drop schema if exists raw cascade; {statements}")
    for path in (project.warehouse, project.publication):
        with duckdb.connect(str(path)) as file:
            file.execute(statements)
    return project


def state(project: Project) -> dict[str, Any]:
    """Every file of the project with its bytes, and what a query sees."""
    files = {str(path): path.read_bytes() for path in sorted(project.root.rglob("*")) if path.is_file()}
    with open_warehouse(project).read() as reader:
        tables = {schema: reader.tables(schema) for schema in ("raw", "main", "public")}
        return {"files": files, "tables": tables, "walks": list(reader.rows("select * from raw.walks"))}


def refused(project: Project, sql: str) -> str:
    """Send a statement, and return why it was refused, with all that it returned if it was not."""
    try:
        return f"returned {read_query(project, sql, limit=10)}"
    except QueryError as error:
        return f"refused: {error}"


@pytest.mark.parametrize("sql", READING)
def test_a_statement_that_reads_is_run(project: Project, sql: str) -> None:
    _, rows = read_query(project, sql, limit=10)

    assert rows


def test_no_statement_changes_anything_or_sees_a_file(project: Project, kind: str) -> None:
    before = state(project)

    for template in (*WRITING["both"], *WRITING[kind]):
        sql = template.format(folder=project.root)
        for text in (sql, f"select 1; {sql}", f"select 1; commit; begin read write; {sql}", f"commit; {sql}"):
            told = refused(project, text)

            assert told.startswith("refused: "), (text, told)
            assert SECRET not in told
    assert state(project) == before


@pytest.mark.parametrize("sql", ["", " ", ";", "-- nothing", "/* nothing */"])
def test_a_text_without_a_statement_is_refused(project: Project, sql: str) -> None:
    assert refused(project, sql).startswith("refused: ")


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "select",
                    "1",
                    "*",
                    "from",
                    "raw.walks",
                    "where",
                    "i",
                    "=",
                    "(",
                    ")",
                    ",",
                    ";",
                    "--",
                    "/*",
                    "*/",
                    "\n",
                ),
                *("$$", "$query$", "'", '"', "\\", "E'", "\x00", "commit", "begin", "rollback", "read write", "into"),
                *("create table", "mine", "drop table", "delete from", "with", "as", "returning", "copy", "to", "set"),
                *("do", "execute", "fetch", "close", "tiktags_0", "savepoint a", "union", "$open$", "end", "%s", "%"),
            ]
        ),
        max_size=14,
    ).map(" ".join)
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_text_changes_anything(project: Project, sql: str) -> None:
    told = refused(project, sql)

    assert told.startswith(("refused: ", "returned "))
    with open_warehouse(project).read() as reader:
        assert list(reader.rows("select * from raw.walks")) == [(1,)]
        assert not reader.tables("main")
        assert not reader.tables("public")


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgres"])
def test_what_a_read_only_transaction_lets_through_is_rolled_back(project: Project) -> None:
    read_query(project, "select lo_from_bytea(0, 'x')", limit=1)

    with open_warehouse(project).read() as reader:
        assert list(reader.rows("select oid from pg_largeobject_metadata")) == []


def test_a_query_is_stopped_when_its_time_is_over(project: Project, kind: str) -> None:
    started = time.monotonic()

    with pytest.raises(QueryError, match=r"took longer than 0\.3 s and was stopped"):
        read_query(project, ENDLESS[kind], limit=10, timeout_seconds=0.3)

    assert time.monotonic() - started < 20


@pytest.mark.parametrize("kind", ["duckdb"])  # PostgreSQL's is read through the same connection as the rest
def test_the_publication_is_read_as_carefully(project: Project) -> None:
    with open_warehouse(project).published() as publication, pytest.raises(QueryError, match="disabled"):
        list(publication.reader.rows(f"select * from read_text('{project.secrets}')"))  # noqa: S608
