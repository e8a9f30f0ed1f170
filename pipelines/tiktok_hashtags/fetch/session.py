"""The run that its clients share: id and date, clock, journal and budget."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx

from tiktok_hashtags.clock import Clock
from tiktok_hashtags.errors import InterruptedWalkError, NotJournaledError, RequestError
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.money import Budget, Caps

Sleep = Callable[[float], None]


@dataclass
class Session:
    """One run as its clients see it.

    Args:
        run_id: Unique for each run, sortable by time.
        clock: Gives naive UTC times; may stand still.
        journal: The journal of pages and charges.
        project: Distinguishes this project's requests from those of others in a shared ledger.
        is_shared: Whether other processes may use the same ledger, and so the same keys, at the same time.
        is_offline: Whether pages come from the journal alone, for a replay.
        budget: The run's limits.
        interrupted: The keys of a past date's walks that its runs did not finish.
        caps: The limits of each provider's key for a day and a month.
        transport: Replaces the network (tests, demo); None for the real one.
        clients: One client per provider, so that all its resources keep to one rate limit.
        concurrency: The number of simultaneous walks; the pages of one walk are always in sequence.
    """

    clock: Clock
    journal: Journal
    run_id: str
    snapshot_date: date
    project: str = ""
    is_shared: bool = False
    is_offline: bool = False
    interrupted: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=Budget)
    caps: Mapping[str, Caps] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = None
    concurrency: int = 20
    sleep: Sleep = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """Close the clients; the journal stays open, because another session may use it."""
        for client in self.clients.values():
            client.close()

    def missing_page(self, walk_key: str | None, where: str) -> RequestError:
        """Return the error for a page that is not in the journal and may not be requested."""
        if walk_key in self.interrupted:
            ended = f"the run of {self.snapshot_date} ended before this was requested"
            return InterruptedWalkError(f"{where}: {ended}; what it had paid for is loaded. Nothing was sent.")
        return NotJournaledError(f"{where}: not in the journal. Nothing was sent.")

    def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until the run is asked to stop."""
        if self.sleep is time.sleep:
            self.stop.wait(seconds)
        else:
            self.sleep(seconds)


def new_run_id(now: datetime) -> str:
    """Return a run id that sorts by its time."""
    return f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
