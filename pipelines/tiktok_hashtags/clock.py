"""The clock of a run: the real one, or one that stands still for demos, tests and backtests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the current time, UTC and naive, as the warehouse stores it."""
    return datetime.now(UTC).replace(tzinfo=None)


def frozen_clock(at: datetime) -> Clock:
    """Return a clock that always shows `at` (an aware time is converted to UTC, a naive one is UTC)."""
    stopped = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return lambda: stopped
