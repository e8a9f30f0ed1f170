"""The durable page journal and credit ledger: one SQLite file beside the warehouse.

A page counts only after it is in the journal, and a charge is written before the request is sent: after a crash the
next run replays what was paid for and knows what was spent. Processes that share the file share its day and month
limits, because a reservation is checked and written in one transaction.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import zstandard

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.fetch.sqlite_file import (
    MAKE_ROOM,
    GroupCommit,
    Statement,
    is_storage_fault,
    opening,
)

logger = logging.getLogger(__name__)
# What moving the journal away costs.
_WAY_OUT = (
    "move it away to start anew. What is loaded stays known from the warehouse; pages that were bought but not loaded "
    "are bought again, and limits a day and month count from zero."
)

_SCHEMA = """
create table if not exists pages (
    request_key text primary key, provider text not null, snapshot_date text not null, url text not null,
    observed_at text not null, credits integer not null, body blob not null
);
create index if not exists pages_by_date on pages (snapshot_date);
create table if not exists doubted_pages (request_key text primary key) without rowid;
create table if not exists requests (
    request_id text primary key, run_id text not null, snapshot_date text not null, request_key text not null,
    walk_key text, provider text not null, endpoint text not null, hashtag_key text, requested_at text not null,
    finished_at text, status integer, outcome text not null, credits integer not null, cost_usd real, bytes integer,
    project text not null, is_exported integer not null default 0
) without rowid;
create index if not exists requests_to_export on requests (project, run_id) where not is_exported;
create table if not exists spend (
    provider text not null, day text not null, credits integer not null, usd real not null,
    primary key (provider, day)
) without rowid;
"""
_COLUMNS = (
    "request_id, run_id, snapshot_date, request_key, walk_key, provider, endpoint, hashtag_key, requested_at,"
    " finished_at, status, outcome, credits, cost_usd, bytes, project"
)
_OF_PROJECT = "(:project is null or project = :project)"
_VALUES = re.sub(r"(\w+)", r":\1", _COLUMNS)
_INSERT = f"insert into requests ({_COLUMNS}) values ({_VALUES})"  # noqa: S608  # constants only
_SETTLE = """
update requests
set finished_at = :finished_at, status = :status, outcome = :outcome, credits = :credits, cost_usd = :cost_usd,
    bytes = :bytes
where request_id = :request_id
"""
_SPEND = """
insert into spend (provider, day, credits, usd) values (?, ?, ?, ?)
on conflict (provider, day) do update set credits = credits + excluded.credits, usd = usd + excluded.usd
"""
_SPENT = """
select
    coalesce(sum(credits) filter (where provider = :provider and day = :day), 0),
    coalesce(sum(credits) filter (where provider = :provider), 0),
    coalesce(sum(usd) filter (where day = :day), 0.0),
    coalesce(sum(usd), 0.0)
from spend
where day between :month_start and :month_end
"""
_USAGE = """
select
    substr(requested_at, 1, 10) as day,
    provider,
    count(*) filter (where outcome <> 'replayed') as requests,
    count(*) filter (where outcome = 'replayed') as replayed_pages,
    count(*) filter (where outcome = 'unknown') as unknown_outcomes,
    sum(credits) as credits,
    case when count(*) filter (where cost_usd is null) = 0 then sum(cost_usd) end as cost_usd
from requests
where requested_at >= ?
group by day, provider
order by day, provider
"""


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
    project: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ledger has counted so far in a UTC day and month."""

    day_credits: int = 0
    month_credits: int = 0
    day_usd: float = 0.0
    month_usd: float = 0.0


class Journal:
    """Pages and requests on disk, safe to use from many threads and processes.

    Args:
        path: The SQLite file; its folder is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        with opening(path, _SCHEMA, synchronous="full", purpose="journal", way_out=_WAY_OUT) as connection:
            self._known = self._page_keys()
            self._suspect = {key for (key,) in connection.execute("select request_key from doubted_pages")}
        self._writer = GroupCommit(connection, path)

    def reserve(self, row: RequestRow, price: Callable[[Spent], float | None]) -> tuple[RequestRow, int]:
        """Write a request's worst-case charge before it is sent; returns when it is on disk.

        Returns the request with its price, and the credits that were used before it in its month.

        Args:
            row: The request; `credits` is its worst case.
            price: Returns the charge in dollars, or raises the error of a cap that it could exceed: then nothing is
                written.
        """

        def work(connection: sqlite3.Connection) -> tuple[RequestRow, int]:
            spent = _spent(connection, row.provider, row.requested_at)
            priced = replace(row, cost_usd=price(spent))
            connection.execute(_INSERT, _values(priced))
            for statement, values in _spend(priced, credits=priced.credits, usd=priced.cost_usd or 0.0):
                connection.execute(statement, values)
            return priced, spent.month_credits

        return self._writer.run(work)

    def settle(self, settled: RequestRow, *, reserved: RequestRow) -> None:
        """Write what a request really cost; on disk no later than the next page that is stored."""
        credits = settled.credits - reserved.credits
        usd = (settled.cost_usd or 0.0) - (reserved.cost_usd or 0.0)
        update = (_SETTLE, _values(settled))
        self._writer.write_later([update, *_spend(settled, credits=credits, usd=usd)])

    def record(self, row: RequestRow) -> None:
        """Write a request that costs nothing; on disk no later than the next page that is stored."""
        self._writer.write_later([(_INSERT, _values(row))])

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
        """Have pages that misled their walk requested again by the next run; a replay still has them."""
        suspect = self._known.intersection(request_keys)
        insert = "insert or ignore into doubted_pages values (?)"
        self._writer.run(lambda connection: connection.executemany(insert, [(key,) for key in suspect]))
        self._suspect |= suspect

    def page(self, request_key: str, *, even_suspect: bool = False) -> StoredPage | None:
        """Return the page that a request brought before; None where there is none, or none that is whole.

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
        """Return the snapshot dates from a date on for which there are pages."""
        query = "select distinct snapshot_date from pages where snapshot_date >= ? order by 1"
        return [date.fromisoformat(day) for (day,) in self._reader().execute(query, (since.isoformat(),))]

    def pruned_dates(self, *, since: date) -> list[date]:
        """Return the snapshot dates from a date on of which the ledger knows pages and none is left."""
        query = (
            "select distinct snapshot_date from requests where outcome = 'ok' and snapshot_date >= ?"
            " and snapshot_date not in (select snapshot_date from pages) order by 1"
        )
        return [date.fromisoformat(day) for (day,) in self._reader().execute(query, (since.isoformat(),))]

    def requests(self, run_id: str, provider: str) -> Iterator[dict[str, Any]]:
        """Yield the requests of a run and provider in the order they were made."""
        self.flush()
        yield from self._dicts(
            "select * from requests where run_id = ? and provider = ? order by requested_at, request_id",
            (run_id, provider),
        )

    def unexported(self, project: str | None, *, but_run: str) -> list[dict[str, Any]]:
        """Return requests that no load has taken to the warehouse, without those of the current run.

        Args:
            project: Only this one's; None for all, where the journal is a project's own.
            but_run: The current run.
        """
        self.flush()
        query = f"select * from requests where {_OF_PROJECT} and not is_exported and run_id <> :run order by request_id"  # noqa: S608
        return list(self._dicts(query, {"project": project, "run": but_run}))

    def mark_exported(self, request_ids: Iterable[str]) -> None:
        """Note that these requests are in the warehouse."""
        rows = [(request_id,) for request_id in request_ids]
        update = "update requests set is_exported = 1 where request_id = ?"
        self._writer.run(lambda connection: connection.executemany(update, rows))

    def forget_lost_exports(self, project: str | None, *, in_warehouse: int) -> None:
        """Have all requests loaded again where the warehouse has fewer than were loaded: it was lost or set back.

        Args:
            project: Only this one's; None for all.
            in_warehouse: How many the warehouse has.
        """
        values = {"project": project, "in_warehouse": in_warehouse}
        update = f"""
            update requests set is_exported = 0
            where {_OF_PROJECT} and is_exported
                and (select count(*) from requests where {_OF_PROJECT} and is_exported) > :in_warehouse
        """  # noqa: S608
        self._writer.run(lambda connection: connection.execute(update, values))

    def spent(self, provider: str, *, at: datetime) -> Spent:
        """Return what was charged in the UTC day and month of a time, unsettled requests included."""
        self.flush()
        return _spent(self._reader(), provider, at)

    def usage(self, *, since: date) -> list[dict[str, Any]]:
        """Return requests, credits and dollars by day and provider; dollars are None where a price is unknown."""
        self.flush()
        return list(self._dicts(_USAGE, (since.isoformat(),)))

    def flush(self) -> None:
        """Wait until all that was written so far is on disk."""
        self._writer.run(lambda _: None)

    def close(self) -> None:
        """Write what is left and close the file."""
        self._writer.close()
        for reader in self._readers:
            reader.close()

    def _dicts(self, query: str, parameters: tuple[object, ...] | dict[str, Any]) -> Iterator[dict[str, Any]]:
        cursor = self._reader().execute(query, parameters)
        names = [column[0] for column in cursor.description]
        for values in cursor:
            yield dict(zip(names, values, strict=True))

    def _page_keys(self) -> set[str]:
        return {key for (key,) in self._reader().execute("select request_key from pages")}

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._readers.append(self._local.reader)
        reader: sqlite3.Connection = self._local.reader
        return reader


def _spent(connection: sqlite3.Connection, provider: str, at: datetime) -> Spent:
    month = f"{at:%Y-%m}"
    days = {"day": f"{at:%Y-%m-%d}", "month_start": f"{month}-01", "month_end": f"{month}-31"}
    return Spent(*connection.execute(_SPENT, {"provider": provider, **days}).fetchone())


def _spend(row: RequestRow, *, credits: int, usd: float) -> list[Statement]:
    return [(_SPEND, (row.provider, f"{row.requested_at:%Y-%m-%d}", credits, usd))] if credits or usd else []


def _values(row: RequestRow) -> Mapping[str, Any]:
    values = {name: getattr(row, name) for name in RequestRow.__slots__}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
