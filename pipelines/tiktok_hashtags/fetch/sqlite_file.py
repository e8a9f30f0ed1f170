"""A SQLite file that many threads and processes write at the same time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import tenacity

from tiktok_hashtags.errors import BusyError, ConfigError, LoadError

_BUSY_SECONDS = 10
MAKE_ROOM = "the disk may be full; make room and run again"


def open_shared(path: Path, schema: str, *, synchronous: Literal["full", "normal"]) -> sqlite3.Connection:
    """Return a connection in autocommit mode to a file that is created if missing.

    Args:
        path: The file; its folder exists.
        schema: Statements that create missing tables.
        synchronous: Whether a commit waits for the disk (`full`), or a crash of the system may lose the latest commits.

    Raises:
        sqlite3.Error: The file is not a SQLite file, or cannot be written.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"pragma busy_timeout = {_BUSY_SECONDS * 1000}")
        # SQLite does not wait when two processes open a new file at once, even with a timeout.
        _patiently(connection.execute, "pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {synchronous}")
        _patiently(connection.executescript, schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def opening(
    path: Path, schema: str, *, synchronous: Literal["full", "normal"], purpose: str, way_out: str
) -> Iterator[sqlite3.Connection]:
    """Open a file as `open_shared` does; SQLite's errors, also those of the first statements, become ours.

    Args:
        path: The file; its folder exists.
        schema: As for `open_shared`.
        synchronous: As for `open_shared`.
        purpose: The file's name in messages.
        way_out: The advice for a file that is damaged or of another kind.

    Raises:
        BusyError: Another program holds the file.
        ConfigError: It is of another kind.
        LoadError: The disk is full or failing.
    """
    try:
        yield open_shared(path, schema, synchronous=synchronous)
    except sqlite3.Error as error:
        untouched = "Nothing was sent or overwritten"
        if is_busy(error):
            raise BusyError(f"{path}: another program holds the {purpose}. {untouched}.") from error
        if is_storage_fault(error):
            raise LoadError(f"{path}: cannot be opened ({error}). {untouched}; {MAKE_ROOM}.") from error
        raise ConfigError(f"{path}: not a usable {purpose} ({error}). {untouched}; {way_out}") from error


def is_busy(error: BaseException) -> bool:
    """Return whether another process held the file for too long."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def is_storage_fault(error: sqlite3.Error) -> bool:
    """Return whether the disk is full or failing, as opposed to a damaged file."""
    code = getattr(error, "sqlite_errorcode", None)  # the primary code is in the lowest byte
    return code is not None and code & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)


_patiently = tenacity.Retrying(
    retry=tenacity.retry_if_exception(is_busy),
    wait=tenacity.wait_random(0.01, 0.1),
    stop=tenacity.stop_after_delay(_BUSY_SECONDS),
    reraise=True,
)
