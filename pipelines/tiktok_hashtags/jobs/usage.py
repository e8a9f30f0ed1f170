"""The spending, from the ledger."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Any

from tiktok_hashtags.fetch import Journal
from tiktok_hashtags.jobs.opened import journal_path
from tiktok_hashtags.project import Project


def read_usage(project: Project, *, since: date) -> list[dict[str, Any]]:
    """Return requests, credits and dollars by UTC day and provider, from a date on.

    A ledger that several projects share counts them all. `unknown_outcomes` are requests whose answer was lost; they
    count as charged. Dollars are None if a credit has no price.

    Raises:
        ConfigError: The ledger is not usable.
    """
    path = journal_path(project)
    if not path.exists():
        return []
    with closing(Journal(path)) as journal:
        return journal.usage(since=since)
