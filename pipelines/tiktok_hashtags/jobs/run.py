"""A run: lock, finish what is pending, fetch and load each provider, transform, publish, verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from tiktok_hashtags import providers
from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.errors import PackageError, TiktagsError, exit_code_of, message_of, worst_exit_code
from tiktok_hashtags.extract import Known, Session, SourceRun, watchlist_source
from tiktok_hashtags.jobs.opened import Opened, Options, locked, open_project
from tiktok_hashtags.jobs.outcome import Outcome, count, walk_exit_code
from tiktok_hashtags.jobs.plan import ProviderPlan, check_limits, plan_run, refusals, unserved
from tiktok_hashtags.jobs.recovery import begin, find_unfinished, narrowed, past_options, summed_up
from tiktok_hashtags.jobs.room import check_room
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
        hosts = (item.settings.foreign_host for item in plans if item.walks)
        return (
            watchlist,
            plans,
            [
                *(notice["detail"] for notice in (*session.tally.notices, *notices)),
                *refusals(plans, session),
                *(host for host in hosts if host),
            ],
        )


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
    """Load what earlier dates paid for, crawl today, then replay the packages that had to be quarantined."""
    pending = opened.raw.load_all()
    past = _past_dates(opened, pending, options, signals)
    outcome = _passed(opened, options, signals)
    codes = [outcome.exit_code]
    try:
        # Today's pass finds out whether the warehouse was lost or set back.
        past += _past_dates(opened, (), options, signals, done={attempt.snapshot_date for attempt in past})
    except TiktagsError as error:  # what today's pass paid and loaded stands
        outcome.messages.append(str(error))
        codes.append(error.exit_code)
    again = [_passed(opened, replace(options, is_offline=True), signals)] if outcome.quarantined else []
    lost = [package for attempt in (*past, *again) for package in attempt.quarantined]
    outcome.messages += map(str, (*pending, *outcome.quarantined, *lost))
    for attempt in past:
        outcome.messages += attempt.messages
        outcome.notices += attempt.notices
    codes += [attempt.exit_code for attempt in (*past, *again)]
    outcome.exit_code = worst_exit_code([*codes, PackageError.exit_code if lost else 0])
    return outcome


def _past_dates(
    opened: Opened,
    packages: Sequence[Quarantined],
    options: Options,
    signals: Stopping,
    *,
    done: Collection[str] = (),
) -> list[Outcome]:
    """Walk again the earlier dates that were not finished, or that quarantined packages are of, from the journal."""
    today = options.clock().date()
    unfinished, loaded = find_unfinished(opened.journal, opened.owner, opened.raw.loaded_walks, before=today)
    opened.journal.plans.settle(loaded)
    dates = {day for package in packages for day in package.dates if day < today}
    replayable = dates & set(opened.journal.page_dates(since=min(dates, default=today)))
    attempts = []
    for day in sorted({*unfinished, *replayable}):
        if signals.event.is_set():
            break
        if day.isoformat() in done:
            continue
        options.on_stage(f"replaying {day}")
        past = past_options(opened, day, options, unsettled_walks=unfinished.get(day))
        attempts.append(summed_up(_passed(opened, past, signals), is_recovery=day in unfinished))
    return attempts


def _passed(opened: Opened, options: Options, signals: Stopping) -> Outcome:
    """Fetch and load once what the watchlist asks for."""
    raw, watchlist, journal = opened.raw, options.watchlist or opened.watchlist, opened.journal
    quarantined_before = len(raw.quarantined)
    # A past date's walks are never cut short by a signal: their rows would count as the last word on them.
    stop = signals.event if options.unsettled_walks is None else None
    with opened.session(options, stop=stop) as session:
        options.on_stage("reading what is known")
        known = raw.known(watchlist, snapshot_date=session.snapshot_date)
        session.known = Known(hashtag_ids=known.hashtag_ids) if options.is_anew else known
        plans = _checked_plans(opened, watchlist, session, options)
        ended = [] if options.is_anew else begin(opened, session, watchlist, plans, options)
        outcome = Outcome(session.run_id, session.snapshot_date.isoformat())
        journal.forget_lost_exports(opened.owner, in_warehouse=known.request_counts)
        earlier = journal.unexported(opened.owner, but_run=session.run_id)
        session.tally.walks += ended
        raw.extract(watchlist_source(watchlist, session, earlier_requests=earlier, ended_walks=ended))
        codes = [_loaded(item, raw, session, outcome, options) for item in plans]
        codes.append(_load_rest(raw, outcome))
        outcome.quarantined = raw.quarantined[quarantined_before:]
        if outcome.is_loaded and not outcome.quarantined:
            journal.mark_exported([row["request_id"] for row in earlier])
        count(outcome, session, plans)
        codes += [walk_exit_code(walk) for walk in session.tally.walks]
        if signals.event.is_set():
            codes.append(signals.exit_code)
        outcome.exit_code = worst_exit_code(codes)
        return outcome


def _checked_plans(opened: Opened, watchlist: Watchlist, session: Session, options: Options) -> list[ProviderPlan]:
    """Return what each provider is asked for, within the limits and the room on the disk."""
    plans = plan_run(watchlist, session, only=options.only)
    if options.unsettled_walks is not None:
        return narrowed(plans, session, options.unsettled_walks)
    if not options.is_offline:
        check_limits(plans, watchlist.limits, max_usd=options.max_usd)
        check_room(opened.project, plans)
    if not options.only:
        session.tally.notices += unserved(watchlist, plans, session)
    return plans


def rebuild(
    project: Project,
    *,
    full_refresh: bool = False,
    clock: Clock = system_clock,
    on_stage: Callable[[str], None] = logger.info,
) -> list[str]:
    """Build, test and publish the marts from what is loaded; nothing is sent.

    With `full_refresh` the incremental models are built anew from all of raw, as an upgrade of the models may need.

    Raises:
        LockedError: A run is under way.
        StoppedError: A signal came; what was published before it stays.
        TransformError: dbt failed, or a data test did; the former publication stays.
    """
    with stopping(on_signal=lambda: on_stage("stopping")) as signals, locked(project):
        published = _built_and_published(project, on_stage, signals, clock, full_refresh=full_refresh)
        on_stage("writing the report")
        write_report(project, clock=clock)
        signals.check("the publication and the report are whole")
        return published


def _built_and_published(
    project: Project,
    on_stage: Callable[[str], None],
    signals: Stopping,
    clock: Clock,
    *,
    full_refresh: bool = False,
    on_warning: Callable[[str], None] = lambda _: None,
) -> list[str]:
    def build_marts() -> None:
        for warning in build(project, full_refresh=full_refresh, today=clock().date()):
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
    except Exception as error:  # the run goes on, and its answer says what it has paid
        logger.debug("failed", exc_info=True)
        outcome.messages.append(f"{item.name}: {message_of(error)}")
        logger.error("%s", outcome.messages[-1])
        return exit_code_of(error)
    session.journal.mark_run_exported(session.run_id, item.name)
    return 0


def _load_rest(raw: RawLayer, outcome: Outcome) -> int:
    """Load what is still pending; what cannot be loaded now is said once."""
    try:
        raw.load_all()
    except Exception as error:  # the run's answer says what it has paid, whatever ended it
        logger.debug("failed", exc_info=True)
        outcome.is_loaded = False
        outcome.messages.append(message_of(error))
        return exit_code_of(error)
    return 0


def _transformed(project: Project, outcome: Outcome, options: Options, signals: Stopping) -> int:
    def note(warning: str) -> None:
        outcome.notices.append({"provider": "dbt", "entity": "marts", "kind": "data_test", "detail": warning})

    try:
        _built_and_published(project, options.on_stage, signals, options.clock, on_warning=note)
    except Exception as error:  # what the run paid and loaded stands, and its answer says so
        logger.debug("failed", exc_info=True)
        outcome.messages.append(message_of(error))
        logger.error("%s", outcome.messages[-1])
        return exit_code_of(error)
    return 0
