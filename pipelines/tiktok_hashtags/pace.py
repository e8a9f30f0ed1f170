"""The layer that waits: never more requests in a minute than the plan allows, and none while a 429 lasts."""

from __future__ import annotations

import threading
import time
from email.utils import parsedate_to_datetime
from typing import cast

import httpx
from pyrate_limiter import AbstractBucket, Duration, InMemoryBucket, Rate, RateItem, SQLiteBucket

from tiktok_hashtags.errors import InterruptedRunError, QuotaError, RateLimitedError
from tiktok_hashtags.session import Session

MAX_WAIT_SECONDS = 900.0
DEFAULT_WAIT_SECONDS = 60.0
# A strict sliding window counts arrivals, which jitter by the network's latency.
WINDOW_MS = int(Duration.MINUTE) + 750


class PaceTransport(httpx.BaseTransport):
    """Keeps to the plan's requests per minute, and waits as long as a 429 says, for all requests of the key."""

    def __init__(
        self, inner: httpx.BaseTransport, session: Session, *, provider: str, requests_per_minute: int
    ) -> None:
        self._inner, self._session, self._provider = inner, session, provider
        self._bucket = _bucket(session, provider, Rate(requests_per_minute, WINDOW_MS))
        self._lock = threading.Lock()
        self._resume_at = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when the plan allows it.

        Raises:
            QuotaError: Still 429 after two waits: the day's limit.
        """
        for is_last in (False, False, True):
            self._await_turn()
            try:
                return self._inner.handle_request(request)
            except RateLimitedError as error:
                if is_last:
                    raise QuotaError(
                        f"{error}; still so after two waits: the plan's day is used up. Run again after 00:00 UTC."
                    ) from error
                resume_at = self._session.monotonic() + _bounded(error.retry_after_seconds)
                self._resume_at = max(self._resume_at, resume_at)
        raise AssertionError("unreachable")

    def _await_turn(self) -> None:
        while not self._session.stop.is_set():
            seconds = self._seconds_to_wait()
            if seconds == 0:
                return
            self._session.pause(seconds)
        raise InterruptedRunError(f"{self._provider}: stopped before the next request")

    def _seconds_to_wait(self) -> float:
        now = self._session.monotonic()
        if self._resume_at > now:
            return self._resume_at - now
        with self._lock:
            item = RateItem(self._provider, _milliseconds(self._session))
            self._bucket.leak(item.timestamp)
            if self._bucket.put(item):
                return 0.0
            return max(cast(int, self._bucket.waiting(item)), 1) / 1000


def _bucket(session: Session, provider: str, rate: Rate) -> AbstractBucket:
    """Return where the requests of the last minute are counted: in a file, if other processes use the key too."""
    if not session.is_shared:
        return InMemoryBucket([rate])
    path = str(session.journal.path.with_suffix(".pace.sqlite"))
    return SQLiteBucket.init_from_file([rate], table=provider, db_path=path, use_file_lock=True)


def _milliseconds(session: Session) -> int:
    """Return a time that all who count in the same bucket share."""
    return int((time.time() if session.is_shared else session.monotonic()) * 1000)


def _bounded(retry_after: float | None) -> float:
    return DEFAULT_WAIT_SECONDS if retry_after is None else min(max(retry_after, 1.0), MAX_WAIT_SECONDS)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, given as a number or a date; None where there is none."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        at: float = parsedate_to_datetime(value).timestamp()
        return max(at - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
