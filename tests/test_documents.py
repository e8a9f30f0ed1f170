"""What the documents show is there: commands, options, links, and snippets that parse."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import commands_page
import pytest
import yaml
from tests.documents import COMMANDS, DOCS, DOCUMENTS, README, ROOT, SCHEDULING, Block, inline, of, prose, shown
from tests.fake_proxy import make_authority

from tiktok_hashtags import providers
from tiktok_hashtags.cli.main import main
from tiktok_hashtags.config import read_disk, read_retention
from tiktok_hashtags.errors import EXIT_ORDER
from tiktok_hashtags.fetch import read_route
from tiktok_hashtags.jobs.notify import Notify, read_notify
from tiktok_hashtags.watchlist.model import Watchlist, parse_watchlist

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words lead to, and the words that are left for it."""
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        _, words, _ = command.make_parser(click.Context(command)).parse_args(words)
        if not words:
            break
        command, words = command.commands[words[0]], words[1:]
    return command, words


def heading_anchors(document: Path) -> set[str]:
    """The anchors that a forge makes of headings."""
    titles = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(prose(document)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document

        assert path.exists(), target
        assert not anchor or anchor in heading_anchors(path), target


@of("console", "sh", "cron", "ini", "yaml", "python")
def test_every_command_shown_in_a_block_is_accepted_with_its_options(block: Block) -> None:
    for line in shown(block.text):
        command, words = resolved(shlex.split(line))

        if not isinstance(command, click.Group):
            assert command.make_context(str(command.name), list(words)).params, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_named_in_the_text_has_the_options_named_with_it(document: Path) -> None:
    for line in inline(document):
        command, words = resolved(shlex.split(line))

        command.make_parser(click.Context(command)).parse_args(list(words))


def test_a_command_that_is_not_there_would_be_found() -> None:
    assert shown("$ cd x && .venv/bin/tiktags -C x run --max-usd 2 >> log 2>&1") == ["-C x run --max-usd 2"]
    command, words = resolved(["run", "--nonsense"])
    with pytest.raises(click.NoSuchOption):
        command.make_context("run", words)
    with pytest.raises(KeyError):
        resolved(["nonsense"])


@of("toml")
def test_every_setting_shown_is_one(block: Block, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = tomllib.loads(block.text)
    destination = found.pop("destination", "duckdb")

    if "ca_bundle" in found.get("sources", {}):
        found["sources"]["ca_bundle"] = str(make_authority(tmp_path, "company"))
    for section in ("notify", "retention", "disk", "sources"):
        for key, value in found.pop(section, {}).items():
            text = str(value).replace("'", '"') if isinstance(value, list) else str(value)
            monkeypatch.setenv(f"{section}__{key}".upper(), text)
    read_retention()
    read_disk()
    read_route("https://api.example")

    assert destination in {"duckdb", "postgres"}
    assert isinstance(read_notify(), Notify)
    if found:
        parsed = parse_watchlist(block.text, file="watchlist.toml", providers=providers.names())
        assert isinstance(parsed, Watchlist)


@of("sh")
def test_every_shell_snippet_parses(block: Block) -> None:
    subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)


@of("python")
def test_every_python_snippet_compiles(block: Block) -> None:
    assert compile(block.text, block.name, "exec").co_names


@of("yaml")
def test_every_workflow_loads_and_its_steps_parse(block: Block) -> None:
    workflow = yaml.safe_load(block.text)

    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert steps
    for step in steps:
        assert ("run" in step) != ("uses" in step)
        script = re.sub(r"\$\{\{.*?\}\}", "x", step.get("run", ""))
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@of("ini")
def test_every_unit_parses_and_its_times_are_times(block: Block) -> None:
    unit = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep cases
    unit.read_string(block.text)

    calendar = unit.get("Timer", "OnCalendar", fallback=None)
    assert {"Service", "Timer"} & set(unit.sections())
    if calendar and shutil.which("systemd-analyze"):
        subprocess.run(["systemd-analyze", "calendar", calendar], check=True, capture_output=True)


@of("cron")
def test_every_cron_line_has_five_fields_and_a_command(block: Block) -> None:
    lines = [line for line in block.text.splitlines() if not line.startswith("#")]

    for line in lines:
        assert re.match(r"(?:[\d*/,-]+ ){5}cd /", line), line


@pytest.mark.parametrize("document", [SCHEDULING, DOCS / "recovery.md"], ids=lambda path: path.name)
def test_every_exit_code_has_its_line(document: Path) -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| ([^|]+) \|", document.read_text("utf-8"), re.MULTILINE)

    listed = [int(code) for codes, _ in rows for code in codes.split(",")]
    assert sorted(listed) == sorted({*EXIT_ORDER, 130, 143})


def test_the_page_of_commands_is_the_one_that_the_commands_make() -> None:
    assert COMMANDS.read_text("utf-8") == commands_page.page()


def test_every_mart_has_its_line_in_the_page_of_tables() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (DOCS / "tables.md").read_text("utf-8"), re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`((?:fct|dim|bridge|rpt)_\w+)`", row)]

    models = [path.stem for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")]
    assert sorted(listed) == sorted(models)


def test_the_readme_stays_short_and_asks_its_questions_of_marts() -> None:
    text = README.read_text("utf-8")
    reports = re.findall(r"^\| [^|]+\? \| `reporting\.(\w+)` \|$", text, re.MULTILINE)

    assert len(text.splitlines()) <= 150
    assert len(reports) == 8
    for name in reports:
        assert (ROOT / "dbt_project" / "models" / "marts" / "reporting" / f"{name}.sql").exists()


def build(folder: Path, *, added: str = "") -> subprocess.CompletedProcess[str]:
    """Build a copy of the site, strictly, with some text added to its first page."""
    shutil.copytree(DOCS, folder / "docs")
    for name in ("README.md", "DECISIONS.md", "CHANGELOG.md", "zensical.toml"):
        shutil.copy(ROOT / name, folder)
    with (folder / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write(added)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_site_builds_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    done = build(tmp_path)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    pages = list((tmp_path / "build" / "site").glob("*.html"))
    assert {f"{path.stem}.html" for path in DOCS.glob("*.md")} <= {page.name for page in pages}
    for page in pages:
        loaded = re.findall(r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=\"([^\"]+)\"", page.read_text("utf-8"))
        assert loaded
        assert not [address for address in loaded if "//" in address], page.name


@pytest.mark.parametrize("link", ["[x](nowhere.md)", "[x](tables.md#nowhere)"])
def test_the_site_does_not_build_with_a_link_that_leads_nowhere(link: str, tmp_path: Path) -> None:
    done = build(tmp_path, added=f"\n{link}\n")

    assert done.returncode != 0
    assert "does not exist" in done.stdout + done.stderr
