"""The data that a project no longer needs: old pages, raw rows that no mart can see, dlt's leftovers.

A pruning changes no mart, not even after a full refresh, and keeps the whole ledger, which day and month limits and
`usage` count. Raw keeps every observation, because it is the history. Deleted are only copies that a later load
replaced, rows of loads that never completed, and rejects and notices older than `rejects_days`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.config import Retention, read_retention, shared_ledger
from tiktok_hashtags.fetch import Journal, Pages, Part, Store
from tiktok_hashtags.jobs.opened import journal_path, locked, owner_of
from tiktok_hashtags.jobs.recovery import find_unfinished
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import Packages, RawLayer, Tables, size_of

logger = logging.getLogger(__name__)


@dataclass
class Pruning:
    """The data that can be deleted, or were."""

    retention: Retention
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_removed: bool = False
    freed_bytes: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as `tiktags prune --json` prints it."""
        return asdict(self)


def prune_project(
    project: Project,
    *,
    clock: Clock = system_clock,
    retention: Retention | None = None,
    is_wanted: Callable[[Pruning], bool] = lambda _: False,
) -> Pruning:
    """Find the data that can be deleted, and delete them if that is wanted.

    Args:
        project: The project.
        clock: Gives today's date.
        retention: How long data are kept; None reads the configuration.
        is_wanted: Gets the data that can be deleted; returns whether to delete them.

    Raises:
        LockedError: A run is under way.
        ConfigError: A setting is wrong.
        LoadError: Some data could not be deleted.
    """
    kept = retention or read_retention()
    with locked(project):
        stores = _stores(project, kept, clock().date())
        found = Pruning(kept, [part for store in stores for part in store.parts()])
        if not is_wanted(found):
            return found
        before = _size(project)
        for store in stores:
            found.notes += store.remove()
    found.is_removed, found.freed_bytes = True, before - _size(project)
    return found


def _stores(project: Project, retention: Retention, today: date) -> Sequence[Store]:
    cutoff = today - timedelta(days=retention.journal_days)
    rejects = None if retention.rejects_days is None else today - timedelta(days=retention.rejects_days)
    raw, path = RawLayer(project), journal_path(project)
    stores: list[Store] = []
    if path.exists():
        stores.append(Pages(path, cutoff, kept=_unfinished_dates(path, raw, project, today)))
    stores.append(Packages(project.pipelines / "tiktok_hashtags" / "load" / "loaded", cutoff))
    if raw.warehouse.exists():
        stores.append(Tables(raw, rejects))
    return stores


def _unfinished_dates(path: Path, raw: RawLayer, project: Project, today: date) -> Collection[date]:
    """Return the dates whose pages stay, because the warehouse does not have all results of theirs."""
    with closing(Journal(path)) as journal:
        return find_unfinished(journal, owner_of(project), raw.loaded_walks, before=today).walks


def _size(project: Project) -> int:
    ledger = shared_ledger()
    return size_of(project.data) + (ledger.stat().st_size if ledger and ledger.exists() else 0)
