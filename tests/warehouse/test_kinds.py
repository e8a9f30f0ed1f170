"""Which warehouse a project has, and what its absence is called."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import pytest

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.duckdb.database import DuckDbFile
from tiktok_hashtags.warehouse.kinds import open_warehouse
from tiktok_hashtags.warehouse.postgres.database import PostgresServer

URL = "postgresql://me:s3cr3t@db.example:6432/tiktok?sslmode=verify-full&sslrootcert=ca.pem"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION", "postgres")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", URL)


@pytest.mark.parametrize("chosen", [None, "", "duckdb"])
def test_the_default_is_a_file_in_the_project(
    project: Project, monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    if chosen is not None:
        monkeypatch.setenv("DESTINATION", chosen)

    found = open_warehouse(project)

    assert isinstance(found, DuckDbFile)
    assert found.dbt_variables() == {"TIKTAGS_TARGET": "duckdb", "TIKTAGS_WAREHOUSE": str(project.warehouse)}


def test_an_unknown_destination_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION", "snowflake")

    with pytest.raises(ConfigError, match="destination: expected one of duckdb, postgres, found 'snowflake'"):
        open_warehouse(project)


def test_dbt_gets_the_credentials_that_dlt_has(project: Project, on_postgres: None) -> None:
    found = open_warehouse(project)

    assert isinstance(found, PostgresServer)
    assert found.dbt_variables() == {
        "TIKTAGS_TARGET": "postgres",
        "TIKTAGS_POSTGRES_HOST": "db.example",
        "TIKTAGS_POSTGRES_PORT": "6432",
        "TIKTAGS_POSTGRES_USER": "me",
        "DBT_ENV_SECRET_TIKTAGS_POSTGRES_PASSWORD": "s3cr3t",
        "TIKTAGS_POSTGRES_DATABASE": "tiktok",
        "TIKTAGS_POSTGRES_SSLMODE": "verify-full",
        "TIKTAGS_POSTGRES_SSLCERT": "",
        "TIKTAGS_POSTGRES_SSLKEY": "",
        "TIKTAGS_POSTGRES_SSLROOTCERT": "ca.pem",
        "PGTZ": "UTC",
    }


def test_a_password_is_not_needed(project: Project, on_postgres: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://me@db.example/tiktok")

    assert open_warehouse(project).dbt_variables()["DBT_ENV_SECRET_TIKTAGS_POSTGRES_PASSWORD"] == ""


def test_missing_credentials_are_named(project: Project, on_postgres: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESTINATION__POSTGRES__CREDENTIALS")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS__HOST", "db.example")

    with pytest.raises(ConfigError, match=r"lacks database, username: see \[destination\.postgres\.credentials\]"):
        open_warehouse(project)


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://me:s3cr3t@db.example:port/tiktok",
        "postgresql:/me:s3cr3t@db.example/tiktok",
        "me:s3cr3t@db.example/tiktok",
        "db.example",
        "mysql://me:s3cr3t@db.example/t",
        '{"host": 3',
    ],
)
def test_credentials_that_are_no_address_of_postgresql_are_a_configuration_error_and_are_not_shown(
    project: Project, on_postgres: None, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", written)

    with pytest.raises(ConfigError, match="expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE") as failure:
        open_warehouse(project)

    shown = "".join(traceback.format_exception(failure.value))
    assert written not in str(failure.value)
    assert "s3cr3t" not in shown


def test_a_missing_extra_is_a_message_with_the_line_that_installs_it(
    project: Project, on_postgres: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)

    with pytest.raises(ConfigError, match=r"pip install 'tiktok-hashtags\[postgres\]'"):
        open_warehouse(project)
