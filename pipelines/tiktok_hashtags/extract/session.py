"""The state that the sources of one run share: results of earlier loads, ids learned in this run, and its progress."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path

from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.config import MAX_TEXT_CHARS
from tiktok_hashtags.errors import TiktagsError
from tiktok_hashtags.fetch import Journal, new_run_id
from tiktok_hashtags.fetch import Session as FetchSession

OnPage = Callable[[str, str, int], None]


def ignore_page(_provider: str, _target: str, _items: int) -> None:
    """Ignore a page that came in."""


@dataclass(frozen=True, slots=True)
class Known:
    """The results of earlier loads, read from the warehouse before anything is fetched.

    Args:
        request_counts: The number of requests in the warehouse by the run that made them.
        complete_walks: Walks that need not be bought again: stop reason and items by walk key.
        incomplete_walks: Keys of this date's walks of datasets that failed.
        hashtag_ids: The id of each hashtag key, from details and searches.
        not_found: When a provider last reported a hashtag as missing, by (provider, hashtag key or id).
        video_ids: Loaded video ids by (provider, hashtag key or id).
        full_walk_dates: The last walk to the end of a feed, by (provider, hashtag key or id).
        unnamed_fields: Undocumented fields that an earlier notice named, by raw table.
        missing: Keys of hashtags that the last days' details did not find.
    """

    request_counts: Mapping[str, int] = field(default_factory=dict)
    complete_walks: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    incomplete_walks: Container[str] = frozenset()
    hashtag_ids: Mapping[str, str] = field(default_factory=dict)
    not_found: Mapping[tuple[str, str], date] = field(default_factory=dict)
    video_ids: Mapping[tuple[str, str], Container[str]] = field(default_factory=dict)
    full_walk_dates: Mapping[tuple[str, str], date] = field(default_factory=dict)
    unnamed_fields: Mapping[str, Container[str]] = field(default_factory=dict)
    missing: Container[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WalkResult:
    """The end of one walk of the run."""

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
    replayed_pages: int
    last_cursor: str | None
    error: TiktagsError | None

    def row(self) -> dict[str, object]:
        """Return the result as a row of the raw table `walks`."""
        values: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "replayed_pages"}
        return {**values, "error": str(self.error) if self.error else None}


@dataclass
class Tally:
    """The run's counts so far, for its summary."""

    walks: list[WalkResult] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    notices: list[dict[str, str]] = field(default_factory=list)


class HashtagIds:
    """The hashtag ids from the run's own details and searches, for the walks that need them."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._missing: set[str] = set()

    def learn(self, key: str | None, hashtag_id: str | None) -> None:
        """Remember an id; the first one of a hashtag stays."""
        if key and hashtag_id:
            self._ids.setdefault(key, hashtag_id)

    def learn_missing(self, key: str | None) -> None:
        """Remember that there is no such hashtag."""
        self._missing.add(key or "")

    def id_of(self, key: str | None) -> str | None:
        """Return the id of a hashtag; None if this run has not learned it."""
        return self._ids.get(key or "")

    def is_missing(self, key: str | None) -> bool:
        """Return whether details of this run found no such hashtag."""
        return (key or "") in self._missing

    def ids(self) -> set[str]:
        """Return all ids."""
        return set(self._ids.values())


@dataclass
class Session(FetchSession):
    """One run, shared by its sources; a source used alone makes its own.

    Args:
        known: The results of earlier loads; the run never changes them.
        learned: The ids that this run learns.
        tally: The run's counts so far.
        max_text_chars: The length at which texts are cut in the tables.
        on_page: Called for every page with provider, target and number of items.
    """

    known: Known = field(default_factory=Known)
    learned: HashtagIds = field(default_factory=HashtagIds)
    tally: Tally = field(default_factory=Tally)
    max_text_chars: int = MAX_TEXT_CHARS
    on_page: OnPage = ignore_page

    @classmethod
    def alone(cls, *, clock: Clock = system_clock, ledger_path: str | None = None) -> Session:
        """Return a session for a source that is used without the command line.

        Without a `ledger_path`, its journal is a temporary file, deleted when the process ends.
        """
        path = Path(ledger_path) if ledger_path else _temporary_folder() / "journal.sqlite"
        now = clock()
        journal, run_id = Journal(path), new_run_id(now)
        return cls(clock=clock, journal=journal, run_id=run_id, snapshot_date=now.date(), is_shared=bool(ledger_path))

    def id_of(self, key: str | None) -> str | None:
        """Return a hashtag's id, from earlier loads or from this run; None if it is unknown."""
        return self.known.hashtag_ids.get(key or "") or self.learned.id_of(key)

    def notice(self, provider: str, entity: str, *, kind: str, detail: str) -> None:
        """Tell the user of something that is no error, once."""
        notice = {"provider": provider, "entity": entity, "kind": kind, "detail": detail}
        if notice not in self.tally.notices:
            self.tally.notices.append(notice)

    def is_missing(self, key: str | None) -> bool:
        """Return whether details of this run or of the last days found no such hashtag."""
        return (key or "") in self.known.missing or self.learned.is_missing(key)


def _temporary_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="tiktags-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
