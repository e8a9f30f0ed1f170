from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from tiktok_hashtags.fetch.sqlite_file import is_busy, open_shared

SCHEMA = "create table if not exists notes (number integer primary key)"


def test_many_can_make_the_same_file_at_once(tmp_path: Path) -> None:
    together = Barrier(8)

    def write(number: int) -> None:
        together.wait()
        with closing(open_shared(tmp_path / "a.sqlite", SCHEMA, synchronous="normal")) as connection:
            connection.execute("insert into notes values (?)", (number,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    with closing(open_shared(tmp_path / "a.sqlite", SCHEMA, synchronous="normal")) as connection:
        assert connection.execute("select count(*) from notes").fetchone() == (8,)


def test_a_held_file_and_a_damaged_one_raise_different_errors(tmp_path: Path) -> None:
    held, damaged = tmp_path / "held.sqlite", tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is not a database" * 100)
    with closing(sqlite3.connect(held)) as first, closing(sqlite3.connect(held, timeout=0)) as second:
        first.execute("begin exclusive")

        with pytest.raises(sqlite3.OperationalError) as busy:
            second.execute("begin immediate")
    with pytest.raises(sqlite3.DatabaseError) as broken:
        open_shared(damaged, SCHEMA, synchronous="full")

    assert is_busy(busy.value)
    assert not is_busy(broken.value)
