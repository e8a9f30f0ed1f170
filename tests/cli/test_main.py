"""Claims about every command alike: its help, its JSON, its messages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner, Result

from tiktok_hashtags import __version__
from tiktok_hashtags.cli.main import main

HEAVY = ("dlt", "dbt", "duckdb", "pyarrow")


def leaves(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of everything that can be run, groups that do something on their own included."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, *path, name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*path, name)


def command_of(words: Sequence[str]) -> click.Command:
    found: click.Command = main
    for word in words:
        assert isinstance(found, click.Group)
        found = found.commands[word]
    return found


commands = pytest.mark.parametrize("words", list(leaves(main)), ids=" ".join)


def tiktags(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@commands
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    result = tiktags(*words, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {' '.join(words)} ")
    assert " ".join(str(command_of(words).help).split())[:40] in " ".join(result.stdout.split())


@commands
def test_every_command_takes_json(words: tuple[str, ...]) -> None:
    names = [name for option in command_of(words).params for name in option.opts]

    assert "--json" in names


def test_publish_is_transform_by_another_name() -> None:
    assert main.commands["publish"] is main.commands["transform"]


def test_the_exit_codes_are_in_the_help() -> None:
    text = " ".join(tiktags("--help").stdout.split())

    assert "3 data tests failed" in text
    assert "7 another run is under way" in text


def test_the_version_is_the_package_s() -> None:
    assert tiktags("--version").stdout == f"tiktags, version {__version__}\n"


def test_heavy_libraries_wait_for_the_commands_that_need_them() -> None:
    script = "import sys, tiktok_hashtags.cli; print(*[name for name in sys.argv[1:] if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script, *HEAVY], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


@pytest.mark.parametrize("command", ["plan", "run", "doctor"])
@pytest.mark.parametrize(
    ("watchlist", "line", "expected"),
    [
        ('[[hashtags]]\nname = "cat"\ncolour = "red"\n', 3, "unknown key `colour`; expected one of name"),
        ('[[hashtags]]\nname = "cat"\n\n[[hashtags]]\nname = 7\n', 5, "expected `str"),
        ('[limits]\nmax_usd_per_run = "two"\n[[hashtags]]\nname = "cat"\n', 2, "expected `float"),
    ],
)
def test_a_wrong_watchlist_is_a_message_with_place_and_remedy(
    watchlist: str, line: int, expected: str, command: str
) -> None:
    Path("watchlist.toml").write_text(watchlist, encoding="utf-8")

    result = tiktags(command)

    assert result.exit_code == 2
    assert f"watchlist.toml:{line}: {expected}" in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "command", [["plan"], ["run"], ["status"], ["query", "select 1"], ["replay", "--since", "2026-11-01"]]
)
def test_a_failure_is_one_json_object_too(command: list[str]) -> None:
    Path("watchlist.toml").write_text("", encoding="utf-8")

    result = tiktags(*command, "--json")

    told = json.loads(result.stdout)
    assert (told["exit_code"], result.exit_code) == (2, 2)
    assert told["error"] in result.stderr


def test_an_empty_folder_is_an_error_that_names_init() -> None:
    result = tiktags("run")

    assert result.exit_code == 2
    assert "tiktags init" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["-C", "nowhere", "plan"],
        ["run", "--now", "yesterday"],
        ["run", "--concurrency", "0"],
        ["demo", "--days", "0"],
        ["sandbox", "--port", "70000"],
        ["query"],
        ["nonsense"],
    ],
)
def test_a_wrong_argument_is_exit_code_2(arguments: list[str]) -> None:
    result = tiktags(*arguments)

    assert result.exit_code == 2
    assert result.stderr


@pytest.mark.parametrize("only", ["nobody", "unifapi.hashtags", "crawlora.", "unifapi.videos.more"])
def test_only_something_unknown_is_exit_code_2(only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("watchlist.toml").write_text('[[hashtags]]\nname = "cat"\n', encoding="utf-8")
    monkeypatch.setenv("SOURCES__UNIFAPI__API_KEY", "k")

    result = tiktags("plan", "--only", only)

    assert result.exit_code == 2
    assert f"--only {only}: unknown" in result.stderr


def test_a_query_s_json_is_json_and_loses_no_column() -> None:
    Path("data").mkdir()
    duckdb.connect("data/warehouse.duckdb").close()

    result = tiktags("query", "select 'nan'::double as n, 'inf'::double as n, date '2026-11-01' as day", "--json")

    assert json.loads(result.stdout, parse_constant=pytest.fail) == {
        "columns": ["n", "n_2", "day"],
        "rows": [{"n": "NaN", "n_2": "Infinity", "day": "2026-11-01"}],
    }
