# ruff: noqa: S608  # the query is made of a schema's name
"""Every command that the documents show, typed as it is written into a shell, in a project that has run.

Beside `tiktags` a line may start pip, git, make or Superset's import: those only note what they were given here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import import_dashboard
import pytest
from tests.documents import BLOCKS, DOCUMENTS, README, ROOT, Block, inline, of, only, shown

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, MakeSite, Site

    from tiktok_hashtags.sandbox import World

BIN = Path(sys.executable).parent
NOTING = '#!/bin/sh\necho "$(basename "$0") $*" >> "$NOTES"\n'
# What the documents leave to the reader.
PLACEHOLDERS = {"NAME...": "cat", "FILE": "names.txt", "SQL": '"select 1"', "DATE": "2026-11-01"}
# Typed here one after the other, in one folder.
IN_TEXT = [
    *("doctor", "plan", "watch add NAME...", "watch rm NAME...", "watch import FILE", "watch list", "watch"),
    *("status", "usage", "query SQL", "docs", "report", "report --open", "prune"),
]
# The tests that run the others, which take long: below tests/e2e.
SHOWN_ELSEWHERE = {
    "init": ("test_commands.py", '"init"'),
    "run": ("test_documented_commands.py", "tiktags init"),
    "-v run": ("test_secrets.py", '"-v", "run"'),
    "transform": ("test_transform.py", '"transform"'),
    "transform --full-refresh": ("test_transform.py", '"transform", "--full-refresh"'),
    "publish": ("test_transform.py", '"publish"'),
    "replay --since DATE": ("test_replay.py", '"replay", "--since"'),
    "prune --yes": ("test_prune.py", '"--yes"'),
    "demo": ("test_commands.py", '"demo"'),
    "sandbox": ("test_commands.py", '"sandbox"'),
}


@dataclass
class Terminal:
    """A shell in a folder, with this environment's `tiktags` and a site's providers."""

    folder: Path
    variables: dict[str, str]

    def __call__(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.folder,
            env={**self.variables, "PATH": f"{self.folder}/bin:{BIN}:{os.environ['PATH']}", "NOTES": str(self.notes)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    @property
    def notes(self) -> Path:
        """Where programs note what they were given."""
        return self.folder / "notes"

    def noted(self, program: str) -> list[list[str]]:
        """What a program was given, each time."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [words[1:] for words in map(shlex.split, lines) if words[0] == program]


@pytest.fixture
def terminal_in() -> Callable[[Site], Terminal]:
    """A function that opens a shell in a site's folder, where pip, git, make and xdg-open only note."""

    def open_shell(site: Site) -> Terminal:
        folder = site.project.root
        (folder / "bin").mkdir()
        for program in ("pip", "git", "make", "xdg-open"):
            (folder / "bin" / program).write_text(NOTING)
            (folder / "bin" / program).chmod(0o755)
        return Terminal(folder, site.variables)

    return open_shell


def test_every_command_in_the_text_is_typed_by_a_test() -> None:
    named = {words for document in DOCUMENTS for words in inline(document)}

    assert named <= {*IN_TEXT, *SHOWN_ELSEWHERE}
    for name, text in SHOWN_ELSEWHERE.values():
        assert text in Path(__file__).with_name(name).read_text("utf-8"), text


def test_the_commands_of_the_text_do_what_they_are_shown_for(
    calm: Calm, copy_of: Callable[[Site], Site], terminal_in: Callable[[Site], Terminal]
) -> None:
    site = copy_of(calm.site)
    terminal = terminal_in(site)
    (terminal.folder / "names.txt").write_text("dog\n")

    for named in IN_TEXT:
        words = " ".join(PLACEHOLDERS.get(word, word) for word in named.split())
        done = terminal(f"tiktags {words}")

        assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
        assert done.stdout, words
    assert terminal.noted("xdg-open") == [[str(terminal.folder / "reports" / "index.html")]]


def test_a_report_that_nothing_here_can_open_is_said_to_be_written(calm: Calm, copy_of: Callable[[Site], Site]) -> None:
    site = copy_of(calm.site)

    done = subprocess.run(
        [BIN / "tiktags", "report", "--open"],
        cwd=site.project.root,
        env={**site.variables, "PATH": str(site.project.root)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout == "reports/index.html\n"
    assert "No program to open it was found: open reports/index.html in a browser." in done.stderr


def test_a_new_project_begins_as_the_readme_shows(
    make_site: MakeSite, tiny: World, terminal_in: Callable[[Site], Terminal]
) -> None:
    site = make_site(tiny, "", keys={"unifapi": "", "tikliveapi": "", "scraper": ""})
    key = site.variables.pop("SOURCES__CRAWLORA__API_KEY")
    terminal = terminal_in(site)
    block = only(README, "console", holding="tiktags init")

    done = terminal(block.typed.replace("API_KEY=...", f"API_KEY={key}"))

    assert done.returncode == 0, done.stderr[-2000:]
    assert (terminal.folder / "hashtags" / "exports" / "hashtags.duckdb").exists()
    assert terminal.noted("pip") == [["install", "."]]


def test_queries_of_the_documents_find_rows(
    calm: Calm, copy_of: Callable[[Site], Site], terminal_in: Callable[[Site], Terminal]
) -> None:
    queries = [words for block in BLOCKS for words in shown(block.text) if "query " in words]
    terminal = terminal_in(copy_of(calm.site))
    (terminal.folder / "demo").symlink_to(".")

    assert len(queries) == 3
    for words in queries:
        done = terminal(f"tiktags {words}")

        assert done.returncode == 0, done.stderr[-2000:]
        assert json.loads(done.stdout) if "--json" in words else len(done.stdout.splitlines()) > 1


def test_a_source_without_the_rest_loads_into_a_pipeline_of_one_s_own(calm: Calm, tmp_path: Path) -> None:
    variables = {**calm.site.variables, "DLT_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", only(README, "python").text],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    with duckdb.connect(str(tmp_path / "mine.duckdb"), read_only=True) as connection:
        [(schema,)] = connection.execute(
            "select table_schema from information_schema.tables where table_name = 'unifapi_videos'"
        ).fetchall()
        [(count,)] = connection.execute(f'select count(*) from "{schema}".unifapi_videos').fetchall()
    assert count > 0


def test_a_project_turns_to_postgres_as_the_readme_shows(
    make_site: MakeSite, tiny: World, postgres_url: str, terminal_in: Callable[[Site], Terminal]
) -> None:
    site = make_site(tiny, f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]')
    terminal = terminal_in(site)
    (terminal.folder / ".dlt").mkdir()
    (terminal.folder / ".dlt" / "config.toml").write_text(only(README, "toml", holding="destination").text)
    script = re.sub(r"'postgresql://[^']+'", f"'{postgres_url}'", only(README, "console", holding="[postgres]").typed)

    done = terminal(script)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "PostgreSQL" in done.stdout


def installed(arguments: list[str]) -> None:
    """See that what pip is told to install is there: the project, an extra of it, a file of constraints."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert arguments.pop(0) == "install"
    if "-c" in arguments:
        at = arguments.index("-c")
        assert (ROOT / arguments[at + 1]).exists()
        del arguments[at : at + 2]
    [project] = arguments
    assert project == "." or project.removeprefix(".[").removesuffix("]") in extras


@of("console", "yaml")
def test_what_pip_is_told_to_install_is_there(block: Block) -> None:
    for words in re.findall(r"\bpip (install [^#&\n]+)", block.text):
        installed(shlex.split(words))


@of("console")
def test_make_has_every_target_that_is_shown(block: Block) -> None:
    for words in re.findall(r"^\$ make ([^#\n]+)", block.text, re.MULTILINE):
        subprocess.run(["make", "--dry-run", "install", *shlex.split(words)], cwd=ROOT, check=True, capture_output=True)


@of("console")
def test_the_import_into_superset_takes_the_options_that_are_shown(block: Block) -> None:
    for words in re.findall(r"^\$ python ([^\n]+)", block.text, re.MULTILINE):
        script, *arguments = shlex.split(words)

        assert (ROOT / script).samefile(import_dashboard.__file__)
        assert import_dashboard.parse_arguments(arguments).superset == "https://superset.example"
