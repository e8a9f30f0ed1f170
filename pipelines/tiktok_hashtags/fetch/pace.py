"""The layer that waits: never more requests in a minute than the plan allows, and none while a 429 lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

from tiktok_hashtags.errors import InterruptedRunError, QuotaError, RateLimitedError
from tiktok_hashtags.fetch.session import Session
from tiktok_hashtags.fetch.slots import MAX_PAUSE_SECONDS, Slots

MAX_WAIT_SECONDS = MAX_PAUSE_SECONDS
DEFAULT_WAIT_SECONDS = 60.0
MAX_REFUSALS = 2


class PaceTransport(httpx.BaseTransport):
    """Keeps to the plan's requests per minute, and waits as long as a 429 says, for all requests of the key.

    Args:
        inner: The layer that sends.
        session: The run; where it shares its ledger, others count and wait with it.
        provider: Whose key it is.
        requests_per_minute: The plan's limit.
        check_open: Raises what has stopped the provider while a request waited for its turn.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        session: Session,
        *,
        provider: str,
        requests_per_minute: int,
        check_open: Callable[[], None],
    ) -> None:
        self._inner, self._session, self._provider, self._check_open = inner, session, provider, check_open
        path = session.journal.path.with_suffix(".pace.sqlite") if session.is_shared else None
        self._slots = Slots(path, provider, requests_per_minute)
        self._turn = threading.Lock()
        self._refusals = 0
        self._used_up: QuotaError | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when the plan allows it; after a 429, one request alone asks whether the pause is over.

        Raises:
            QuotaError: Still 429 after two waits: the day's limit.
        """
        while True:
            with self._turn:
                slot = self._await_slot()
                is_alone = self._refusals > 0
                response = self._sent(request, slot, is_alone=True) if is_alone else None
            if not is_alone:
                response = self._sent(request, slot, is_alone=False)
            if response is not None:
                return response

    def close(self) -> None:
        """Close the file that holds the count."""
        self._slots.close()

    def _await_slot(self) -> int:
        while not self._session.stop.is_set():
            self._check_open()
            if self._used_up:
                raise self._used_up
            slot, seconds = self._slots.take(self._session.monotonic())
            if slot:
                return slot
            self._session.pause(seconds)
        raise InterruptedRunError(f"{self._provider}: stopped before the next request")

    def _sent(self, request: httpx.Request, slot: int, *, is_alone: bool) -> httpx.Response | None:
        """Return the answer, or None where it was a 429 that is to be waited for."""
        try:
            response = self._inner.handle_request(request)
        except RateLimitedError as error:
            self._refused(error, is_alone=is_alone)
            return None
        finally:
            self._slots.answered(slot, self._session.monotonic())
        if is_alone:
            self._refusals = 0
        return response

    def _refused(self, error: RateLimitedError, *, is_alone: bool) -> None:
        if is_alone or not self._refusals:  # those sent together are refused together, and count once
            self._refusals += 1
        self._slots.pause(self._session.monotonic() + _bounded(error.retry_after_seconds))
        if self._refusals > MAX_REFUSALS:
            self._used_up = QuotaError(
                f"{error}; still so after two waits: the plan's day is used up. Run again after 00:00 UTC."
            )
            raise self._used_up from error


def _bounded(retry_after: float | None) -> float:
    return DEFAULT_WAIT_SECONDS if retry_after is None else min(max(retry_after, 1.0), MAX_WAIT_SECONDS)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, given as a number or a date; None where there is none.

    A date counts from the answer's own `Date`, because the clocks of both ends may differ.
    """
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    at = _timestamp(value)
    if at is None:
        return None
    now = _timestamp(response.headers.get("date", ""))
    return max(at - (time.time() if now is None else now), 0.0)


def _timestamp(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
