"""Read-only looks into the warehouse: what the last runs left, and free queries."""

from __future__ import annotations

from itertools import islice
from typing import Any

from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import Reader, database

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
_TABLES = """
select table_schema, table_name
from information_schema.tables
where table_schema in ('marts', 'reporting')
order by table_schema, table_name
"""


def read_query(project: Project, sql: str, *, limit: int) -> tuple[list[str], Rows]:
    """Return the columns and the first rows of a query.

    Raises:
        ConfigError: There is no warehouse yet, it is being written, or the query is wrong.
    """
    with database(project).reading() as reader:
        columns, rows = reader.execute(sql)
        return columns, list(islice(rows, limit))


def read_status(project: Project) -> dict[str, Any]:
    """Return the last runs, the incomplete walks of the newest one, and the rows of each mart.

    Raises:
        ConfigError: There is no warehouse yet, or it is being written.
    """
    with database(project).reading() as reader:
        runs = _dicts(reader, _LAST_RUNS) if _has_table(reader, "raw", "walks") else []
        incomplete = _dicts(reader, _INCOMPLETE, runs[0]["run_id"]) if runs else []
        return {"runs": runs, "incomplete_walks": incomplete, "tables": _row_counts(reader)}


def row_counts(project: Project) -> dict[str, int]:
    """Return the rows of each mart by `schema.table`."""
    with database(project).reading() as reader:
        return _row_counts(reader)


def _row_counts(reader: Reader) -> dict[str, int]:
    names = [f"{schema}.{table}" for schema, table in _rows(reader, _TABLES)]
    counted = "select count(*) from {}"
    return {name: _rows(reader, counted.format(name))[0][0] for name in names}


def _has_table(reader: Reader, schema: str, table: str) -> bool:
    found = "select 1 from information_schema.tables where table_schema = %s and table_name = %s"
    return bool(_rows(reader, found, schema, table))


def _rows(reader: Reader, sql: str, *parameters: object) -> Rows:
    return list(reader.execute(sql, parameters)[1])


def _dicts(reader: Reader, sql: str, *parameters: object) -> list[dict[str, Any]]:
    columns, rows = reader.execute(sql, parameters)
    return [dict(zip(columns, row, strict=True)) for row in rows]
