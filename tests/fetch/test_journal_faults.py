from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fetch.journal_rows import PAGE, on_disk, reserve, row, store

from tiktok_hashtags.errors import ConfigError, LoadError
from tiktok_hashtags.fetch.journal import Journal


def test_a_failing_write_raises_for_those_who_wait_and_all_later_calls(path: Path, journal: Journal) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("drop table pages")

    with pytest.raises(LoadError, match=r"journal\.sqlite: cannot write the journal: no such table: pages"):
        store(journal, "a")
    with pytest.raises(LoadError, match="cannot write the journal"):
        reserve(journal, row())


def test_a_value_that_the_file_cannot_hold_lets_nobody_wait_forever(journal: Journal) -> None:
    with pytest.raises(LoadError, match="cannot write the journal: Python int too large"):
        reserve(journal, row(credits=2**70))
    with pytest.raises(LoadError):
        journal.flush()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(lambda _: b"this is not a database" * 100, id="garbage"),
        pytest.param(lambda content: content[: len(content) // 2], id="half"),
        pytest.param(lambda content: content[:100], id="header alone"),
        pytest.param(lambda content: b"\0" * len(content), id="zeros"),
    ],
)
def test_a_file_that_is_no_journal_is_left_as_it_is(path: Path, damaged: Callable[[bytes], bytes]) -> None:
    with closing(Journal(path)) as journal:
        for number in range(50):
            store(journal, str(number))
    content = damaged(path.read_bytes())
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"not a usable journal .* Nothing was sent or overwritten; move it away to"):
        Journal(path)

    assert path.read_bytes() == content


def test_a_damaged_page_counts_as_never_bought(path: Path, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    store(journal, "whole")
    store(journal, "damaged")
    change(path, "update pages set body = substr(body, 1, 8) || zeroblob(9) where request_key = 'damaged'")

    assert journal.page("damaged") is None
    assert journal.page("whole") == PAGE
    assert "journal.sqlite: the page /x is damaged" in caplog.text

    store(journal, "damaged")
    assert journal.page("damaged") == PAGE


def test_no_flipped_bit_passes_as_a_page(path: Path, journal: Journal) -> None:
    store(journal, "a", replace(PAGE, body=bytes(range(256)) * 40))
    [(body,)] = on_disk(path, "select body from pages")
    assert isinstance(body, bytes)
    middle = len(body) // 2
    flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]

    with closing(sqlite3.connect(path)) as other:
        other.execute("update pages set body = ?", (flipped,))
        other.commit()

    assert journal.page("a") is None


def test_a_journal_that_breaks_while_it_is_open_is_an_error_with_a_remedy(path: Path, journal: Journal) -> None:
    store(journal, "a")
    change(path, "drop table pages")

    with pytest.raises(
        LoadError, match=r"journal\.sqlite: the journal cannot be read \(no such table: pages\); move it"
    ):
        journal.page("a")


def change(path: Path, statement: str) -> None:
    """Do to the file what a failing disk or another program could do."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
