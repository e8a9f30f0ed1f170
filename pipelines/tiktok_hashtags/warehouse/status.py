"""Read-only views of the warehouse: the last runs, the sizes of the marts, and free queries."""

from __future__ import annotations

from itertools import islice
from typing import Any

from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import DATASET, Reader
from tiktok_hashtags.warehouse.kinds import open_warehouse

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


def read_query(project: Project, sql: str, *, limit: int) -> tuple[list[str], Rows]:
    """Return the columns and the first rows of a query.

    Raises:
        ConfigError: There is no warehouse yet, it is being written, or the query is wrong.
    """
    with open_warehouse(project).read() as reader:
        found = reader.rows(sql)
        return list(found.columns), list(islice(found, limit))


def read_status(project: Project) -> dict[str, Any]:
    """Return the last runs, the incomplete walks of the newest one, and the rows of each mart.

    Raises:
        ConfigError: There is no warehouse yet, or it is being written.
    """
    with open_warehouse(project).read() as reader:
        runs = reader.rows(_LAST_RUNS).dicts() if "walks" in reader.tables(DATASET) else []
        incomplete = reader.rows(_INCOMPLETE, runs[0]["run_id"]).dicts() if runs else []
        return {"runs": runs, "incomplete_walks": incomplete, "tables": _row_counts(reader)}


def row_counts(project: Project) -> dict[str, int]:
    """Return the rows of each mart by `schema.table`."""
    with open_warehouse(project).read() as reader:
        return _row_counts(reader)


def _row_counts(reader: Reader) -> dict[str, int]:
    names = [f"{schema}.{table}" for schema in ("marts", "reporting") for table in sorted(reader.tables(schema))]
    return {name: count for name in names for (count,) in reader.rows(f"select count(*) from {name}")}  # noqa: S608  # names of our models
