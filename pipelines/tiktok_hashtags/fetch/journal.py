"""The durable page journal and credit ledger: one SQLite file beside the warehouse.

A page counts only after it is in the journal, and a charge is written before the request is sent: after a crash the
next run replays the pages that were paid for and knows every charge. Processes that share the file share its day and
month limits, because a reservation is checked and written in one transaction.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

import zstandard

from tiktok_hashtags.errors import LoadError, TiktagsError
from tiktok_hashtags.fetch import journal_tables as sql
from tiktok_hashtags.fetch.journal_tables import RequestRow, Spent, StoredPage
from tiktok_hashtags.fetch.plans import SCHEMA as PLANS_SCHEMA
from tiktok_hashtags.fetch.plans import UNSETTLE, Plans
from tiktok_hashtags.fetch.sqlite_file import MAKE_ROOM, is_storage_fault, opening

logger = logging.getLogger(__name__)
# The advice names the cost of moving the journal away.
_WAY_OUT = (
    "move it away to start over. Loaded data stays known from the warehouse; pages that were bought but not loaded are "
    "bought again, and limits per day and month count from zero."
)

_T = TypeVar("_T")
_MAX_JOBS = 256
Work = Callable[[sqlite3.Connection], _T]
Statement = tuple[str, Mapping[str, Any] | Sequence[Any]]


class Journal:
    """Pages and requests on disk, safe to use from many threads and processes.

    Args:
        path: The SQLite file; its folder is created if missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        schema = sql.SCHEMA + PLANS_SCHEMA
        with opening(path, schema, synchronous="full", purpose="journal", way_out=_WAY_OUT) as connection:
            self._known = {key for (key,) in connection.execute("select request_key from pages")}
            self._suspect = {key for (key,) in connection.execute("select request_key from doubted_pages")}
        self._writer = GroupCommit(connection, path)
        self.plans = Plans(self._writer.run, self._reader)

    def reserve(self, row: RequestRow, price: Callable[[Spent], float | None]) -> tuple[RequestRow, int]:
        """Write a request's worst-case charge before it is sent; returns when it is on disk.

        Returns the request with its price, and the credits used before it in its month.

        Args:
            row: The request; `credits` is its worst case.
            price: Returns the charge in dollars, or raises the error of a cap that it could exceed; then nothing is
                written.
        """

        def work(connection: sqlite3.Connection) -> tuple[RequestRow, int]:
            spent = _spent(connection, row.provider, row.requested_at)
            priced = replace(row, cost_usd=price(spent))
            connection.execute(sql.INSERT, _values(priced))
            for statement, values in _spend(priced, credits=priced.credits, usd=priced.cost_usd or 0.0):
                connection.execute(statement, values)
            return priced, spent.month_credits

        return self._writer.run(work)

    def settle(self, settled: RequestRow, *, reserved: RequestRow) -> None:
        """Write the real cost of a request; it is on disk no later than the next stored page."""
        credits = settled.credits - reserved.credits
        usd = (settled.cost_usd or 0.0) - (reserved.cost_usd or 0.0)
        update = (sql.SETTLE, _values(settled))
        self._writer.write_later([update, *_spend(settled, credits=credits, usd=usd)])

    def record(self, row: RequestRow) -> None:
        """Write a request that costs nothing; it is on disk no later than the next stored page."""
        self._writer.write_later([(sql.INSERT, _values(row))])

    def store(self, request_key: str, page: StoredPage, *, provider: str, snapshot_date: date, url: str) -> None:
        """Keep an accepted page; returns when it is on disk."""
        body = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(page.body)
        values = (
            *(request_key, provider, snapshot_date.isoformat(), url),
            *(page.observed_at.isoformat(), page.credits, body),
        )
        writes: list[Statement] = [("insert or replace into pages values (?, ?, ?, ?, ?, ?, ?)", values)]
        if request_key in self._suspect:
            writes.append(("delete from doubted_pages where request_key = ?", (request_key,)))
        self._writer.write(writes)
        self._known.add(request_key)
        self._suspect.discard(request_key)

    def mark_suspect(self, request_keys: Iterable[str]) -> None:
        """Have pages requested again that misled their walk; a replay still uses them."""
        suspect = self._known.intersection(request_keys)
        insert = "insert or ignore into doubted_pages values (?)"
        self._writer.run(lambda connection: connection.executemany(insert, [(key,) for key in suspect]))
        self._suspect |= suspect

    def is_suspect(self, request_key: str) -> bool:
        """Return whether a page is to be requested again."""
        return request_key in self._suspect

    def page(self, request_key: str, *, even_suspect: bool = False) -> StoredPage | None:
        """Return the page that an earlier request bought; None if there is none, or if it is damaged.

        Args:
            request_key: The page's identity.
            even_suspect: Whether a page that misled its walk is returned too.

        Raises:
            LoadError: The file is damaged.
        """
        if request_key not in self._known or (request_key in self._suspect and not even_suspect):
            return None
        query = "select cast(body as blob), observed_at, credits, url from pages where request_key = ?"
        try:
            found = self._reader().execute(query, (request_key,)).fetchone()
            if found is None:
                return None
            body = zstandard.ZstdDecompressor().decompress(found[0])
            return StoredPage(body, datetime.fromisoformat(found[1]), found[2])
        except sqlite3.Error as error:
            way_out = MAKE_ROOM if is_storage_fault(error) else _WAY_OUT
            raise LoadError(f"{self.path}: the journal cannot be read ({error}); {way_out}") from error
        except (zstandard.ZstdError, TypeError, ValueError) as error:
            logger.warning("%s: the page %s is damaged (%s) and counts as never bought", self.path, found[3], error)
            return None

    def page_dates(self, *, since: date) -> list[date]:
        """Return the snapshot dates that have pages, from a date on."""
        return [date.fromisoformat(day) for (day,) in self._reader().execute(sql.PAGE_DATES, (since.isoformat(),))]

    def pruned_dates(self, *, since: date) -> list[date]:
        """Return the snapshot dates, from a date on, whose pages the ledger lists and the journal no longer has."""
        return [date.fromisoformat(day) for (day,) in self._reader().execute(sql.PRUNED_DATES, (since.isoformat(),))]

    def requests(self, run_id: str, provider: str) -> list[dict[str, Any]]:
        """Return the requests of a run and provider in the order they were made."""
        self.flush()
        return list(self._dicts(sql.OF_RUN, {"run_id": run_id, "provider": provider}))

    def unexported(self, project: str | None, *, but_run: str) -> list[dict[str, Any]]:
        """Return requests that no load brought into the warehouse, except those of the current run.

        Args:
            project: Only this project's; None for all, if the journal belongs to one project.
            but_run: The current run.
        """
        self.flush()
        return list(self._dicts(sql.UNEXPORTED, {"project": project, "run": but_run}))

    def mark_run_exported(self, run_id: str, provider: str) -> None:
        """Note that all requests of a run and provider are in the warehouse."""
        self._writer.write([(sql.MARK_RUN_EXPORTED, {"run_id": run_id, "provider": provider})])

    def mark_exported(self, request_ids: Iterable[str]) -> None:
        """Record that these requests are in the warehouse."""
        rows = [(request_id,) for request_id in request_ids]
        update = "update requests set is_exported = 1 where request_id = ?"
        self._writer.run(lambda connection: connection.executemany(update, rows))

    def forget_lost_exports(self, project: str | None, *, in_warehouse: Mapping[str, int]) -> None:
        """Have requests and walks loaded again if the warehouse, lost or restored, has fewer of a run than were loaded.

        Args:
            project: Only this project's; None for all.
            in_warehouse: The number of requests in the warehouse by run.
        """
        self.flush()
        values = {"project": project}
        if any(n > in_warehouse.get(run_id, 0) for run_id, n in self._reader().execute(sql.EXPORTED, values)):
            self._writer.write([(UNSETTLE, values), (sql.FORGET_EXPORTS, values)])

    def spent(self, provider: str, *, at: datetime) -> Spent:
        """Return the charges of the UTC day and month of a time, unsettled requests included."""
        self.flush()
        return _spent(self._reader(), provider, at)

    def usage(self, *, since: date) -> list[dict[str, Any]]:
        """Return requests, credits and dollars by day and provider; dollars are None if a price is unknown."""
        self.flush()
        return list(self._dicts(sql.USAGE, (since.isoformat(),)))

    def flush(self) -> None:
        """Wait until everything written so far is on disk."""
        self._writer.run(lambda _: None)

    def close(self) -> None:
        """Write the rest and close the file."""
        self._writer.close()
        for reader in self._readers:
            reader.close()

    def _dicts(self, query: str, parameters: tuple[object, ...] | dict[str, Any]) -> Iterator[dict[str, Any]]:
        cursor = self._reader().execute(query, parameters)
        names = [column[0] for column in cursor.description]
        for values in cursor:
            yield dict(zip(names, values, strict=True))

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._readers.append(self._local.reader)
        reader: sqlite3.Connection = self._local.reader
        return reader


def _spent(connection: sqlite3.Connection, provider: str, at: datetime) -> Spent:
    month = f"{at:%Y-%m}"
    days = {"day": f"{at:%Y-%m-%d}", "month_start": f"{month}-01", "month_end": f"{month}-31"}
    return Spent(*connection.execute(sql.SPENT, {"provider": provider, **days}).fetchone())


def _spend(row: RequestRow, *, credits: int, usd: float) -> list[Statement]:
    return [(sql.SPEND, (row.provider, f"{row.requested_at:%Y-%m-%d}", credits, usd))] if credits or usd else []


def _values(row: RequestRow) -> Mapping[str, Any]:
    values = {name: getattr(row, name) for name in RequestRow.__slots__}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


class _Job(Generic[_T]):
    """A piece of work, and its result once the latch is open."""

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

    With 20 walks at a time, 2,000 pages took half the time of one commit per page (4.5 against 8.6 s, and 0.9 against
    1.5 CPU-s, synced to a busy disk). Plans up to 1,000 requests a minute do not need it; a fast server's walks do.

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
        """Execute statements without waiting; they are on disk no later than the next awaited work."""
        self._put(_Job(lambda connection: _execute(connection, statements), is_awaited=False))

    def close(self) -> None:
        """Write the rest and close the connection."""
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
