"""Many walks at once: threads fetch pages, the caller's thread decodes them into raw tables for dlt."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Full, Queue
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.schema.typing import TColumnSchema
from dlt.common.storages.load_package import LoadPackageStateInjectableContext

from tiktok_hashtags.errors import RequestError
from tiktok_hashtags.extract.decode import Entity, Origin
from tiktok_hashtags.extract.paging import Verdict, walk
from tiktok_hashtags.extract.results import Step, WalkLog
from tiktok_hashtags.extract.run_tables import SCHEMAS, table_of
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.walk import Walk
from tiktok_hashtags.fetch import ApiClient

BATCH_ITEMS = 2000
BATCH_BYTES = 8 * 1024 * 1024
_QUEUED_PAGES = 16


def raw_tables(
    walks: Sequence[Walk],
    *,
    entities: Sequence[Entity],
    client: ApiClient | None,
    session: Session,
    provider: str | None = None,
) -> Iterator[Any]:
    """Walk all that is not complete yet; yield arrow tables marked with their raw table's name.

    The first tables are empty, so that every column exists from the first load on; the last ones tell of the walks,
    the requests, the rejects and the notices. A failing walk is a row in `walks`, not an exception.
    """
    mark = _Marker()
    provider = client.provider if client else str(provider)
    for entity in entities:
        yield from mark.all(entity.empty())
    for name in SCHEMAS:
        if not name.startswith("watchlist"):
            yield mark(name, table_of(name, []))
    open_walks = [item for item in walks if not item.is_done(session)]
    log = WalkLog(session, provider)
    for batch in _batches(_steps(open_walks, client, session), log):
        yield from mark.all(batch)
    for name, rows in log.run_rows(open_walks).items():
        yield mark(name, table_of(name, rows))


def marked_tables(tables: Mapping[str, pa.Table]) -> Iterator[Any]:
    """Yield arrow tables marked with their raw table's name."""
    yield from _Marker().all(tables)


class _Marker:
    """Gives arrow tables a raw table's name, its load id, and (once) its hints."""

    def __init__(self) -> None:
        container = Container()
        has_package = LoadPackageStateInjectableContext in container  # a container has no get()
        context = container[LoadPackageStateInjectableContext] if has_package else None
        self._load_id = context.load_id if context else None
        self._hinted: set[str] = set()

    def __call__(self, name: str, table: pa.Table) -> Any:  # dlt's marked item has no public type
        table = table.append_column("_dlt_load_id", pa.array([self._load_id] * table.num_rows, pa.string()))
        if name in self._hinted:
            return dlt.mark.with_table_name(table, name)
        self._hinted.add(name)
        columns: dict[str, TColumnSchema] = {
            column.name: {"name": column.name, "data_type": "timestamp", "timezone": False}
            for column in table.schema
            if pa.types.is_timestamp(column.type)
        }
        hints = dlt.mark.make_hints(table_name=name, write_disposition="append", columns=columns)
        return dlt.mark.with_hints(table, hints, create_table_variant=True)

    def all(self, tables: Mapping[str, pa.Table]) -> Iterator[Any]:
        """Mark several tables, leaving out those without rows once their columns are known."""
        for name, table in tables.items():
            if table.num_rows or name not in self._hinted:
                yield self(name, table)


def _steps(walks: Sequence[Walk], client: ApiClient | None, session: Session) -> Iterator[Step]:
    """Yield the pages and ends of all walks as they come, a bounded number ahead."""
    queue: Queue[Step] = Queue(maxsize=_QUEUED_PAGES)
    is_abandoned = threading.Event()
    with ThreadPoolExecutor(session.concurrency, thread_name_prefix="walk") as pool:
        try:
            for item in walks:
                pool.submit(_walk_into, queue, item, client, session, is_abandoned)
            ends = 0
            while ends < len(walks):
                step = queue.get()
                if step.fault:
                    raise step.fault
                ends += step.page is None
                yield step
        finally:
            is_abandoned.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _walk_into(
    queue: Queue[Step], item: Walk, client: ApiClient | None, session: Session, is_abandoned: threading.Event
) -> None:
    for step in _steps_of(item, client, session):
        while not is_abandoned.is_set():
            try:
                queue.put(step, timeout=0.2)
                break
            except Full:
                continue
        if is_abandoned.is_set():
            return


def _steps_of(item: Walk, client: ApiClient | None, session: Session) -> Iterator[Step]:
    started_at = session.clock()
    try:
        pages = walk(item.fetch(client, session, item, item.key(session)), item.rules)
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
    except Exception as error:  # noqa: BLE001  # handed to the reading thread, which raises it
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
