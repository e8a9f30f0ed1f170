"""The journal's tables: their schema, their rows, and the statements that write and sum them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

# `doubted_pages` holds the suspect ones; the name dates from earlier versions.
SCHEMA = """
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
create index if not exists requests_of_run on requests (run_id, provider);
create table if not exists spend (
    provider text not null, day text not null, credits integer not null, usd real not null,
    primary key (provider, day)
) without rowid;
"""
COLUMNS = (
    "request_id, run_id, snapshot_date, request_key, walk_key, provider, endpoint, hashtag_key, requested_at,"
    " finished_at, status, outcome, credits, cost_usd, bytes, project"
)
VALUES = re.sub(r"(\w+)", r":\1", COLUMNS)
INSERT = f"insert into requests ({COLUMNS}) values ({VALUES})"  # noqa: S608  # constants only
SETTLE = """
update requests
set finished_at = :finished_at, status = :status, outcome = :outcome, credits = :credits, cost_usd = :cost_usd,
    bytes = :bytes
where request_id = :request_id
"""
SPEND = """
insert into spend (provider, day, credits, usd) values (?, ?, ?, ?)
on conflict (provider, day) do update set credits = credits + excluded.credits, usd = usd + excluded.usd
"""
SPENT = """
select
    coalesce(sum(credits) filter (where provider = :provider and day = :day), 0),
    coalesce(sum(credits) filter (where provider = :provider), 0),
    coalesce(sum(usd) filter (where day = :day), 0.0),
    coalesce(sum(usd), 0.0)
from spend
where day between :month_start and :month_end
"""
OF_RUN = "select * from requests where run_id = :run_id and provider = :provider order by requested_at, request_id"
MARK_RUN_EXPORTED = "update requests set is_exported = 1 where run_id = :run_id and provider = :provider"
_OF_PROJECT = "(:project is null or project = :project)"
UNEXPORTED = f"select * from requests where {_OF_PROJECT} and not is_exported and run_id <> :run order by request_id"  # noqa: S608
EXPORTED = f"select run_id, count(*) from requests where {_OF_PROJECT} and is_exported group by run_id"  # noqa: S608
FORGET_EXPORTS = f"update requests set is_exported = 0 where {_OF_PROJECT} and is_exported"  # noqa: S608
PAGE_DATES = "select distinct snapshot_date from pages where snapshot_date >= ? order by 1"
PRUNED_DATES = """
select distinct snapshot_date from requests
where outcome = 'ok' and snapshot_date >= ? and snapshot_date not in (select snapshot_date from pages)
order by 1
"""
USAGE = """
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
    """A page as it was accepted, with the UTC time of the request for it."""

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
    """The charges of a UTC day and month so far, from the ledger."""

    day_credits: int = 0
    month_credits: int = 0
    day_usd: float = 0.0
    month_usd: float = 0.0
