"""The requests of the last minute, counted in a file where several processes share a ledger, and so the keys.

A request takes a slot before it is sent, and the slot is free again a minute after the answer. So no minute at the
server's end holds more requests than there are slots, however long each of them was on its way. Times are those of the
system's monotonic clock, which all processes see alike and nobody sets.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tiktok_hashtags.errors import ConfigError, LoadError
from tiktok_hashtags.fetch.sqlite_file import MAKE_ROOM, is_busy, is_storage_fault, open_shared

# Servers round to the millisecond, and their clocks run a little faster or slower.
WINDOW_SECONDS = 60.05
# What a request without an answer may have taken until its process died: connection and deadline.
LONGEST_REQUEST_SECONDS = 90.0
MAX_PAUSE_SECONDS = 900.0

_SCHEMA = """
create table if not exists slots (
    provider text not null, number integer not null, free_at real not null, is_answered integer not null default 0,
    primary key (provider, number)
) without rowid;
create index if not exists slots_by_time on slots (provider, free_at);
create table if not exists pauses (provider text primary key, until real not null) without rowid;
"""
# Two statements: SQLite finds each range by the index, but not both in one. What lies ahead further than any process
# would set it, though it may have looked at the clock a moment later, is from before the system started.
_FORGET = (
    "delete from slots where provider = :provider and free_at <= :now",
    "delete from slots where provider = :provider and free_at > :now + :horizon",
)
_PAUSE = "select until from pauses where provider = :provider and until > :now and until <= :now + :longest"
_LENGTHEN = """
insert into pauses values (?, ?)
on conflict (provider) do update
set until = case when until between excluded.until and excluded.until + ? then until else excluded.until end
"""
_LAST = "select coalesce(max(number), 0) from slots where provider = :provider"
_FIRST = "select coalesce(min(number), 1) from slots where provider = :provider"
_COUNT = "select count(*) from slots where provider = :provider"
# A request under way gives its slot back in a minute at the earliest.
_NEXT_FREE = """
select case when is_answered then free_at else :now + :window end as earliest
from slots
where provider = :provider
order by earliest
limit 1 offset :offset
"""


class Slots:
    """As many slots as a provider's plan has requests a minute, safe to use from many threads and processes.

    Args:
        path: The SQLite file that others share, in a folder that exists; None to count alone.
        provider: Whose requests are counted.
        per_minute: The plan's limit.

    Raises:
        ConfigError: The file is something else.
        LoadError: The disk is full or fails.
    """

    def __init__(self, path: Path | None, provider: str, per_minute: int) -> None:
        path = path or Path(":memory:")
        self._path, self._provider, self._per_minute = path, provider, per_minute
        self._lock = threading.Lock()
        try:
            self._connection = open_shared(path, _SCHEMA, synchronous="normal")
        except sqlite3.Error as error:
            if is_storage_fault(error):
                raise LoadError(f"{path}: cannot be opened ({error}); {MAKE_ROOM}. Nothing was sent.") from error
            advice = "another program holds it" if is_busy(error) else "delete it, it is made anew"
            raise ConfigError(
                f"{path}: not usable for counting requests ({error}); {advice}. Nothing was sent."
            ) from error
        self.close = weakref.finalize(self, self._connection.close)

    def take(self, now: float) -> tuple[int, float]:
        """Return the number of the slot that was taken and 0, or 0 and the seconds after which to ask again.

        Args:
            now: Seconds of the system's monotonic clock.

        Raises:
            LoadError: The file cannot be written.
        """
        values: dict[str, float | str] = {
            "provider": self._provider,
            "now": now,
            "window": WINDOW_SECONDS,
            "longest": 2 * MAX_PAUSE_SECONDS,
            "horizon": 2 * (WINDOW_SECONDS + LONGEST_REQUEST_SECONDS),
        }
        with self._transaction() as connection:
            for forget in _FORGET:
                connection.execute(forget, values)
            paused = connection.execute(_PAUSE, values).fetchone()
            wait = paused[0] - now if paused else self._seconds_until_free(connection, values, now)
            if wait > 0:
                return 0, wait
            number: int = connection.execute(_LAST, values).fetchone()[0] + 1
            free_at = now + WINDOW_SECONDS + LONGEST_REQUEST_SECONDS
            insert = "insert into slots (provider, number, free_at) values (?, ?, ?)"
            connection.execute(insert, (self._provider, number, free_at))
            return number, 0.0

    def answered(self, number: int, now: float) -> None:
        """Let a slot be free a minute from now."""
        update = "update slots set free_at = ?, is_answered = 1 where provider = ? and number = ?"
        with self._transaction() as connection:
            connection.execute(update, (now + WINDOW_SECONDS, self._provider, number))

    def pause(self, until: float) -> None:
        """Give no slot to anybody before a time."""
        with self._transaction() as connection:
            connection.execute(_LENGTHEN, (self._provider, until, 2 * MAX_PAUSE_SECONDS))

    def _seconds_until_free(
        self, connection: sqlite3.Connection, values: Mapping[str, float | str], now: float
    ) -> float:
        span = connection.execute(f"select ({_LAST}) - ({_FIRST}) + 1", values).fetchone()[0]
        if span < self._per_minute:  # no count of thousands where the numbers alone tell
            return 0.0
        over = connection.execute(_COUNT, values).fetchone()[0] - self._per_minute
        if over < 0:
            return 0.0
        earliest: float = connection.execute(_NEXT_FREE, {**values, "offset": over}).fetchone()[0]
        return earliest - now

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._connection:  # commits, or rolls back
                self._connection.execute("begin immediate")
                yield self._connection
        except sqlite3.Error as error:
            raise LoadError(f"{self._path.name}: cannot count requests: {error}") from error
