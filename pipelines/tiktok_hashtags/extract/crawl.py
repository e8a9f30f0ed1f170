"""Many crawls at once: threads fetch pages, the caller's thread decodes them into raw tables for dlt.

`WalkLog` keeps the result of each crawl: its verdict, requests, rejects and notices.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from tiktok_hashtags.errors import RequestError
from tiktok_hashtags.extract.bounded_queue import BoundedQueue
from tiktok_hashtags.extract.decode import Entity, Origin, Reject
from tiktok_hashtags.extract.paging import Page, Verdict, walk
from tiktok_hashtags.extract.session import Session, WalkResult
from tiktok_hashtags.extract.tables import Marker, empty_tables, request_rows, table_of, tables_of
from tiktok_hashtags.extract.walk import Walk
from tiktok_hashtags.fetch import ApiClient

logger = logging.getLogger(__name__)
BATCH_ITEMS = 2000
BATCH_BYTES = 8 * 1024 * 1024
_QUEUED_PAGES = 16
_QUEUED_BYTES = 8 * 1024 * 1024
MAX_UNKNOWN = 5_000


@dataclass(frozen=True, slots=True)
class Step:
    """A page of a walk, or (without a page) its end."""

    walk: Walk
    started_at: datetime
    number: int = 0
    first_position: int = 0
    page: Page | None = None
    verdict: Verdict | None = None
    fault: Exception | None = None


def no_client() -> None:
    """Take the place of a client for walks that send nothing."""


def raw_tables(
    walks: Sequence[Walk],
    *,
    entities: Sequence[Entity],
    session: Session,
    provider: str,
    connect: Callable[[], ApiClient | None] = no_client,
) -> Iterator[Any]:
    """Make all walks that are not complete yet; yield arrow tables marked with their raw table's name.

    Args:
        walks: The provider's walks of one resource.
        entities: The raw tables that the walks fill.
        session: The run.
        provider: The provider's name.
        connect: Makes the client when the resource is read.

    The first tables are empty, so that every column exists from the first load on; the last ones hold the walks, the
    requests, the rejects and the notices. A failing walk is a row in `walks`, not an exception.
    """
    mark, client = Marker(), connect()
    empty = {name: table for entity in entities for name, table in entity.empty().items()}
    yield from mark.all({**empty, **empty_tables()})
    open_walks = [item for item in walks if not item.is_done(session)]
    log = WalkLog(session, provider)
    for batch in _batches(_steps(open_walks, client, session), log):
        yield from mark.all(batch)
    yield from mark.all(tables_of(log.run_rows(open_walks)))


def _steps(walks: Sequence[Walk], client: ApiClient | None, session: Session) -> Iterator[Step]:
    """Yield the pages and ends of all walks as they come, a bounded number ahead."""
    queue: BoundedQueue[Step] = BoundedQueue(max_count=_QUEUED_PAGES, max_bytes=_QUEUED_BYTES)
    # Several files at once would take several times the memory and no less time.
    threads = session.concurrency if any(item.worst_requests for item in walks) else 1
    with ThreadPoolExecutor(threads, thread_name_prefix="walk") as pool:
        try:
            for item in walks:
                pool.submit(_walk_into, queue, item, client, session)
            ends = 0
            while ends < len(walks):
                step = queue.get()
                if step.fault:
                    raise step.fault
                ends += step.page is None
                yield step
        finally:
            queue.abandon()
            pool.shutdown(wait=True, cancel_futures=True)


def _walk_into(queue: BoundedQueue[Step], item: Walk, client: ApiClient | None, session: Session) -> None:
    for step in _steps_of(item, client, session):
        size = sum(map(len, step.page.items)) if step.page else 0
        if not queue.put(step, size=size):
            return


def _steps_of(item: Walk, client: ApiClient | None, session: Session) -> Iterator[Step]:
    started_at = session.clock()
    try:
        fetch = item.fetch(client, session, item, item.key(session))
        pages = walk(fetch, item.rules, client.mark_suspect) if client else walk(fetch, item.rules)
        while True:
            try:
                number, first_position, page = next(pages)
            except StopIteration as end:
                if client and end.value.suspect:
                    client.mark_suspect(end.value.suspect)
                yield Step(item, started_at, verdict=end.value)
                return
            yield Step(item, started_at, number, first_position, page)
    except RequestError as error:
        yield Step(item, started_at, verdict=Verdict(stop_reason=error.reason, error=error))
    except Exception as error:  # noqa: BLE001  # passed to the reading thread, which raises it
        yield Step(item, started_at, fault=error)


def _batches(steps: Iterator[Step], log: WalkLog) -> Iterator[dict[str, pa.Table]]:
    """Decode pages in batches of about `BATCH_ITEMS` items or `BATCH_BYTES` an entity, whichever comes first."""
    waiting: dict[str, list[tuple[Origin, Sequence[bytes]]]] = defaultdict(list)
    entities: dict[str, Entity] = {}
    room: dict[str, tuple[int, int]] = {}
    for step in steps:
        if step.page is None:
            log.ended(step)
            continue
        name = step.walk.entity.table
        entities[name] = step.walk.entity
        waiting[name].append((log.origin(step, step.page), step.page.items))
        items, size = room.get(name, (BATCH_ITEMS, BATCH_BYTES))
        room[name] = items - len(step.page.items), size - sum(map(len, step.page.items))
        if min(room[name]) <= 0:
            yield log.decoded(entities[name], waiting.pop(name))
            del room[name]
    for name, pages in waiting.items():
        yield log.decoded(entities[name], pages)


class WalkLog:
    """The results of a resource's walks, for the raw tables that describe the run."""

    def __init__(self, session: Session, provider: str) -> None:
        self._session, self._provider = session, provider
        self._results: list[WalkResult] = []
        self._items: Counter[str] = Counter()
        self._reasons: dict[str, Counter[str]] = defaultdict(Counter)
        self._unknown: dict[str, set[str]] = defaultdict(set)
        self._cut: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def origin(self, step: Step, page: Page) -> Origin:
        """Return the lineage of a page."""
        logger.info(
            "%s %s %s: page %d, %d items",
            self._provider,
            step.walk.endpoint,
            step.walk.target,
            step.number,
            len(page.items),
        )
        self._session.on_page(self._provider, step.walk.target, len(page.items))
        return Origin(
            self._session.run_id,
            page.observed_at.date() if not step.walk.is_dated else self._session.snapshot_date,
            page.observed_at,
            page.request_key,
            step.number,
            step.first_position,
            step.walk.requested,
        )

    def decoded(self, entity: Entity, pages: Sequence[tuple[Origin, Sequence[bytes]]]) -> dict[str, pa.Table]:
        """Decode a batch and count its rows and rejects."""
        batch = entity.decode(pages, max_text_chars=self._session.max_text_chars)
        for column, (count, longest) in batch.cut.items():
            before = self._cut[column]
            self._cut[column] = before[0] + count, max(before[1], longest)
        self._items[entity.table] += sum(len(items) for _, items in pages)
        self._reasons[entity.table].update(reject.reason for reject in batch.rejects)
        self._note_unknown(entity.table, batch.unknown)
        self._session.tally.rows[self._provider] += batch.tables[entity.table].num_rows
        self._session.tally.rejects[self._provider] += len(batch.rejects)
        rejects = [{**self._run_columns(), **self._reject_row(reject)} for reject in batch.rejects]
        return {**batch.tables, "rejects": table_of("rejects", rejects)}

    def ended(self, step: Step) -> None:
        """Record a walk's verdict."""
        verdict = step.verdict or Verdict()
        log = logger.info if verdict.is_complete else logger.warning
        log(
            "%s %s %s: %s after %d pages, %d items%s",
            self._provider,
            step.walk.endpoint,
            step.walk.target,
            verdict.stop_reason,
            verdict.pages,
            verdict.items,
            f" ({verdict.error})" if verdict.error else "",
        )
        result = WalkResult(
            walk_key=step.walk.key(self._session),
            provider=self._provider,
            endpoint=step.walk.endpoint,
            hashtag_key=step.walk.hashtag_key,
            hashtag_id=step.walk.hashtag_id,
            target=step.walk.target,
            started_at=step.started_at,
            finished_at=self._session.clock(),
            pages=verdict.pages,
            items=verdict.items,
            new_items=verdict.new_items,
            stop_reason=verdict.stop_reason,
            is_complete=verdict.is_complete,
            replayed_pages=verdict.replayed_pages,
            last_cursor=verdict.last_cursor,
            error=verdict.error,
        )
        self._results.append(result)
        self._session.tally.walks.append(result)

    def run_rows(self, walks: Sequence[Walk]) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of the run's own tables."""
        run = self._run_columns()
        keys = {item.key(self._session) for item in walks}
        requests = list(self._session.journal.requests(self._session.run_id, self._provider))
        charged: Counter[str] = Counter()
        for row in requests:
            charged[row["walk_key"]] += row["credits"]
        notices = self._notices()
        columns = ("provider", "entity", "kind", "detail")
        self._session.tally.notices += [{name: notice[name] for name in columns} for notice in notices]
        return {
            "walks": [{**run, **result.row(), "credits": charged[result.walk_key]} for result in self._results],
            "api_requests": request_rows(row for row in requests if row["walk_key"] in keys),
            "notices": [{**run, **notice} for notice in notices],
        }

    def _notices(self) -> list[dict[str, str]]:
        drift = [
            {"entity": table, "kind": "drift", "detail": _drift(paths), "fields": "\n".join(sorted(paths))}
            for table, paths in self._unknown.items()
            if paths
        ]
        rejected = [
            {"entity": table, "kind": "rejected", "detail": _rejected(reasons, of=self._items[table])}
            for table, reasons in self._reasons.items()
            if reasons
        ]
        cut = [
            {"entity": column.partition(".")[0], "kind": "cut", "detail": self._cut_detail(column, count, longest)}
            for column, (count, longest) in self._cut.items()
        ]
        missing = [
            {"entity": result.endpoint, "kind": "not_found", "detail": result.target}
            for result in self._results
            if result.stop_reason == "not_found"
        ]
        return [{"provider": self._provider, **notice} for notice in (*drift, *rejected, *cut, *missing)]

    def _cut_detail(self, column: str, count: int, longest: int) -> str:
        texts = "1 text" if count == 1 else f"{count} texts"
        return (
            f"{column}: {texts} cut to {self._session.max_text_chars} characters; the longest has {longest}. "
            "The journal or the file keeps the whole."
        )

    def _note_unknown(self, table: str, paths: set[str]) -> None:
        """Keep the fields that no earlier notice named, up to a limit: an answer can hold any number of keys."""
        known = self._session.known.unnamed_fields.get(table, frozenset())
        room = MAX_UNKNOWN - len(self._unknown[table])
        new = sorted(path for path in paths - self._unknown[table] if path not in known)
        self._unknown[table].update(new[:room])

    def _run_columns(self) -> dict[str, Any]:
        return {
            "run_id": self._session.run_id,
            "snapshot_date": self._session.snapshot_date,
            "observed_at": self._session.clock(),
        }

    def _reject_row(self, reject: Reject) -> dict[str, Any]:
        requested = reject.origin.requested
        return {
            "provider": self._provider,
            "entity": reject.entity,
            "hashtag_key": requested.get("requested_hashtag"),
            "request_key": reject.origin.request_key,
            "page": reject.origin.page,
            "position": reject.position,
            "reason": reject.reason,
            "payload": reject.payload,
            "observed_at": reject.origin.observed_at,
        }


def _drift(paths: set[str]) -> str:
    named = ", ".join(sorted(paths)[:20])
    return f"undocumented fields ({len(paths)}): {named}"


def _rejected(reasons: Counter[str], *, of: int) -> str:
    most = "; ".join(f"{count} x {reason[:200]}" for reason, count in reasons.most_common(3))
    return f"{reasons.total()} of {of} items could not be read and are in raw.rejects: {most}"
