"""A run: lock, finish what is pending, fetch and load each provider, transform, publish, verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from datetime import time as midnight

from tiktok_hashtags import providers
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.errors import PackageError, TiktagsError, worst_exit_code
from tiktok_hashtags.extract import Known, Session, SourceRun, watchlist_source
from tiktok_hashtags.jobs.opened import Opened, Options, locked, open_project
from tiktok_hashtags.jobs.outcome import Outcome, count, walk_exit_code
from tiktok_hashtags.jobs.plan import ProviderPlan, check_limits, plan_run, refusals, unserved
from tiktok_hashtags.jobs.signals import Stopping, stopping
from tiktok_hashtags.project import Project
from tiktok_hashtags.report import report_run, write_report
from tiktok_hashtags.warehouse import Quarantined, RawLayer, build, open_warehouse
from tiktok_hashtags.watchlist import Watchlist

logger = logging.getLogger(__name__)
_STOPPING = "stopping: no further request is sent, what was fetched is being loaded"


def planned(project: Project, options: Options) -> tuple[Watchlist, list[ProviderPlan], list[str]]:
    """Return what a run would ask for now, and a line on each thing that it could not get.

    Raises:
        ConfigError: The watchlist or a setting is wrong.
    """
    with open_project(project) as opened, opened.session(options) as session:
        watchlist = options.watchlist or opened.watchlist
        session.known = opened.raw.known(watchlist, snapshot_date=session.snapshot_date)
        plans = plan_run(watchlist, session, only=options.only)
        notices = () if options.only else unserved(watchlist, plans, session)
        return watchlist, plans, [*(notice["detail"] for notice in notices), *refusals(plans, session)]


def run_project(project: Project, options: Options) -> Outcome:
    """Fetch, load and transform what the watchlist asks for and this date does not have yet.

    After SIGINT or SIGTERM no further request is sent, what was fetched is loaded, and nothing is published unless the
    data tests had passed; where that takes longer than a grace, or at a second signal, the process is left.

    Raises:
        LockedError: Another run is under way.
        ConfigError: The watchlist or a setting is wrong; nothing was sent.
        BudgetError: The worst case is over a limit; nothing was sent.
    """
    with stopping(on_signal=lambda: options.on_stage(_STOPPING)) as signals, locked(project):
        with open_project(project) as opened:
            outcome = _recovered(opened, options, signals)
        if options.transforms and outcome.is_loaded:
            transformed = _transformed(project, outcome, options, signals)
            options.on_stage("writing the report")
            reported = report_run(project, clock=options.clock, problems=outcome.messages)
            outcome.exit_code = worst_exit_code([outcome.exit_code, transformed, reported])
        if signals.was_signalled():
            outcome.exit_code = signals.exit_code
        return outcome


def _recovered(opened: Opened, options: Options, signals: Stopping) -> Outcome:
    """Crawl today, then replay from the journal the dates of any quarantined packages."""
    pending = opened.raw.load_all()
    past = [_passed(opened, past, signals) for past in _past(opened, pending, options)]
    outcome = _passed(opened, options, signals)
    again = [_passed(opened, replace(options, is_offline=True), signals)] if outcome.quarantined else []
    lost = [package for attempt in (*past, *again) for package in attempt.quarantined]
    outcome.messages += map(str, (*pending, *outcome.quarantined, *lost))
    codes = [outcome.exit_code, *(attempt.exit_code for attempt in again), PackageError.exit_code if lost else 0]
    outcome.exit_code = worst_exit_code(codes)
    return outcome


def _past(opened: Opened, packages: Sequence[Quarantined], options: Options) -> Iterator[Options]:
    """Yield how to walk again the earlier dates of packages, as far as the journal has their pages."""
    today = options.clock().date()
    dates = {day for package in packages for day in package.dates if day < today}
    for day in sorted(dates & set(opened.journal.page_dates(since=min(dates, default=today)))):
        options.on_stage(f"replaying {day}")
        yield past_options(opened, day, options)


def past_options(opened: Opened, day: date, options: Options) -> Options:
    """Return how a past date is walked again from the journal, by the watchlist of its own last run.

    Where the warehouse has none of that date, today's is taken. Local dataset files are left out: they are read from
    where they are.
    """
    today = opened.watchlist
    then = opened.raw.watchlist_on(day) or today
    kept = tuple(dataset for dataset in today.datasets if dataset.path is None)
    watchlist = Watchlist(hashtags=then.hashtags, trends=then.trends, searches=then.searches, datasets=kept)
    clock = frozen_clock(datetime.combine(day, midnight()))
    return replace(options, clock=clock, only=(), transforms=False, is_offline=True, watchlist=watchlist)


def _passed(opened: Opened, options: Options, signals: Stopping) -> Outcome:
    """Fetch and load once what the watchlist asks for."""
    raw, watchlist = opened.raw, options.watchlist or opened.watchlist
    quarantined_before = len(raw.quarantined)
    with opened.session(options, stop=signals.event) as session:
        options.on_stage("reading what is known")
        known = raw.known(watchlist, snapshot_date=session.snapshot_date)
        session.known = Known(hashtag_ids=known.hashtag_ids) if options.is_anew else known
        plans = plan_run(watchlist, session, only=options.only)
        if not options.is_offline:
            check_limits(plans, watchlist.limits, max_usd=options.max_usd)
        if not options.only:
            session.tally.notices += unserved(watchlist, plans, session)
        outcome = Outcome(session.run_id, session.snapshot_date.isoformat())
        session.journal.forget_lost_exports(opened.owner, in_warehouse=known.request_count)
        earlier = session.journal.unexported(opened.owner, but_run=session.run_id)
        raw.extract(watchlist_source(watchlist, session, earlier_requests=earlier))
        codes = [_loaded(item, raw, session, outcome, options) for item in plans]
        codes.append(_load_rest(raw, outcome))
        outcome.quarantined = raw.quarantined[quarantined_before:]
        if outcome.is_loaded and not outcome.quarantined:
            session.journal.mark_exported(row["request_id"] for row in earlier)
        count(outcome, session, plans)
        codes += [walk_exit_code(walk) for walk in session.tally.walks]
        if signals.event.is_set():
            codes.append(signals.exit_code)
        outcome.exit_code = worst_exit_code(codes)
        return outcome


def rebuild(
    project: Project, *, full_refresh: bool = False, on_stage: Callable[[str], None] = logger.info
) -> list[str]:
    """Build, test and publish the marts from what is loaded; nothing is sent.

    With `full_refresh` the incremental models are built anew from all of raw, as an upgrade of the models may need.

    Raises:
        LockedError: A run is under way.
        StoppedError: A signal came; what was published before it stays.
        TransformError: dbt failed, or a data test did; the former publication stays.
    """
    with stopping(on_signal=lambda: on_stage("stopping")) as signals, locked(project):
        published = _built_and_published(project, on_stage, signals, full_refresh=full_refresh)
        on_stage("writing the report")
        write_report(project)
        signals.check("the publication and the report are whole")
        return published


def _built_and_published(
    project: Project,
    on_stage: Callable[[str], None],
    signals: Stopping,
    *,
    full_refresh: bool = False,
    on_warning: Callable[[str], None] = lambda _: None,
) -> list[str]:
    def build_marts() -> None:
        for warning in build(project, full_refresh=full_refresh):
            logger.warning("dbt warns: %s", warning)
            on_warning(warning)

    signals.check()
    on_stage("transforming and testing")
    signals.interrupt(build_marts)
    on_stage("publishing")
    return open_warehouse(project).publish()


def _loaded(item: ProviderPlan, raw: RawLayer, session: Session, outcome: Outcome, options: Options) -> int:
    """Load one provider; its failure is its own."""
    if item.is_skipped:
        outcome.skipped.append(item.name)
        logger.info("%s: skipped, there is no key for it and nothing asks for it by name", item.name)
        return 0
    options.on_stage(f"fetching and loading {item.name}")
    source = providers.source(item.name)(run=SourceRun(item.settings, session, item.walks))
    try:
        raw.load(source)
    except PackageError:
        return 0  # walked again from the journal at the end
    except TiktagsError as error:
        outcome.messages.append(f"{item.name}: {error}")
        logger.error("%s", outcome.messages[-1])
        return error.exit_code
    session.journal.mark_exported(row["request_id"] for row in session.journal.requests(session.run_id, item.name))
    return 0


def _load_rest(raw: RawLayer, outcome: Outcome) -> int:
    """Load what is still pending; what cannot be loaded now is said once."""
    try:
        raw.load_all()
    except TiktagsError as error:
        outcome.is_loaded = False
        outcome.messages.append(str(error))
        return error.exit_code
    return 0


def _transformed(project: Project, outcome: Outcome, options: Options, signals: Stopping) -> int:
    def note(warning: str) -> None:
        outcome.notices.append({"provider": "dbt", "entity": "marts", "kind": "data_test", "detail": warning})

    try:
        _built_and_published(project, options.on_stage, signals, on_warning=note)
    except TiktagsError as error:
        outcome.messages.append(str(error))
        logger.error("%s", error)
        return error.exit_code
    return 0
