"""Dates that a run left unfinished: their list, their recovery from the journal, and the messages about them.

A later date's run first loads the paid pages of an unfinished date, from the journal and without a request. The other
pages can no longer be bought, so each walk of the date that did not end gets a row with that reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as midnight
from functools import partial
from typing import NamedTuple

import msgspec

from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.extract import Session, WalkResult
from tiktok_hashtags.fetch import Journal, PlannedWalk, decoder_of, prepare
from tiktok_hashtags.jobs.opened import Opened, Options, journal_path, owner_of
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.plan import ProviderPlan
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import loaded_walks
from tiktok_hashtags.watchlist import Watchlist

_NAMED_WALKS = 10
prepare(Watchlist)


class Unfinished(NamedTuple):
    """The planned walks without a result in the warehouse, by date, and the (run id, walk key) of those with one."""

    walks: dict[date, list[PlannedWalk]]
    loaded: set[tuple[str, str]]


def find_unfinished(
    journal: Journal,
    owner: str | None,
    loaded_walks: Callable[[Collection[str]], set[tuple[str, str]]],
    *,
    before: date,
) -> Unfinished:
    """Compare the plans of earlier dates with the results in the warehouse; nothing is changed.

    Args:
        journal: The plans.
        owner: The project in a ledger that projects share; None if the journal belongs to one project.
        loaded_walks: Returns the (run id, walk key) of the results of some runs.
        before: The first date that is left out.
    """
    planned = journal.plans.unsettled(owner, before=before)
    loaded = loaded_walks({walk.run_id for walks in planned.values() for walk in walks}) if planned else set()
    left = {
        day: [walk for walk in walks if (walk.run_id, walk.walk_key) not in loaded] for day, walks in planned.items()
    }
    return Unfinished({day: walks for day, walks in left.items() if walks}, loaded)


def past_options(
    opened: Opened, day: date, options: Options, *, unsettled_walks: Sequence[PlannedWalk] | None = None
) -> Options:
    """Return the options for replaying a past date from the journal, with the watchlist of its own last run.

    If neither journal nor warehouse has that watchlist, today's is used. Local dataset files are excluded, because they
    are not in the journal.

    Args:
        opened: The project.
        day: The date.
        options: The options of today's run.
        unsettled_walks: Make only these walks; None for all walks of the watchlist.
    """
    stored = opened.journal.plans.watchlist_on(opened.owner, day)
    then = decoder_of(Watchlist).decode(stored) if stored else opened.raw.watchlist_on(day)
    datasets = then.datasets if stored and then else opened.watchlist.datasets
    kept = tuple(dataset for dataset in datasets if dataset.path is None)
    base = then or opened.watchlist
    watchlist = Watchlist(hashtags=base.hashtags, trends=base.trends, searches=base.searches, datasets=kept)
    clock = frozen_clock(datetime.combine(day, midnight()))
    return replace(
        options,
        clock=clock,
        only=(),
        transforms=False,
        is_offline=True,
        watchlist=watchlist,
        unsettled_walks=unsettled_walks,
    )


def begin(
    opened: Opened, session: Session, watchlist: Watchlist, plans: Iterable[ProviderPlan], options: Options
) -> list[WalkResult]:
    """Write a run's planned walks into the journal, before its first request.

    Returns the results of a past date's walks that cannot be made again: their provider has no key any more, or they
    were of a place that could not be read.
    """
    unsettled_walks = {walk.walk_key: walk for walk in options.unsettled_walks or ()}
    planned = [
        PlannedWalk(
            walk_key=walk.key(session),
            run_id=session.run_id,
            provider=walk.provider,
            endpoint=walk.endpoint,
            target=walk.target,
            hashtag_key=walk.hashtag_key,
            hashtag_id=walk.hashtag_id,
            was_loaded=walk.key(session) in unsettled_walks and unsettled_walks[walk.key(session)].was_loaded,
        )
        for item in plans
        if not item.is_skipped
        for walk in item.walks
        if walk.is_dated  # a file is read whenever it exists
    ]
    left = unsettled_walks.keys() - {walk.walk_key for walk in planned}
    complete = session.known.complete_walks.keys() & left
    lost = [replace(unsettled_walks[key], run_id=session.run_id) for key in left - complete]
    opened.journal.plans.settle((unsettled_walks[key].run_id, key) for key in complete)
    opened.journal.plans.begin(
        session.project, session.snapshot_date, msgspec.json.encode(watchlist), [*planned, *lost]
    )
    return [_never_ended(walk, session) for walk in lost]


def narrowed(plans: Iterable[ProviderPlan], session: Session, walks: Sequence[PlannedWalk]) -> list[ProviderPlan]:
    """Return the plans of a past date without the walks that its runs did not plan."""
    keys = {walk.walk_key for walk in walks}
    return [replace(item, walks=[walk for walk in item.walks if walk.key(session) in keys]) for item in plans]


def summed_up(outcome: Outcome, *, is_recovery: bool) -> Outcome:
    """Reduce the outcome of a past date to the one message, or notice, that a person needs."""
    if not is_recovery:
        return replace(outcome, messages=[], notices=[], exit_code=0)
    if not outcome.is_loaded:
        return outcome
    text = _summary(outcome.snapshot_date, outcome.walks)
    if outcome.exit_code:
        return replace(outcome, messages=[text], notices=[])
    notice = {"provider": "", "entity": "walks", "kind": "recovered", "detail": text}
    return replace(outcome, messages=[], notices=[notice])


def _summary(day: str, walks: Sequence[WalkResult]) -> str:
    open_walks = [f"{walk.provider} {walk.endpoint} of {walk.target}" for walk in walks if not walk.is_complete]
    found = f"{day}: results were missing, because a run was interrupted or the warehouse was replaced"
    if not open_walks:
        return f"{found}. All that was paid for is loaded now, and nothing is missing any more."
    named = ", ".join(open_walks[:_NAMED_WALKS])
    more = f" and {len(open_walks) - _NAMED_WALKS} more" if len(open_walks) > _NAMED_WALKS else ""
    return (
        f"{found}. All that was paid for is loaded now, and nothing was sent. "
        f"The date is over, so these stay incomplete: {named}{more}."
    )


def unfinished(project: Project, *, today: date) -> list[str]:
    """Return a sentence for each date with planned walks that have no result in the warehouse.

    Raises:
        ConfigError: The journal or the warehouse cannot be read.
    """
    path = journal_path(project)
    if not path.exists():
        return []
    tomorrow, loaded = today + timedelta(days=1), partial(loaded_walks, project)
    with closing(Journal(path)) as journal:
        found = find_unfinished(journal, owner_of(project), loaded, before=tomorrow)
    return [_unfinished(day, len(walks), today) for day, walks in found.walks.items()]


def _unfinished(day: date, count: int, today: date) -> str:
    walks = "1 walk has" if count == 1 else f"{count} walks have"
    if day == today:
        return f"{day}: {walks} no result yet. Either a run is under way, or the next run completes them."
    return f"{day}: the last run was interrupted, and {walks} no result. The next run loads what was paid for."


def _never_ended(walk: PlannedWalk, session: Session) -> WalkResult:
    now, error = session.clock(), session.missing_page(walk.walk_key, walk.provider)
    return WalkResult(
        walk_key=walk.walk_key,
        provider=walk.provider,
        endpoint=walk.endpoint,
        hashtag_key=walk.hashtag_key,
        hashtag_id=walk.hashtag_id,
        target=walk.target,
        started_at=now,
        finished_at=now,
        pages=0,
        items=0,
        new_items=0,
        stop_reason=error.reason,
        is_complete=False,
        replayed_pages=0,
        last_cursor=None,
        error=error,
    )
