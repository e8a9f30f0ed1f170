"""dbt's manifest is parsed once for each state of a dbt project, wherever the warehouse lies."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from tiktok_hashtags.warehouse.dbt_manifest import manifest

MODEL = "models/answer.sql"
PROFILE = "one: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n"


class Parsing:
    """A dbt project of one model, and how often dbt has parsed it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "dbt"
        self.variables = {
            "DBT_PROFILES_DIR": str(self.folder),
            "TIKTAGS_TARGET": "duckdb",
            "TIKTAGS_WAREHOUSE": str(folder / "warehouse.duckdb"),
        }
        self.cache = folder / "cache"
        self.count = 0
        self.write("dbt_project.yml", "name: one\nprofile: one\nmodel-paths: [models]\n")
        self.write("profiles.yml", PROFILE)
        self.write(MODEL, "select 42 as answer\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def parse(self) -> Any:
        self.count += 1
        folders = ("--project-dir", self.folder, "--profiles-dir", self.folder, "--target-path", self.folder / "target")
        return dbtRunner().invoke(["parse", "--quiet", "--log-level-file", "none", *map(str, folders)]).result

    def code(self, **variables: str) -> str:
        """The model's code in the manifest that a build would get."""
        found = manifest(self.folder, self.variables | variables, cache=self.cache, parse=self.parse)
        code: str = found.flat_graph["nodes"]["model.one.answer"]["raw_code"]
        return code


@pytest.fixture
def parsing(tmp_path: Path) -> Parsing:
    return Parsing(tmp_path)


def test_dbt_parses_once_for_all_paths_of_a_warehouse(parsing: Parsing) -> None:
    assert parsing.code() == "select 42 as answer"
    assert parsing.code() == "select 42 as answer"
    assert parsing.code(TIKTAGS_WAREHOUSE="/elsewhere/warehouse.duckdb") == "select 42 as answer"

    assert parsing.count == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda it: it.write(MODEL, "select 43 as answer"), id="a model"),
        pytest.param(lambda it: it.write("models/more.yml", "version: 2"), id="a new file"),
        pytest.param(
            lambda it: it.write("profiles.yml", "one: {target: dev, outputs: {dev: {type: duckdb}}}"), id="profile"
        ),
        pytest.param(lambda it: it.variables.update(TIKTAGS_TARGET="other"), id="the target"),
        pytest.param(lambda it: it.variables.update(TIKTAGS_WAREHOUSE="/x/other.duckdb"), id="the catalog"),
    ],
)
def test_dbt_parses_again_after_a_change_of(parsing: Parsing, change: Callable[[Parsing], None]) -> None:
    parsing.code()
    change(parsing)

    assert parsing.code() == (parsing.folder / MODEL).read_text().strip()
    assert parsing.count == 2


def test_a_password_and_what_dbt_writes_do_not_matter(parsing: Parsing) -> None:
    parsing.code(DBT_ENV_SECRET_TIKTAGS_POSTGRES_PASSWORD="one")
    parsing.write("target/compiled/answer.sql", "select 42")

    parsing.code(DBT_ENV_SECRET_TIKTAGS_POSTGRES_PASSWORD="other")

    assert parsing.count == 1
    assert not any(b"one" in path.name.encode() for path in parsing.cache.iterdir())


def test_a_damaged_manifest_is_parsed_again_and_told(parsing: Parsing, caplog: pytest.LogCaptureFixture) -> None:
    parsing.code()
    (kept,) = parsing.cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:1000])

    with caplog.at_level(logging.WARNING):
        assert parsing.code() == "select 42 as answer"

    assert "dbt's kept manifest cannot be read" in caplog.text
    parsing.code()
    assert parsing.count == 2


def test_a_manifest_that_cannot_be_kept_is_used_all_the_same(parsing: Parsing, tmp_path: Path) -> None:
    parsing.cache = tmp_path / "a file"
    parsing.cache.write_text("no folder")

    assert parsing.code() == parsing.code() == "select 42 as answer"
    assert parsing.count == 2


def test_a_variable_names_another_folder(parsing: Parsing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTAGS_CACHE", str(tmp_path / "shared"))

    parsing.code()

    assert [path.suffix for path in (tmp_path / "shared").iterdir()] == [".msgpack"]
    assert not parsing.cache.exists()


def test_manifests_that_were_not_used_for_long_are_removed(parsing: Parsing) -> None:
    first = parsing.code()
    for number in range(25):
        manifest(parsing.folder, {**parsing.variables, "N": str(number)}, cache=parsing.cache, parse=parsing.parse)
        parsing.code()

    assert len(list(parsing.cache.iterdir())) == 20
    assert parsing.code() == first
    assert parsing.count == 26
