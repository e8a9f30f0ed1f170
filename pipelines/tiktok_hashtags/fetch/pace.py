"""The layers that delay calls: a gate for the first one, a minute's slots for all, pauses after faults and 429s.

A request takes a slot before it is sent, and the slot is free again a minute after the answer. So the server never
receives more requests in a minute than there are slots, however long each was under way. If several processes share a
ledger, and so the keys, they count slots in a file. Times come from the system's monotonic clock, which is the same for
all processes and cannot be set.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import tenacity

from tiktok_hashtags.errors import (
    BalanceError,
    BodyError,
    CaptchaError,
    InterruptedRunError,
    LoadError,
    NetworkError,
    QuotaError,
    RateLimitedError,
    RequestError,
    ServerError,
)
from tiktok_hashtags.fetch.calls import Call, Reply, Send
from tiktok_hashtags.fetch.money import PricePlan
from tiktok_hashtags.fetch.session import Session
from tiktok_hashtags.fetch.sqlite_file import opening

MAX_ATTEMPTS = 5
DEFAULT_WAIT_SECONDS = 60.0
MAX_REFUSALS = 2
# Servers round to the millisecond, and their clocks run a little faster or slower.
WINDOW_SECONDS = 60.05
# The longest that a request can have been under way when its process died: connection and deadline.
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
# Two statements: SQLite uses the index for each range, but not for both at once. A time further ahead than any process
# sets it, even one with a slightly later clock, dates from before the system started.
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
# A request under way frees its slot in a minute at the earliest.
_NEXT_FREE = """
select case when is_answered then free_at else :now + :window end as earliest
from slots
where provider = :provider
order by earliest
limit 1 offset :offset
"""


class Stop:
    """The error that stopped a provider, shared by its layers."""

    def __init__(self) -> None:
        self._error: RequestError | None = None

    def set(self, error: RequestError) -> None:
        """Answer every further call with this error."""
        self._error = error

    def check(self) -> None:
        """Raise the error that stopped the provider, if any."""
        if self._error:
            raise self._error


class Gate:
    """Sends the first call alone, so a refused key is sent only once; sends none once the provider is stopped."""

    def __init__(self, send: Send, stop: Stop, provider: str) -> None:
        self._send, self._stop, self._provider = send, stop, provider
        self._first = threading.Lock()
        self._is_open = threading.Event()

    def __call__(self, call: Call) -> Reply:
        """Pass a call on once the first one has its answer or has failed.

        Raises:
            RequestError: The error that stopped the provider.
        """
        if not self._is_open.is_set():
            with self._first:
                if not self._is_open.is_set():
                    return self._alone(call)
        return self._passed(call)

    def _alone(self, call: Call) -> Reply:
        try:
            return self._passed(call)
        finally:
            self._is_open.set()

    def _passed(self, call: Call) -> Reply:
        self._stop.check()
        try:
            reply = self._send(call)
        except RequestError as error:
            if error.stops_provider:
                self._stop.set(error)
            raise
        if reply.is_partial:
            self._stop.set(BalanceError(f"{self._provider}: the balance ran out inside a page of {call.endpoint}"))
        return reply


class Retry:
    """Repeats a call after faults that may pass: connections and 5xx up to five attempts, an unusable body once."""

    def __init__(self, send: Send, session: Session) -> None:
        self._send = send
        backoff = tenacity.wait_random_exponential(multiplier=0.5, max=30)
        self._retrying = tenacity.Retrying(
            sleep=session.pause,
            stop=_is_enough,
            retry=tenacity.retry_if_exception_type((NetworkError, ServerError, BodyError, CaptchaError)),
            wait=lambda state: max(backoff(state), min(_asked_wait(state) or 0.0, MAX_PAUSE_SECONDS)),
            reraise=True,
        )

    def __call__(self, call: Call) -> Reply:
        """Send a call, at most `MAX_ATTEMPTS` times."""
        return self._retrying(self._send, call)


def _is_enough(state: tenacity.RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    attempts = 2 if isinstance(error, BodyError | CaptchaError) else MAX_ATTEMPTS
    return state.attempt_number >= attempts


def _asked_wait(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after_seconds if isinstance(error, RequestError) else None


class Pace:
    """Keeps to the plan's requests per minute; after a 429, all requests of the key wait as long as it demands.

    Args:
        send: The layer below.
        stop: Checked when a call's turn comes, because the provider may have been stopped meanwhile.
        session: The run; processes that share its ledger share the count and the pauses.
        provider: The provider that the key belongs to.
        plan: The plan, whose requests per minute are the limit.
    """

    def __init__(self, send: Send, stop: Stop, session: Session, *, provider: str, plan: PricePlan) -> None:
        self._send, self._stop, self._session, self._provider = send, stop, session, provider
        path = session.journal.path.with_suffix(".pace.sqlite") if session.is_shared else None
        self._slots = Slots(path, provider, plan.requests_per_minute)
        self._turn = threading.Lock()
        self._refusals = 0
        self._used_up: QuotaError | None = None

    def __call__(self, call: Call) -> Reply:
        """Send a call when the plan allows it; after a 429, a single request tests whether the pause is over.

        Raises:
            QuotaError: The answer is still 429 after two waits: the day's limit is reached.
        """
        while True:
            with self._turn:
                slot = self._await_slot()
                is_alone = self._refusals > 0
                reply = self._sent(call, slot, is_alone=True) if is_alone else None
            if not is_alone:
                reply = self._sent(call, slot, is_alone=False)
            if reply is not None:
                return reply

    def close(self) -> None:
        """Close the file with the count."""
        self._slots.close()

    def _await_slot(self) -> int:
        while not self._session.stop.is_set():
            self._stop.check()
            if self._used_up:
                raise self._used_up
            slot, seconds = self._slots.take(self._session.monotonic())
            if slot:
                return slot
            self._session.pause(seconds)
        raise InterruptedRunError(f"{self._provider}: stopped before the next request")

    def _sent(self, call: Call, slot: int, *, is_alone: bool) -> Reply | None:
        """Return the reply, or None after a 429 that has to be waited out."""
        try:
            reply = self._send(call)
        except RateLimitedError as error:
            self._refused(error, is_alone=is_alone)
            return None
        finally:
            self._slots.answered(slot, self._session.monotonic())
        if is_alone:
            self._refusals = 0
        return reply

    def _refused(self, error: RateLimitedError, *, is_alone: bool) -> None:
        if is_alone or not self._refusals:  # those sent together are refused together, and count once
            self._refusals += 1
        self._slots.pause(self._session.monotonic() + _bounded(error.retry_after_seconds))
        if self._refusals > MAX_REFUSALS:
            self._used_up = QuotaError(
                f"{error}; still refused after two waits. The plan's day is used up. Run again after 00:00 UTC."
            )
            raise self._used_up from error


def _bounded(retry_after: float | None) -> float:
    return DEFAULT_WAIT_SECONDS if retry_after is None else min(max(retry_after, 1.0), MAX_PAUSE_SECONDS)


class Slots:
    """As many slots as a provider's plan allows requests per minute, safe for many threads and processes.

    Args:
        path: The SQLite file shared with other processes, in an existing folder; None to count alone.
        provider: The provider whose requests are counted.
        per_minute: The plan's limit.

    Raises:
        ConfigError: The file is not a count of requests.
        LoadError: The disk is full or failing.
    """

    def __init__(self, path: Path | None, provider: str, per_minute: int) -> None:
        path = path or Path(":memory:")
        self._path, self._provider, self._per_minute = path, provider, per_minute
        self._lock = threading.Lock()
        way_out = "delete it; the next run creates a new one."
        with opening(path, _SCHEMA, synchronous="normal", purpose="count of requests", way_out=way_out) as connection:
            self._connection = connection
        self.close = weakref.finalize(self, self._connection.close)

    def take(self, now: float) -> tuple[int, float]:
        """Return the number of the taken slot and 0, or 0 and the seconds to wait before the next try.

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
        """Free a slot a minute from now."""
        update = "update slots set free_at = ?, is_answered = 1 where provider = ? and number = ?"
        with self._transaction() as connection:
            connection.execute(update, (now + WINDOW_SECONDS, self._provider, number))

    def pause(self, until: float) -> None:
        """Hand out no slot before a time."""
        with self._transaction() as connection:
            connection.execute(_LENGTHEN, (self._provider, until, 2 * MAX_PAUSE_SECONDS))

    def _seconds_until_free(
        self, connection: sqlite3.Connection, values: Mapping[str, float | str], now: float
    ) -> float:
        span = connection.execute(f"select ({_LAST}) - ({_FIRST}) + 1", values).fetchone()[0]
        if span < self._per_minute:  # saves counting thousands of rows
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
