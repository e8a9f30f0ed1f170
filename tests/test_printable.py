"""Text that others wrote commands no terminal, and a record of the log is one line."""

from __future__ import annotations

import io
import logging
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tiktok_hashtags.cli.tables import rows_table, say, shown_line
from tiktok_hashtags.redaction import printable, redact_logs

HOSTILE = {
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "colour": "\x1b[31mred",
    "C1": "\x9b31m and \x9d0;owned\x9c",
    "bidi": "abc\u202ecod.exe\u2066",
    "line": "caption\n2026-11-30 INFO tiktok_hashtags: all complete",
    "bell and backspace": "a\x07b\x08\x08c\rd\x7f",
}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(sorted(HOSTILE.values()))


def commands_in(text: str) -> list[str]:
    """The characters of a text that are control or change its direction, tabs left out."""
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return [c for c in text if (unicodedata.category(c) == "Cc" and c != "\t") or unicodedata.bidirectional(c) in bidi]


@given(text=TEXTS)
def test_no_character_of_a_shown_text_is_a_command(text: str) -> None:
    shown = printable(text)

    assert commands_in(shown) == []
    assert shown.splitlines() == [shown] * bool(shown)


@given(text=st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text
    assert printable("a\tb") == "a\tb"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_table_shows_hostile_cells_and_column_names_on_one_line(text: str) -> None:
    screen = io.StringIO()

    Console(width=300, file=screen).print(rows_table([text], [(text,)]))
    Console(width=300, file=screen).print(shown_line(text))

    lines = screen.getvalue().rstrip("\n").split("\n")
    assert len(lines) == 3
    assert commands_in("".join(lines)) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_message_is_one_line(capsys: pytest.CaptureFixture[str], text: str) -> None:
    say(text, err=True)

    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert commands_in(shown.rstrip("\n")) == []


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    before = logging.getLogRecordFactory()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("printable")
    logger.addHandler(handler)
    redact_logs()
    yield stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_record_of_the_log_is_one_line(log: io.StringIO, text: str) -> None:
    logging.getLogger("printable").error("crawlora said %s", text)

    assert log.getvalue().count("\n") == 1
    assert commands_in(log.getvalue().rstrip("\n")) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_traceback_has_no_commands(log: io.StringIO, text: str) -> None:
    logging.getLogger("printable").error("failed", exc_info=ValueError(text))

    assert commands_in(log.getvalue().replace("\n", "")) == []
