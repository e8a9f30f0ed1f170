"""A SQLite file that many processes write at the same time, opened the one way that bears it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

import tenacity

_BUSY_SECONDS = 10
MAKE_ROOM = "the disk may be full; make room and run again"


def open_shared(path: Path, schema: str, *, synchronous: Literal["full", "normal"]) -> sqlite3.Connection:
    """Return a connection in autocommit mode to a file that is made where it is missing.

    Args:
        path: The file; its folder exists.
        schema: Statements that make what is missing.
        synchronous: Whether a commit waits for the disk (`full`), or a crash of the system may lose the last ones.

    Raises:
        sqlite3.Error: The file is something else, or cannot be written.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"pragma busy_timeout = {_BUSY_SECONDS * 1000}")
        # SQLite does not wait where two open a new file at once, whatever the timeout.
        _patiently(connection.execute, "pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {synchronous}")
        _patiently(connection.executescript, schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def is_busy(error: BaseException) -> bool:
    """Tell whether another process held the file for too long."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def is_storage_fault(error: sqlite3.Error) -> bool:
    """Tell a disk that is full or fails from a file that is damaged."""
    code = getattr(error, "sqlite_errorcode", None)  # the primary code is in the lowest byte
    return code is not None and code & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)


_patiently = tenacity.Retrying(
    retry=tenacity.retry_if_exception(is_busy),
    wait=tenacity.wait_random(0.01, 0.1),
    stop=tenacity.stop_after_delay(_BUSY_SECONDS),
    reraise=True,
)
