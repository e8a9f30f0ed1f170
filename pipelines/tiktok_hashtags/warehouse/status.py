"""Read-only views of the warehouse: the last runs, the sizes of the marts, and free queries."""

from __future__ import annotations

import threading
from collections.abc import Collection
from itertools import islice
from typing import Any

from tiktok_hashtags.errors import QueryError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import DATASET, Reader
from tiktok_hashtags.warehouse.kinds import open_warehouse
from tiktok_hashtags.warehouse.known import read_loaded_walks

Rows = list[tuple[Any, ...]]

_LAST_RUNS = """
select
    run_id,
    min(snapshot_date) as snapshot_date,
    min(started_at) as started_at,
    count(*) as walks,
    count(*) filter (where not is_complete) as incomplete_walks,
    cast(sum(items) as bigint) as items,
    cast(sum(credits) as bigint) as credits
from raw.walks
group by run_id
order by started_at desc, max(_dlt_load_id) desc, run_id desc
limit 7
"""
_INCOMPLETE = """
select provider, endpoint, target, pages, items, stop_reason, error
from raw.walks
where run_id = %s and not is_complete
order by provider, endpoint, target
"""
_INTERRUPTED = """
select cast(snapshot_date as text) as snapshot_date, provider, endpoint, target, pages, items
from raw.walks
where stop_reason = 'interrupted' and not is_complete and snapshot_date >= %s
    and walk_key not in (select walk_key from raw.walks where is_complete)
order by snapshot_date desc, provider, endpoint, target
"""


def read_query(project: Project, sql: str, *, limit: int, timeout_seconds: float = 60) -> tuple[list[str], Rows]:
    """Return the columns and the first rows of a query.

    Args:
        project: The project.
        sql: Untrusted text; only a single statement that reads is run.
        limit: The most rows to return.
        timeout_seconds: The time after which the query is stopped.

    Raises:
        ConfigError: There is no warehouse yet, it is being written, or the query is wrong, writes, or takes too long.
    """
    with open_warehouse(project).read() as reader:
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            reader.cancel()

        timer = threading.Timer(timeout_seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            found = reader.rows(sql)
            return list(found.columns), list(islice(found, limit))
        except QueryError as error:
            if not is_late.is_set():
                raise
            raise QueryError(
                f"the query took longer than {timeout_seconds:g} s and was stopped. Nothing was changed. "
                "Narrow it down, or allow more time with --timeout."
            ) from error
        finally:
            timer.cancel()
            timer.join()


def loaded_walks(project: Project, run_ids: Collection[str]) -> set[tuple[str, str]]:
    """Return the (run id, walk key) of some runs' results that are in the warehouse.

    Raises:
        ConfigError: The warehouse is being written, or cannot be read.
    """
    warehouse = open_warehouse(project)
    if not warehouse.exists():
        return set()
    with warehouse.read() as reader:
        return read_loaded_walks(reader, run_ids)


def read_status(project: Project) -> dict[str, Any]:
    """Return the last runs, their interrupted walks, the incomplete walks of the newest one, and the rows of each mart.

    Raises:
        ConfigError: There is no warehouse yet, or it is being written.
    """
    with open_warehouse(project).read() as reader:
        runs = reader.rows(_LAST_RUNS).dicts() if "walks" in reader.tables(DATASET) else []
        incomplete = reader.rows(_INCOMPLETE, runs[0]["run_id"]).dicts() if runs else []
        since = min(run["snapshot_date"] for run in runs) if runs else None
        interrupted = reader.rows(_INTERRUPTED, since).dicts() if runs else []
        return {
            "runs": runs,
            "incomplete_walks": incomplete,
            "interrupted_walks": interrupted,
            "tables": _row_counts(reader),
        }


def row_counts(project: Project) -> dict[str, int]:
    """Return the rows of each mart by `schema.table`."""
    with open_warehouse(project).read() as reader:
        return _row_counts(reader)


def _row_counts(reader: Reader) -> dict[str, int]:
    names = [f"{schema}.{table}" for schema in ("marts", "reporting") for table in sorted(reader.tables(schema))]
    return {name: count for name in names for (count,) in reader.rows(f"select count(*) from {name}")}  # noqa: S608  # names of our models
