"""The pages of the journal that are older than the project's retention."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from tiktok_hashtags.errors import LoadError


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of data that can be deleted.

    Args:
        name: The place of the data.
        reason: The reason why they can be deleted.
        rows: The number of rows, or of folders.
        bytes: Their size on disk; None if that is unknown before the deletion.
    """

    name: str
    reason: str
    rows: int
    first_date: date | None = None
    last_date: date | None = None
    bytes: int | None = None


class Store(Protocol):
    """A place with data that can be deleted."""

    def parts(self) -> list[Part]:
        """Return the data that can be deleted."""

    def remove(self) -> list[str]:
        """Delete the data; return messages for the user."""


class Pages:
    """The pages of the journal, and the plans that they belong to.

    Args:
        path: The journal.
        cutoff: The first date that stays.
        kept: Earlier dates that stay too, because a run has still to load their pages.
    """

    def __init__(self, path: Path, cutoff: date, *, kept: Collection[date] = ()) -> None:
        self._path, dates = path, [day.isoformat() for day in kept]
        self._old = f"snapshot_date < ? and snapshot_date not in ({', '.join('?' * len(dates))})"
        self._values = [cutoff.isoformat(), *dates]

    def parts(self) -> list[Part]:
        """Return the pages older than the cutoff as one part."""
        query = "select count(*), min(snapshot_date), max(snapshot_date), sum(length(body)) from pages"
        with self._connected() as connection:
            count, first, last, size = connection.execute(f"{query} where {self._old}", self._values).fetchone()
        if not count:
            return []
        name = f"pages of {self._path.name}"
        dates = date.fromisoformat(first), date.fromisoformat(last)
        return [Part(name, "older than journal_days", count, *dates, bytes=size)]

    def remove(self) -> list[str]:
        """Delete them and free their space.

        Raises:
            LoadError: The journal cannot be written.
        """
        with self._connected() as connection:
            for table in ("pages", "plans", "planned_walks"):
                connection.execute(f"delete from {table} where {self._old}", self._values)  # noqa: S608  # our names
            try:
                # Refused while another process has the file open; without one, the file shrinks by all that is free.
                connection.execute("pragma busy_timeout = 0")
                connection.execute("pragma journal_mode = delete").fetchall()
            except sqlite3.OperationalError:
                return [f"{self._path.name} is open in another process: its space is reused when it grows"]
            connection.execute("vacuum")
            connection.execute("pragma journal_mode = wal").fetchall()
        return []

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, isolation_level=None, timeout=10)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise LoadError(f"{self._path}: cannot be pruned: {error}") from error
