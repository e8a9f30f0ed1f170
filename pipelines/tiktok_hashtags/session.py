"""What one run has in common: its id and date, its clock, its journal and budget, and what is known already."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.errors import TiktagsError
from tiktok_hashtags.journal import Journal
from tiktok_hashtags.money import Budget, Caps

Sleep = Callable[[float], None]
OnPage = Callable[[str, str, int], None]


def ignore_page(_provider: str, _target: str, _items: int) -> None:
    """Show nothing of a page that came in."""


@dataclass
class Known:
    """What earlier loads left in the warehouse, read before anything is fetched.

    Args:
        request_count: Requests of the ledger that are in the warehouse.
        complete_walks: Walks that need not be bought again: stop reason and items by walk key.
        incomplete_walks: Keys of datasets' walks of this date that came to nothing.
        hashtag_ids: The id of each hashtag key, from details and searches.
        not_found: When a provider last said that a hashtag does not exist, by (provider, hashtag key or id).
        video_ids: Loaded video ids by (provider, hashtag key or id).
        full_walk_dates: The last walk to the end of a feed, by (provider, hashtag key or id).
        unnamed_fields: Fields that no document names and that an earlier notice told of, by raw table.
        missing: Keys of hashtags that details of this run or of the last days did not find.
    """

    request_count: int = 0
    complete_walks: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    incomplete_walks: Container[str] = frozenset()
    hashtag_ids: dict[str, str] = field(default_factory=dict)
    not_found: Mapping[tuple[str, str], date] = field(default_factory=dict)
    video_ids: Mapping[tuple[str, str], Container[str]] = field(default_factory=dict)
    full_walk_dates: Mapping[tuple[str, str], date] = field(default_factory=dict)
    unnamed_fields: Mapping[str, Container[str]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class WalkResult:
    """How one walk of the run ended."""

    walk_key: str
    provider: str
    endpoint: str
    hashtag_key: str | None
    hashtag_id: str | None
    target: str
    started_at: datetime
    finished_at: datetime
    pages: int
    items: int
    new_items: int
    stop_reason: str
    is_complete: bool
    credits: int
    replayed_pages: int
    last_cursor: str | None
    error: TiktagsError | None

    def row(self) -> dict[str, object]:
        """Return the result as a row of the raw table `walks`."""
        values: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "replayed_pages"}
        return {**values, "error": str(self.error) if self.error else None}


@dataclass
class Tally:
    """What a run has done so far, for its summary."""

    walks: list[WalkResult] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    notices: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Session:
    """One run, shared by the sources it drives; a source used alone makes its own.

    Args:
        run_id: Unique for each run, sortable by time.
        clock: Gives naive UTC times; may stand still.
        journal: Where pages and charges are kept.
        project: Tells this project's requests from those of others in a shared ledger.
        is_shared: Whether other processes may use the same ledger, and so the same keys, at the same time.
        is_offline: Whether pages come from the journal alone, for a replay.
        budget: What this run may spend.
        caps: What each provider's key may spend in a day and a month.
        transport: Stands in for the network (tests, demo); None for the real one.
        clients: One client per provider, so that all its resources keep to one rate limit.
        concurrency: Walks at the same time; pages of one walk are always in sequence.
    """

    clock: Clock
    journal: Journal
    run_id: str
    snapshot_date: date
    project: str = ""
    is_shared: bool = False
    is_offline: bool = False
    budget: Budget = field(default_factory=Budget)
    caps: Mapping[str, Caps] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    tally: Tally = field(default_factory=Tally)
    clients: dict[str, Any] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = None
    concurrency: int = 20
    sleep: Sleep = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
    on_page: OnPage = ignore_page

    @classmethod
    def alone(cls, *, clock: Clock = system_clock, ledger_path: str | None = None) -> Session:
        """Return a session for a source that is used without the command line.

        Without a `ledger_path` its journal is a temporary file that goes with the process.
        """
        path = Path(ledger_path) if ledger_path else _temporary_folder() / "journal.sqlite"
        now = clock()
        journal, run_id = Journal(path), new_run_id(now)
        return cls(clock=clock, journal=journal, run_id=run_id, snapshot_date=now.date(), is_shared=bool(ledger_path))

    def close(self) -> None:
        """Close the clients and the journal."""
        for client in self.clients.values():
            client.close()
        self.journal.close()

    def pause(self, seconds: float) -> None:
        """Sleep, but not longer than until the run is told to stop."""
        if self.sleep is time.sleep:
            self.stop.wait(seconds)
        else:
            self.sleep(seconds)


def _temporary_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="tiktags-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def new_run_id(now: datetime) -> str:
    """Return a run id that sorts by its time."""
    return f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
