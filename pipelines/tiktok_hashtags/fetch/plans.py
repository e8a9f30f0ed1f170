"""The planned walks of each run, written before its first request, so that an unfinished walk is not forgotten.

A planned walk is settled once the warehouse has the row of the run that planned it last. A walk of an earlier date that
is not settled was interrupted: the process was killed, the disk was full, or the loaded rows were lost.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

SCHEMA = """
create table if not exists plans (
    project text not null, snapshot_date text not null, run_id text not null, watchlist blob not null,
    primary key (project, snapshot_date)
) without rowid;
create table if not exists planned_walks (
    project text not null, snapshot_date text not null, walk_key text not null, run_id text not null,
    provider text not null, endpoint text not null, target text not null, hashtag_key text, hashtag_id text,
    is_settled integer not null default 0, was_loaded integer not null default 0,
    primary key (project, snapshot_date, walk_key)
) without rowid;
create index if not exists planned_walks_of_run on planned_walks (run_id, walk_key);
create index if not exists planned_walks_to_settle on planned_walks (project, snapshot_date) where not is_settled;
"""
_OF_PROJECT = "(:project is null or project = :project)"
_PLAN = "insert or replace into plans values (?, ?, ?, ?)"
_PLAN_WALK = """
insert into planned_walks (
    project, snapshot_date, walk_key, run_id, provider, endpoint, target, hashtag_key, hashtag_id, was_loaded
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict do update set run_id = excluded.run_id, is_settled = 0, was_loaded = excluded.was_loaded
"""
_UNSETTLED = f"""
select snapshot_date, walk_key, run_id, provider, endpoint, target, hashtag_key, hashtag_id, was_loaded
from planned_walks
where {_OF_PROJECT} and not is_settled and snapshot_date < :before
order by snapshot_date, provider, endpoint, target
"""  # noqa: S608  # constants only
_SETTLE = "update planned_walks set is_settled = 1, was_loaded = 1 where run_id = ? and walk_key = ?"
UNSETTLE = f"""
update planned_walks set is_settled = 0 where {_OF_PROJECT} and was_loaded
"""  # noqa: S608  # constants only
_WATCHLIST = f"""
select watchlist from plans where {_OF_PROJECT} and snapshot_date = :day order by run_id desc limit 1
"""  # noqa: S608  # constants only


@dataclass(frozen=True, slots=True)
class PlannedWalk:
    """A walk that a run planned.

    Args:
        walk_key: The walk's key, the same for every run of its date.
        run_id: The run that planned it last.
        was_loaded: Whether its result was in the warehouse before.
    """

    walk_key: str
    run_id: str
    provider: str
    endpoint: str
    target: str
    hashtag_key: str | None
    hashtag_id: str | None
    was_loaded: bool = False


class Plans:
    """The plans in a journal.

    Args:
        write: Runs work in a transaction of the journal, and returns when it is on disk.
        reader: Returns the calling thread's connection for reading.
    """

    def __init__(
        self,
        write: Callable[[Callable[[sqlite3.Connection], object]], object],
        reader: Callable[[], sqlite3.Connection],
    ) -> None:
        self._write, self._reader = write, reader

    def begin(self, project: str, snapshot_date: date, watchlist: bytes, walks: Sequence[PlannedWalk]) -> None:
        """Write a run's plan; returns when it is on disk.

        Args:
            project: The project's name in the ledger.
            snapshot_date: The run's date.
            watchlist: The run's watchlist as JSON, from which the date can be planned again.
            walks: The run's planned walks.
        """
        day = snapshot_date.isoformat()
        rows = [
            (project, day, *(getattr(walk, column.name) for column in fields(PlannedWalk)))  # in the table's order
            for walk in walks
        ]

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_PLAN, (project, day, walks[0].run_id, watchlist))
            connection.executemany(_PLAN_WALK, rows)

        if walks:
            self._write(work)

    def unsettled(self, project: str | None, *, before: date) -> dict[date, list[PlannedWalk]]:
        """Return the walks of earlier dates that are not settled, by date.

        Args:
            project: Only this project's; None for all, if the journal belongs to one project.
            before: The first date that is excluded.
        """
        found: dict[date, list[PlannedWalk]] = defaultdict(list)
        values: dict[str, Any] = {"project": project, "before": before.isoformat()}
        for day, *columns in self._reader().execute(_UNSETTLED, values):
            found[date.fromisoformat(day)].append(PlannedWalk(*columns))
        return dict(found)

    def settle(self, loaded: Iterable[tuple[str, str]]) -> None:
        """Record that the warehouse has the results of these (run id, walk key)."""
        rows = list(loaded)
        if rows:
            self._write(lambda connection: connection.executemany(_SETTLE, rows))

    def watchlist_on(self, project: str | None, day: date) -> bytes | None:
        """Return the watchlist of a date's last run as JSON; None if no run of the date is recorded."""
        found = self._reader().execute(_WATCHLIST, {"project": project, "day": day.isoformat()}).fetchone()
        return found[0] if found else None
