"""Read-only looks into the warehouse: what the last runs left, and free queries."""

from __future__ import annotations

from typing import Any

import duckdb

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.project import Project

Rows = list[tuple[Any, ...]]

_LAST_RUNS = """
select
    run_id,
    min(snapshot_date) as snapshot_date,
    min(started_at) as started_at,
    count(*) as walks,
    count(*) filter (where not is_complete) as incomplete_walks,
    sum(items)::bigint as items,
    sum(credits)::bigint as credits
from raw.walks
group by run_id
order by started_at desc, run_id desc
limit 7
"""
_INCOMPLETE = """
select provider, endpoint, target, pages, items, stop_reason, error
from raw.walks
where run_id = ? and not is_complete
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
    with _reading(project) as connection:
        try:
            relation = connection.execute(sql)
        except duckdb.Error as error:
            raise ConfigError(f"the query failed: {error}") from error
        columns = [column[0] for column in relation.description or ()]
        return columns, relation.fetchmany(limit)


def read_status(project: Project) -> dict[str, Any]:
    """Return the last runs, the incomplete walks of the newest one, and the rows of each mart.

    Raises:
        ConfigError: There is no warehouse yet, or it is being written.
    """
    with _reading(project) as connection:
        runs = _dicts(connection, _LAST_RUNS) if _has_table(connection, "raw", "walks") else []
        incomplete = _dicts(connection, _INCOMPLETE, runs[0]["run_id"]) if runs else []
        return {"runs": runs, "incomplete_walks": incomplete, "tables": _row_counts(connection)}


def row_counts(project: Project) -> dict[str, int]:
    """Return the rows of each mart by `schema.table`."""
    with _reading(project) as connection:
        return _row_counts(connection)


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = [f"{schema}.{table}" for schema, table in connection.execute(_TABLES).fetchall()]
    counted = "select count(*) from {}"
    return {name: connection.execute(counted.format(name)).fetchall()[0][0] for name in names}


def _reading(project: Project) -> duckdb.DuckDBPyConnection:
    if not project.warehouse.exists():
        raise ConfigError(f"{project.warehouse}: there is no warehouse yet; `tiktags run` makes one")
    try:
        return duckdb.connect(project.warehouse, read_only=True)
    except duckdb.Error as error:
        raise ConfigError(f"{project.warehouse}: cannot be read now, a run may be writing it: {error}") from error


def _has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    found = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return bool(connection.execute(found, [schema, table]).fetchall())


def _dicts(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> list[dict[str, Any]]:
    relation = connection.execute(sql, list(parameters))
    columns = [column[0] for column in relation.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]
