"""The durable page journal and credit ledger: one SQLite file beside the warehouse.

A page counts only after it is in the journal, and a charge is written before the request is sent: after a crash the
next run replays what was paid for and knows what was spent. One writer thread commits for all walks at once, so the
cost of a sync is shared by the pages that wait for it.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import zstandard

from tiktok_hashtags.errors import ConfigError, LoadError

_SCHEMA = """
create table if not exists pages (
    request_key text primary key, provider text not null, snapshot_date text not null, url text not null,
    observed_at text not null, credits integer not null, body blob not null
) without rowid;
create table if not exists requests (
    request_id text primary key, run_id text not null, snapshot_date text not null, request_key text not null,
    walk_key text, provider text not null, endpoint text not null, hashtag_key text, requested_at text not null,
    finished_at text, status integer, outcome text not null, credits integer not null, cost_usd real, bytes integer
) without rowid;
create index if not exists requests_by_day on requests (provider, requested_at);
create index if not exists requests_by_run on requests (run_id, provider);
"""
_MAX_COMMIT = 256
_COLUMNS = (
    "request_id, run_id, snapshot_date, request_key, walk_key, provider, endpoint, hashtag_key, requested_at,"
    " finished_at, status, outcome, credits, cost_usd, bytes"
)
_VALUES = re.sub(r"(\w+)", r":\1", _COLUMNS)
_INSERT = f"insert into requests ({_COLUMNS}) values ({_VALUES})"  # noqa: S608  # constants only


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as it was accepted, with the UTC time of the request that brought it."""

    body: bytes
    observed_at: datetime
    credits: int


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One attempt at a request; `outcome` is `unknown` until an answer settles it."""

    request_id: str
    run_id: str
    snapshot_date: date
    request_key: str
    walk_key: str | None
    provider: str
    endpoint: str
    hashtag_key: str | None
    requested_at: datetime
    credits: int
    cost_usd: float | None
    outcome: str = "unknown"
    finished_at: datetime | None = None
    status: int | None = None
    bytes: int | None = None


class Journal:
    """Pages and requests on disk, safe to use from many threads.

    Args:
        path: The SQLite file; its folder is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._queue: SimpleQueue[tuple[str, Mapping[str, Any], threading.Lock | None] | None] = SimpleQueue()
        self._local = threading.local()
        self._failure: Exception | None = None
        self._readers: list[sqlite3.Connection] = []
        with self._opened():
            self._known = self._page_keys()
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    def reserve(self, row: RequestRow) -> None:
        """Write a charge before its request is sent; returns when it is on disk."""
        self._put(_INSERT, _row(row), wait=True)

    def record(self, row: RequestRow) -> None:
        """Write a request that costs nothing; on disk no later than the next page that is stored."""
        self._put(_INSERT, _row(row), wait=False)

    def settle(self, row: RequestRow) -> None:
        """Write what a request really cost; on disk no later than the next page that is stored."""
        self._put(
            "update requests set finished_at = :finished_at, status = :status, outcome = :outcome, credits = :credits,"
            " cost_usd = :cost_usd, bytes = :bytes where request_id = :request_id",
            _row(row),
            wait=False,
        )

    def store(self, request_key: str, page: StoredPage, *, provider: str, snapshot_date: date, url: str) -> None:
        """Keep an accepted page; returns when it is on disk."""
        values = {
            "request_key": request_key,
            "provider": provider,
            "snapshot_date": snapshot_date.isoformat(),
            "url": url,
            "observed_at": page.observed_at.isoformat(),
            "credits": page.credits,
            "body": zstandard.ZstdCompressor(level=1).compress(page.body),
        }
        self._put(
            "insert or replace into pages"
            " values (:request_key, :provider, :snapshot_date, :url, :observed_at, :credits, :body)",
            values,
            wait=True,
        )
        self._known.add(request_key)

    def page(self, request_key: str) -> StoredPage | None:
        """Return the page of a request that was accepted before, or None."""
        if request_key not in self._known:
            return None
        query = "select body, observed_at, credits from pages where request_key = ?"
        found = self._reader().execute(query, (request_key,)).fetchone()
        if found is None:
            return None
        body = zstandard.ZstdDecompressor().decompress(found[0])
        return StoredPage(body, datetime.fromisoformat(found[1]), found[2])

    def requests(self, run_id: str, provider: str) -> Iterator[dict[str, Any]]:
        """Yield the requests of a run and provider in the order they were made."""
        self.flush()
        cursor = self._reader().execute(
            "select * from requests where run_id = ? and provider = ? order by requested_at, request_id",
            (run_id, provider),
        )
        names = [column[0] for column in cursor.description]
        for values in cursor:
            yield dict(zip(names, values, strict=True))

    def charged(self, provider: str, *, since: datetime) -> int:
        """Return the credits charged to a provider's key since a UTC time, unsettled ones included."""
        self.flush()
        query = "select coalesce(sum(credits), 0) from requests where provider = ? and requested_at >= ?"
        return int(self._reader().execute(query, (provider, since.isoformat())).fetchone()[0])

    def flush(self) -> None:
        """Wait until all that was written so far is on disk."""
        self._put("select 1", {}, wait=True)

    def close(self) -> None:
        """Write what is left and close the file."""
        if self._writer.is_alive():
            self._queue.put(None)
            self._writer.join()
        for reader in self._readers:
            reader.close()

    def _put(self, sql: str, values: Mapping[str, Any], *, wait: bool) -> None:
        if self._failure:
            raise LoadError(f"{self.path.name}: cannot write the journal: {self._failure}") from self._failure
        latch = threading.Lock() if wait else None
        if latch:
            latch.acquire()
        self._queue.put((sql, values, latch))
        if latch:
            latch.acquire()
            if self._failure:
                raise LoadError(f"{self.path.name}: cannot write the journal: {self._failure}") from self._failure

    def _write(self) -> None:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("pragma synchronous = full")
        connection.execute("pragma busy_timeout = 10000")
        is_open = True
        while is_open:
            jobs = self._next_jobs()
            is_open = jobs[-1] is not None
            latches = []
            try:
                if not self._failure:
                    connection.execute("begin immediate")
                    for sql, values, _ in filter(None, jobs):
                        connection.execute(sql, values)
                    connection.execute("commit")
            except sqlite3.Error as error:
                self._failure = error
            latches = [job[2] for job in jobs if job and job[2]]
            for latch in latches:
                latch.release()
        connection.close()

    def _next_jobs(self) -> list[tuple[str, Mapping[str, Any], threading.Lock | None] | None]:
        jobs = [self._queue.get()]
        while jobs[-1] is not None and len(jobs) < _MAX_COMMIT:
            try:
                jobs.append(self._queue.get_nowait())
            except Empty:
                break
        return jobs

    def _page_keys(self) -> set[str]:
        return {key for (key,) in self._reader().execute("select request_key from pages")}

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._readers.append(self._local.reader)
        reader: sqlite3.Connection = self._local.reader
        return reader

    @contextmanager
    def _opened(self) -> Iterator[None]:
        try:
            connection = sqlite3.connect(self.path)
            connection.execute("pragma journal_mode = wal")
            connection.executescript(_SCHEMA)
            connection.close()
            yield
        except sqlite3.Error as error:
            message = (
                f"{self.path}: not a usable journal ({error}). Nothing was sent or overwritten; "
                "move it away to start anew."
            )
            raise ConfigError(message) from error


def _row(row: RequestRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in RequestRow.__slots__}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
