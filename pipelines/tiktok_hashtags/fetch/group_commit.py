"""One writer thread for a SQLite file: what many threads write at the same time shares one transaction and one sync."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar, cast

from tiktok_hashtags.errors import LoadError, TiktagsError

_T = TypeVar("_T")
_MAX_JOBS = 256
Work = Callable[[sqlite3.Connection], _T]


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
    """Runs work in transactions that are committed together, in the order in which it was given.

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

    def later(self, work: Work[object]) -> None:
        """Run work without waiting; on disk no later than the next work that somebody waits for."""
        self._put(_Job(work, is_awaited=False))

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
            except Exception as error:  # noqa: BLE001  # raised to all who wait; without the thread they would for ever
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
