"""What a run opens once and every pass of it uses: the watchlist, the raw tables and the journal."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from tiktok_hashtags import providers
from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.config import max_text_chars, shared_ledger
from tiktok_hashtags.errors import ConfigError, LockedError
from tiktok_hashtags.extract import OnPage, Session, ignore_page
from tiktok_hashtags.fetch import Budget, Caps, Journal, PlannedWalk, Sleep, new_run_id
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import RawLayer
from tiktok_hashtags.watchlist import Limits, Watchlist, read_watchlist

logger = logging.getLogger(__name__)


@dataclass
class Options:
    """How a run is made; the defaults are those of the command.

    Args:
        watchlist: Takes the place of the project's file.
        is_offline: Take pages from the journal alone.
        is_anew: Walk also what is complete for the date.
        unsettled_walks: Walk only these, which a run of a past date planned and did not end.
    """

    clock: Clock = system_clock
    only: Sequence[str] = ()
    concurrency: int = 20
    transforms: bool = True
    max_usd: float | None = None
    watchlist: Watchlist | None = None
    is_offline: bool = False
    is_anew: bool = False
    unsettled_walks: Sequence[PlannedWalk] | None = None
    transport: httpx.BaseTransport | None = None
    sleep: Sleep = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    on_page: OnPage = ignore_page
    on_stage: Callable[[str], None] = logger.info


@dataclass
class Opened:
    """A project with its watchlist, raw tables and journal open.

    Args:
        watchlist: The one of the project's file, which `Options.watchlist` may replace.
        is_shared: Whether the journal is a ledger that other projects may use too.
    """

    project: Project
    watchlist: Watchlist
    raw: RawLayer
    journal: Journal
    is_shared: bool

    @property
    def owner(self) -> str | None:
        """The project in its journal, as `owner_of` returns it."""
        return owner_of(self.project)

    @contextmanager
    def session(self, options: Options, *, stop: threading.Event | None = None) -> Iterator[Session]:
        """Yield a session for one pass.

        Args:
            options: How the pass is made.
            stop: Once it is set, no further request is sent.
        """
        now, limits = options.clock(), (options.watchlist or self.watchlist).limits
        session = Session(
            clock=options.clock,
            journal=self.journal,
            run_id=new_run_id(now),
            snapshot_date=now.date(),
            project=project_name(self.project),
            budget=Budget(_lower(limits.max_usd_per_run, options.max_usd), limits.credits_per_run),
            caps={name: _caps(limits, name) for name in providers.names()},
            is_shared=self.is_shared,
            is_offline=options.is_offline,
            interrupted=frozenset(walk.walk_key for walk in options.unsettled_walks or () if not walk.was_loaded),
            transport=options.transport,
            concurrency=options.concurrency,
            sleep=options.sleep,
            monotonic=options.monotonic,
            stop=stop or threading.Event(),
            max_text_chars=max_text_chars(),
            on_page=options.on_page,
        )
        try:
            yield session
        finally:
            session.close()


def project_name(project: Project) -> str:
    """Return the project's name in a ledger that projects share."""
    return str(project.root.resolve())


def owner_of(project: Project) -> str | None:
    """Return whose requests and plans in the journal are this project's; None if all are.

    A journal of the project's own moves with its folder, so everything in it is this project's.
    """
    return project_name(project) if shared_ledger() else None


def journal_path(project: Project) -> Path:
    """Return where the project's journal is: in a ledger that projects share, or among its own files."""
    return shared_ledger() or project.journal


@contextmanager
def open_project(project: Project) -> Iterator[Opened]:
    """Open what a run uses; nothing is sent.

    Raises:
        ConfigError: The watchlist or the journal is not usable.
    """
    watchlist = read_watchlist(project.watchlist, providers=providers.names())
    raw, journal = RawLayer(project), Journal(journal_path(project))
    try:
        yield Opened(project, watchlist, raw, journal, is_shared=shared_ledger() is not None)
    finally:
        journal.close()


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the project's lock, which the system takes back from a run that died."""
    lock = FileLock(project.lock, timeout=0)
    try:
        project.make_data()
        lock.acquire()
    except Timeout as error:
        raise LockedError(f"another run holds {project.lock.name}; nothing was sent. Wait for it to end.") from error
    except OSError as error:  # of a read-only file system it is no PermissionError
        raise ConfigError(f"{project.data}: cannot be written ({error.strerror}); nothing was sent.") from error
    try:
        yield
    finally:
        lock.release()


def _lower(one: float | None, other: float | None) -> float | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _caps(limits: Limits, name: str) -> Caps:
    return Caps(
        day_credits=limits.credits_per_day.get(name),
        month_credits=limits.credits_per_month.get(name),
        day_usd=limits.max_usd_per_day,
        month_usd=limits.max_usd_per_month,
    )
