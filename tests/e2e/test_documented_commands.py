# ruff: noqa: S608  # the query is made of a schema's name
"""Every command that the documents show, typed as it is written into a shell, in a project that has run.

make, installers and Superset's import are only asked whether they would take it.
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
from tests.documents import BLOCKS, COMMANDS, DOCS, DOCUMENTS, NOTING, README, ROOT, inline, lines, only, shown

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, MakeSite, Site

    from tiktok_hashtags.sandbox import World

BIN = Path(sys.executable).parent
# What the documents leave to the reader.
PLACEHOLDERS = {"NAME...": "cat", "FILE": "names.txt", "SQL": '"select 1"'}
# Typed here one after the other, in one folder.
TYPED = [
    *("doctor", "plan", "watch add NAME...", "watch rm NAME...", "watch import FILE", "watch list", "watch"),
    *("status", "usage", "query SQL", "report", "report --open", "prune"),
]
NEW_PROJECT = only(README, "console", holding="tiktags init")
# The tests beside this one that type the others, which take long.
TYPED_ELSEWHERE = {
    "run --json": ("started.py", '["run", "--json", '),
    "-v run": ("test_secrets.py", '"-v", "run"'),
    "transform": ("month_site.py", 'tiktags("transform", "--json"'),
    "transform --full-refresh": ("test_transform.py", 'tiktags("transform", "--full-refresh"'),
    "docs": ("test_docs.py", 'tiktags("docs", "--json")'),
    "publish": ("test_transform.py", 'tiktags("publish", "--json"'),
    "replay --since DATE": ("test_replay.py", 'tiktags("replay", "--since"'),
    "prune --yes": ("test_prune.py", 'pruned(site, "--yes"'),
    "demo": ("test_commands.py", '"demo", "--days", "2"'),
    "sandbox": ("test_commands.py", '"sandbox", "--port"'),
}


QUERIES = [words for block in BLOCKS for words in shown(block.text) if "query " in words]
WATCHES = [words for block in BLOCKS for words in shown(block.text) if words.startswith("watch")]
# The examples in the commands' help.
EXAMPLES = [words for words in inline(COMMANDS) if words not in (*TYPED, *TYPED_ELSEWHERE)]


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
    """A function that opens a shell in a site's folder, where pip and what opens a browser only note."""

    def open_shell(site: Site) -> Terminal:
        folder = site.project.root
        (folder / "bin").mkdir()
        for program in ("pip", "xdg-open", "open"):
            (folder / "bin" / program).write_text(NOTING)
            (folder / "bin" / program).chmod(0o755)
        return Terminal(folder, site.variables)

    return open_shell


def test_every_command_that_is_shown_is_typed_by_a_test() -> None:
    in_text = {words for document in DOCUMENTS for words in inline(document)}
    in_blocks = {words for block in BLOCKS for words in shown(block.text) if block.language != "sql"}
    named = in_text | in_blocks

    dated = {re.sub(r"\d{4}-\d\d-\d\d", "DATE", words) for words in named}
    assert dated <= {*TYPED, *shown(NEW_PROJECT.text), *QUERIES, *WATCHES, *EXAMPLES, *TYPED_ELSEWHERE}
    for name, text in TYPED_ELSEWHERE.values():
        assert text in Path(__file__).with_name(name).read_text("utf-8"), text


def test_the_commands_of_the_text_do_what_they_are_shown_for(
    calm: Calm, copy_of: Callable[[Site], Site], terminal_in: Callable[[Site], Terminal]
) -> None:
    site = copy_of(calm.site)
    terminal = terminal_in(site)
    (terminal.folder / "names.txt").write_text("dog\n")

    assert WATCHES
    assert EXAMPLES
    for named in [*TYPED, *WATCHES, *EXAMPLES]:
        words = " ".join(PLACEHOLDERS.get(word, word) for word in named.split())
        done = terminal(f"tiktags {words}")

        assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
        assert done.stdout, words
    opened = [*terminal.noted("xdg-open"), *terminal.noted("open")]
    assert opened == [[str(terminal.folder / "reports" / "index.html")]]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a program to open it")
def test_a_report_that_no_program_can_open_is_named_by_path(calm: Calm, copy_of: Callable[[Site], Site]) -> None:
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
    assert "No program to open it was found. Open reports/index.html in a browser." in done.stderr


def test_a_new_project_begins_as_the_readme_shows(
    make_site: MakeSite, tiny: World, terminal_in: Callable[[Site], Terminal]
) -> None:
    site = make_site(tiny, "", keys={"unifapi": "", "tikliveapi": "", "scraper": ""})
    key = site.variables.pop("SOURCES__CRAWLORA__API_KEY")
    terminal = terminal_in(site)

    done = terminal(NEW_PROJECT.typed.replace("API_KEY=...", f"API_KEY={key}"))

    assert done.returncode == 0, done.stderr[-2000:]
    assert (terminal.folder / "hashtags" / "exports" / "hashtags.duckdb").exists()


def test_queries_of_the_documents_find_rows(
    calm: Calm, copy_of: Callable[[Site], Site], terminal_in: Callable[[Site], Terminal]
) -> None:
    terminal = terminal_in(copy_of(calm.site))
    (terminal.folder / "demo").symlink_to(".")

    assert len(QUERIES) >= 3
    for words in QUERIES:
        done = terminal(f"tiktags {words}")

        assert done.returncode == 0, done.stderr[-2000:]
        written = re.search(r"-o (\S+)", words)
        rows = (terminal.folder / written[1]).read_text("utf-8") if written else done.stdout
        assert json.loads(rows) if "--json" in words else len(rows.splitlines()) > 1


def test_a_source_without_the_rest_loads_into_a_pipeline_of_one_s_own(calm: Calm, tmp_path: Path) -> None:
    variables = {**calm.site.variables, "DLT_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", only(DOCS / "dlt.md", "python").text],
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


def test_a_project_turns_to_postgres_as_the_documents_show(
    make_site: MakeSite, tiny: World, postgres_url: str, terminal_in: Callable[[Site], Terminal]
) -> None:
    site = make_site(tiny, f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]')
    terminal = terminal_in(site)
    (terminal.folder / ".dlt").mkdir()
    page = DOCS / "postgresql.md"
    (terminal.folder / ".dlt" / "config.toml").write_text(only(page, "toml", holding="destination").text)
    script = re.sub(r"'postgresql://[^']+'", f"'{postgres_url}'", only(page, "console", holding="[postgres]").typed)

    done = terminal(script)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "PostgreSQL" in done.stdout


def installed(arguments: list[str]) -> None:
    """Check that the packages that pip installs exist: the project, its extra, the file of constraints."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert arguments.pop(0) == "install"
    if "-c" in arguments:
        at = arguments.index("-c")
        assert (ROOT / arguments[at + 1]).exists()
        del arguments[at : at + 2]
    [project] = arguments
    assert project == "." or project.removeprefix(".[").removesuffix("]") in extras


def test_the_packages_that_pip_installs_exist() -> None:
    for words in lines(r"\bpip (install [^#&\n]+)", "console", "yaml"):
        installed(shlex.split(words))


def test_the_packages_that_uv_and_pipx_install_exist() -> None:
    for words in lines(r"^\$ (?:uv tool|pipx) (install [^#\n]+)", "console"):
        arguments = shlex.split(words.replace("$PWD", str(ROOT)))

        [constraints] = [word for word in shlex.split(" ".join(arguments)) if word.endswith("constraints.txt")]
        assert arguments[-1] == "."
        assert (ROOT / constraints).exists()


def test_make_has_every_target_that_is_shown() -> None:
    for words in lines(r"^\$ make ([^#\n]+)", "console"):
        subprocess.run(["make", "--dry-run", "install", *shlex.split(words)], cwd=ROOT, check=True, capture_output=True)


def test_the_import_into_superset_takes_the_options_that_are_shown() -> None:
    for words in lines(r"^\$ python ([^\n]+)", "console"):
        script, *arguments = shlex.split(words)

        assert (ROOT / script).samefile(import_dashboard.__file__)
        assert import_dashboard.parse_arguments(arguments).superset == "https://superset.example"
