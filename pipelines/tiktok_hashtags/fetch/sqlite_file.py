"""A SQLite file that many threads and processes write at the same time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, Literal, TypeVar, cast

import tenacity

from tiktok_hashtags.errors import ConfigError, LoadError, TiktagsError

_T = TypeVar("_T")
_BUSY_SECONDS = 10
_MAX_JOBS = 256
MAKE_ROOM = "the disk may be full; make room and run again"
Work = Callable[[sqlite3.Connection], _T]
Statement = tuple[str, Mapping[str, Any] | Sequence[Any]]


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


@contextmanager
def opening(
    path: Path, schema: str, *, synchronous: Literal["full", "normal"], purpose: str, way_out: str
) -> Iterator[sqlite3.Connection]:
    """Open a file as `open_shared` does; SQLite's errors, also those of a first look at it, become errors of ours.

    Args:
        path: The file; its folder exists.
        schema: As for `open_shared`.
        synchronous: As for `open_shared`.
        purpose: What the file is, for messages.
        way_out: What to do about a file that is something else or damaged.

    Raises:
        ConfigError: Another program holds the file, or it is something else.
        LoadError: The disk is full or fails.
    """
    try:
        yield open_shared(path, schema, synchronous=synchronous)
    except sqlite3.Error as error:
        untouched = "Nothing was sent or overwritten"
        if is_busy(error):
            raise ConfigError(f"{path}: another program holds the {purpose}. {untouched}.") from error
        if is_storage_fault(error):
            raise LoadError(f"{path}: cannot be opened ({error}). {untouched}; {MAKE_ROOM}.") from error
        raise ConfigError(f"{path}: not a usable {purpose} ({error}). {untouched}; {way_out}") from error


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


class _Job(Generic[_T]):
    """A piece of work, and what came of it once the latch is open."""

    __slots__ = ("error", "latch", "result", "work")

    def __init__(self, work: Work[_T], *, is_awaited: bool) -> None:
        self.work = work
        self.result: _T | None = None
        self.error: TiktagsError | None = None
        self.latch = threading.Lock() if is_awaited else None
        if self.latch:
            self.latch.acquire()


class GroupCommit:
    """One writer thread, which commits the work of many threads in shared transactions, in the order of the calls.

    At 20 walks at a time, 2,000 pages took half the time of a commit for each (4.5 against 8.6 s, and 0.9 against 1.5
    CPU-s, synced to a busy disk). Plans up to 1,000 requests a minute do not need it; a fast server's walks do.

    Args:
        connection: An open connection in autocommit mode; this object owns it from now on.
        path: The file, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._queue: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def run(self, work: Work[_T]) -> _T:
        """Run work and return its result when it is on disk.

        Raises:
            TiktagsError: The work raised it before it wrote anything.
            LoadError: The file cannot be written.
        """
        job = _Job(work, is_awaited=True)
        self._put(job)
        cast(threading.Lock, job.latch).acquire()
        self._check()
        if job.error:
            raise job.error
        return cast(_T, job.result)

    def write(self, statements: Sequence[Statement]) -> None:
        """Execute statements; returns when they are on disk.

        Raises:
            LoadError: The file cannot be written.
        """
        self.run(lambda connection: _execute(connection, statements))

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Execute statements without waiting; on disk no later than the next work that somebody waits for."""
        self._put(_Job(lambda connection: _execute(connection, statements), is_awaited=False))

    def close(self) -> None:
        """Write what is left and close the connection."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _put(self, job: _Job[_T]) -> None:
        self._check()
        if not self._thread.is_alive():
            raise LoadError(f"{self._path.name}: the journal is closed")
        self._queue.put(cast("_Job[object]", job))

    def _check(self) -> None:
        if self._failure:
            raise LoadError(f"{self._path.name}: cannot write the journal: {self._failure}") from self._failure

    def _write(self) -> None:
        is_open = True
        while is_open:
            jobs = self._next_jobs()
            is_open = jobs[-1] is not None
            todo = [job for job in jobs if job]
            try:
                if not self._failure:
                    self._commit(todo)
            except Exception as error:  # noqa: BLE001  # raised to all who wait, now and later
                self._failure = error
            for job in todo:
                if job.latch:
                    job.latch.release()
        self._connection.close()

    def _commit(self, jobs: list[_Job[object]]) -> None:
        self._connection.execute("begin immediate")
        for job in jobs:
            try:
                job.result = job.work(self._connection)
            except TiktagsError as error:
                job.error = error
        self._connection.execute("commit")

    def _next_jobs(self) -> list[_Job[object] | None]:
        jobs = [self._queue.get()]
        while jobs[-1] is not None and len(jobs) < _MAX_JOBS:
            try:
                jobs.append(self._queue.get_nowait())
            except Empty:
                break
        return jobs


def _execute(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    for statement, values in statements:
        connection.execute(statement, values)
