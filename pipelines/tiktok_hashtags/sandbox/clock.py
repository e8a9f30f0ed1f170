"""The sandbox's own time, which runs or stands still, and can be set to any day."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """A base time plus the seconds that have passed since it was set.

    Args:
        base: The time to start from; without a time zone it counts as UTC.
        frozen: Whether to stand still at the base time until it is set again.
        monotonic: Seconds from any origin, for tests.
    """

    def __init__(
        self, base: datetime, *, frozen: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.frozen = frozen
        self._monotonic = monotonic
        self.set(base)

    def set(self, base: datetime) -> None:
        """Continue from this time, which may lie before the present one."""
        self._base = base.replace(tzinfo=UTC) if base.tzinfo is None else base.astimezone(UTC)
        self._set_at = self._monotonic()

    def advance(self, seconds: float) -> None:
        """Move forward by this many seconds at once."""
        self.set(self.now() + timedelta(seconds=seconds))

    def now(self) -> datetime:
        """The present time in UTC."""
        if self.frozen:
            return self._base
        return self._base + timedelta(seconds=self._monotonic() - self._set_at)
