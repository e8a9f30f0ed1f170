"""One parse of the dbt project for all folders of the tests.

dbt keeps what it has parsed for one path of the warehouse, and would parse anew in each of the tests' folders. They are
given a copy of what it keeps, in which the checksum is that of their own path.
"""

from __future__ import annotations

import pprint
from ast import literal_eval
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from dbt.adapters.factory import FACTORY
from dbt.artifacts.resources.base import FileHash
from dbt.cli.main import dbtRunner
from tests.kept import kept

from tiktok_hashtags.project import Project

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"
CONTENT, CONNECTION = "partial_parse.msgpack", "connection"
NOWHERE = "/nowhere/warehouse.duckdb"

Parsed = Callable[[Project], dict[str, str]]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    """A function that gives the variable with which dbt need not parse for a project."""
    with kept("parsed") as there:
        folder = there.folder if there else tmp_path_factory.mktemp("parsed")
        if not (there and there.is_there):
            parse(folder)
        content, connection = (folder / CONTENT).read_bytes(), literal_eval((folder / CONNECTION).read_text())
    copies = tmp_path_factory.mktemp("parsed-for")

    def put(project: Project) -> dict[str, str]:
        own, nowhere = (checksum(connection, str(path)) for path in (project.warehouse.resolve(), NOWHERE))
        path = copies / f"{own.decode()}.msgpack"
        path.write_bytes(content.replace(nowhere, own))
        return {"DBT_PARTIAL_PARSE_FILE_PATH": str(path)}

    return put


def parse(folder: Path) -> None:
    """Have dbt parse the project, and note what it knows of the connection."""
    folders = ("--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTAGS_WAREHOUSE", NOWHERE)
        patch.setenv("TIKTAGS_TARGET", "duckdb")
        quiet = ["--quiet", "--log-level-file", "none"]
        assert dbtRunner().invoke([*quiet, "parse", *map(str, folders)]).success
    credentials = cast("Any", FACTORY.adapters["duckdb"]).config.credentials
    (folder / CONNECTION).write_text(repr(list(credentials.connection_info())))


def checksum(connection: list[tuple[str, Any]], path: str) -> bytes:
    """The checksum of a connection, as dbt makes it, to a warehouse at a path."""
    placed = sorted((key, path if key == "path" else value) for key, value in connection)
    return FileHash.from_contents(pprint.pformat(placed)).checksum.encode()
