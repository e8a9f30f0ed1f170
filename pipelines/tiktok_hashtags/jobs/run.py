"""A run: lock, finish what is pending, fetch and load each provider, transform, publish, verdict."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import time as midnight
from typing import Any

import httpx
from filelock import FileLock, Timeout

from tiktok_hashtags import providers
from tiktok_hashtags.clock import Clock, frozen_clock, system_clock
from tiktok_hashtags.config import shared_ledger
from tiktok_hashtags.errors import ConfigError, LockedError, PackageError, TiktagsError, worst_exit_code
from tiktok_hashtags.extract import Known, OnPage, Session, SourceRun, ignore_page, watchlist_source
from tiktok_hashtags.fetch import Budget, Caps, Journal, Sleep, new_run_id
from tiktok_hashtags.jobs.outcome import Outcome, count, walk_exit_code
from tiktok_hashtags.jobs.plan import ProviderPlan, check_limits, plan_run, refusals, unserved
from tiktok_hashtags.jobs.signals import Stopping, stopping
from tiktok_hashtags.project import Project
from tiktok_hashtags.report import report_run, write_report
from tiktok_hashtags.warehouse import Quarantined, RawLayer, build, open_warehouse
from tiktok_hashtags.watchlist import Limits, Watchlist, read_watchlist

logger = logging.getLogger(__name__)
_STOPPING = "stopping: no further request is sent, what was fetched is being loaded"


@dataclass
class Options:
    """How a run is made; the defaults are those of the command.

    Args:
        is_offline: Take pages from the journal alone.
        is_anew: Walk also what is complete for the date.
    """

    clock: Clock = system_clock
    only: Sequence[str] = ()
    concurrency: int = 20
    transforms: bool = True
    max_usd: float | None = None
    watchlist: Watchlist | None = None
    is_offline: bool = False
    is_anew: bool = False
    transport: httpx.BaseTransport | None = None
    sleep: Sleep = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    on_page: OnPage = ignore_page
    on_stage: Callable[[str], None] = logger.info


@contextmanager
def open_session(
    project: Project, options: Options, *, stop: threading.Event | None = None
) -> Iterator[tuple[Watchlist, RawLayer, Session]]:
    """Read the watchlist and the state of the warehouse; nothing is sent.

    Args:
        project: The project.
        options: How the run is made.
        stop: Once it is set, no further request is sent.

    Raises:
        ConfigError: The watchlist or the journal is not usable.
    """
    watchlist = options.watchlist or read_watchlist(project.watchlist, providers=providers.names())
    now, shared = options.clock(), shared_ledger()
    warehouse = RawLayer(project)
    session = Session(
        clock=options.clock,
        journal=Journal(shared or project.journal),
        run_id=new_run_id(now),
        snapshot_date=now.date(),
        project=str(project.root.resolve()),
        budget=Budget(_lower(watchlist.limits.max_usd_per_run, options.max_usd), watchlist.limits.credits_per_run),
        caps={name: _caps(watchlist.limits, name) for name in providers.names()},
        is_shared=shared is not None,
        is_offline=options.is_offline,
        transport=options.transport,
        concurrency=options.concurrency,
        sleep=options.sleep,
        monotonic=options.monotonic,
        stop=stop or threading.Event(),
        on_page=options.on_page,
    )
    try:
        yield watchlist, warehouse, session
    finally:
        session.close()


def _lower(one: float | None, other: float | None) -> float | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _caps(limits: Limits, name: str) -> Caps:
    return Caps(
        day_credits=limits.credits_per_day.get(name),
        month_credits=limits.credits_per_month.get(name),
        day_usd=limits.max_usd_per_day,
        month_usd=limits.max_usd_per_month,
    )


def planned(project: Project, options: Options) -> tuple[Watchlist, list[ProviderPlan], list[str]]:
    """Return what a run would ask for now, and a line on each thing that it could not get.

    Raises:
        ConfigError: The watchlist or a setting is wrong.
    """
    with open_session(project, options) as (watchlist, warehouse, session):
        session.known = warehouse.known(watchlist, snapshot_date=session.snapshot_date)
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
    with stopping(on_told=lambda: options.on_stage(_STOPPING)) as signals, locked(project):
        outcome = _recovered(project, options, signals)
        if options.transforms and outcome.is_loaded:
            transformed = _transformed(project, outcome, options, signals)
            options.on_stage("writing the report")
            reported = report_run(project, clock=options.clock, problems=outcome.messages)
            outcome.exit_code = worst_exit_code([outcome.exit_code, transformed, reported])
        if signals.is_told():
            outcome.exit_code = signals.exit_code
        return outcome


def _recovered(project: Project, options: Options, signals: Stopping) -> Outcome:
    """Crawl today, then replay from the journal the dates of any quarantined packages."""
    today = options.clock().date()
    pending = RawLayer(project).load_all()
    days = _journaled(project, pending, before=today)
    past = [_passed(project, past_options(project, day, options), signals) for day in days]
    outcome = _passed(project, options, signals)
    again = [_passed(project, replace(options, is_offline=True), signals)] if outcome.quarantined else []
    lost = [package for attempt in (*past, *again) for package in attempt.quarantined]
    outcome.messages += map(str, (*pending, *outcome.quarantined, *lost))
    codes = [outcome.exit_code, *(attempt.exit_code for attempt in again), PackageError.exit_code if lost else 0]
    outcome.exit_code = worst_exit_code(codes)
    return outcome


def _journaled(project: Project, packages: Sequence[Quarantined], *, before: date) -> list[date]:
    """Return the dates of packages on which there are pages to walk again."""
    path = shared_ledger() or project.journal
    dates = {day for package in packages for day in package.dates if day < before}
    if not dates or not path.exists():
        return []
    journal = Journal(path)
    try:
        return sorted(dates & set(journal.page_dates(since=min(dates))))
    finally:
        journal.close()


def past_options(project: Project, day: date, options: Options) -> Options:
    """Return how a past date is walked again from the journal, by the watchlist of its own last run.

    Where the warehouse has none of that date, today's is taken. Local dataset files are left out: they are read from
    where they are.
    """
    today = read_watchlist(project.watchlist, providers=providers.names())
    then = RawLayer(project).watchlist_on(day) or today
    kept = tuple(dataset for dataset in today.datasets if dataset.path is None)
    watchlist = Watchlist(hashtags=then.hashtags, trends=then.trends, searches=then.searches, datasets=kept)
    clock = frozen_clock(datetime.combine(day, midnight()))
    options.on_stage(f"replaying {day}")
    return replace(options, clock=clock, only=(), transforms=False, is_offline=True, watchlist=watchlist)


def _passed(project: Project, options: Options, signals: Stopping) -> Outcome:
    """Fetch and load once what the watchlist asks for."""
    with open_session(project, options, stop=signals.event) as (watchlist, warehouse, session):
        options.on_stage("reading what is known")
        known = warehouse.known(watchlist, snapshot_date=session.snapshot_date)
        session.known = Known(hashtag_ids=known.hashtag_ids) if options.is_anew else known
        plans = plan_run(watchlist, session, only=options.only)
        if not options.is_offline:
            check_limits(plans, watchlist.limits, max_usd=options.max_usd)
        if not options.only:
            session.tally.notices += unserved(watchlist, plans, session)
        outcome = Outcome(session.run_id, session.snapshot_date.isoformat())
        # A journal of the project's own goes along with a folder that is moved: all in it is this project's.
        owner = session.project if session.is_shared else None
        session.journal.forget_lost_exports(owner, in_warehouse=known.request_count)
        earlier = session.journal.unexported(owner, but_run=session.run_id)
        warehouse.extract(watchlist_source(watchlist, session, earlier_requests=earlier))
        codes = [_loaded(item, warehouse, session, outcome, options) for item in plans]
        codes.append(_finished(warehouse, session, outcome, earlier))
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
    with stopping(on_told=lambda: on_stage("stopping")) as signals, locked(project):
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


def _loaded(item: ProviderPlan, warehouse: RawLayer, session: Session, outcome: Outcome, options: Options) -> int:
    """Load one provider; its failure is its own."""
    if item.is_skipped:
        outcome.skipped.append(item.name)
        logger.info("%s: skipped, there is no key for it and nothing asks for it by name", item.name)
        return 0
    options.on_stage(f"fetching and loading {item.name}")
    source = providers.source(item.name)(run=SourceRun(item.settings, session, item.walks))
    try:
        warehouse.load(source)
    except PackageError:
        return 0  # walked again from the journal at the end
    except TiktagsError as error:
        outcome.messages.append(f"{item.name}: {error}")
        logger.error("%s", outcome.messages[-1])
        return error.exit_code
    session.journal.mark_exported(row["request_id"] for row in session.journal.requests(session.run_id, item.name))
    return 0


def _finished(warehouse: RawLayer, session: Session, outcome: Outcome, earlier: Sequence[Mapping[str, Any]]) -> int:
    """Load what is still pending; what cannot be loaded now is said once."""
    try:
        gone = warehouse.load_all()
    except TiktagsError as error:
        outcome.is_loaded = False
        outcome.messages.append(str(error))
        return error.exit_code
    if not gone:
        session.journal.mark_exported(row["request_id"] for row in earlier)
    outcome.quarantined = warehouse.quarantined
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
