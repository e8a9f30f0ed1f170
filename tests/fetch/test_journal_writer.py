from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tiktok_hashtags.errors import BudgetError, LoadError
from tiktok_hashtags.fetch.journal import GroupCommit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def writer(path: Path) -> Iterator[GroupCommit]:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("create table notes (number integer primary key)")
    commit = GroupCommit(connection, path)
    yield commit
    commit.close()


def numbers(path: Path) -> list[int]:
    with sqlite3.connect(path) as connection:
        return [number for (number,) in connection.execute("select number from notes order by number")]


def test_what_was_waited_for_is_on_disk(writer: GroupCommit, path: Path) -> None:
    writer.write([("insert into notes values (?)", (1,))])

    assert numbers(path) == [1]


def test_what_nobody_waited_for_is_on_disk_with_the_next_that_somebody_does(writer: GroupCommit, path: Path) -> None:
    writer.write_later([("insert into notes values (?)", (1,))])

    writer.run(lambda _: None)

    assert numbers(path) == [1]


def test_many_threads_write_each_row_once(writer: GroupCommit, path: Path) -> None:
    def insert(number: int) -> None:
        writer.run(lambda connection: connection.execute("insert into notes values (?)", (number,)))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(insert, range(400)))

    assert numbers(path) == list(range(400))


def test_refused_work_raises_at_its_caller_and_stops_nobody_else(writer: GroupCommit, path: Path) -> None:
    def refuse(_: sqlite3.Connection) -> None:
        raise BudgetError("over the limit")

    with pytest.raises(BudgetError, match="over the limit"):
        writer.run(refuse)
    writer.run(lambda connection: connection.execute("insert into notes values (2)"))

    assert numbers(path) == [2]


def test_a_file_that_cannot_be_written_raises_for_everyone_from_then_on(writer: GroupCommit) -> None:
    with pytest.raises(LoadError, match="cannot write the journal"):
        writer.run(lambda connection: connection.execute("insert into missing values (1)"))

    with pytest.raises(LoadError, match="cannot write the journal"):
        writer.run(lambda _: None)
