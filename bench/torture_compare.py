# ruff: noqa: S608  # queries are made of names of the product's own tables
"""Compare a project that faults were injected into with a twin that lived the same dates without any.

A crawl that never ended has a row in raw.walks that says so. `matched` takes a copy of the twin and exchanges the rows
of those crawls alone; then every cell of the marts has to be the same, so each difference has such a row as its cause.
"""

from __future__ import annotations

import copy
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from torture_site import Rows, Site

LOADED = "_dlt_load_id in (select load_id from raw._dlt_loads where status = 0)"
OF_THE_RUN = {"walks", "api_requests", "watchlist", "watchlist__campaigns", "notices", "rejects"}
OF_THE_LOAD = {"_dlt_load_id", "_dlt_id", "run_id"}
# These describe the runs themselves, and so differ when there were more of them.
ABOUT_RUNS = {"fct_api_requests", "fct_walks", "rpt_data_cost", "rpt_coverage"}
ABOUT_RUNS_COLUMNS = {"observed_at", "run_id"}
_TWICE = """
select 'request', request_id, count(*) from marts.fct_api_requests group by request_id having count(*) > 1
union all
select 'walk', concat(run_id, ' ', walk_key), count(*)
from marts.fct_walks group by run_id, walk_key having count(*) > 1
"""


def columns(site: Site, *schemas: str) -> dict[str, list[str]]:
    """Return the columns of each table of some schemas, as `schema.table`."""
    listed = ", ".join(f"'{name}'" for name in schemas)
    query = f"""
        select table_schema, table_name, column_name from information_schema.columns
        where table_schema in ({listed}) order by table_schema, table_name, ordinal_position
    """
    found: dict[str, list[str]] = defaultdict(list)
    for schema, table, column in site.rows(query):
        found[f"{schema}.{table}"].append(column)
    return found


def items(site: Site) -> list[str]:
    """Return the raw tables that hold what the APIs answered."""
    found = columns(site, "raw")
    names = {name.removeprefix("raw."): of_table for name, of_table in found.items()}
    return [name for name, of_table in names.items() if "request_key" in of_table and name not in OF_THE_RUN]


def raw_rows(site: Site, day: str) -> dict[str, set[tuple[Any, ...]]]:
    """Return what a date observed, by table: the request key, and then every column that no load or signature made."""
    found = {}
    of_table = columns(site, "raw")
    for table in items(site):
        kept = sorted(c for c in of_table[f"raw.{table}"] if c not in OF_THE_LOAD | {"request_key"} and "log" not in c)
        listed = ", ".join(f'"{column}"' for column in ("request_key", *kept))
        rows = site.rows(f"select {listed} from raw.{table} where snapshot_date = '{day}' and {LOADED}")
        found[table] = {tuple(_unsigned(value) for value in row) for row in rows}
    return {table: rows for table, rows in found.items() if rows}


def _unsigned(value: Any) -> Any:
    return "a URL" if isinstance(value, str) and value.startswith("http") else value


def walks(site: Site) -> dict[str, tuple[Any, ...]]:
    """Return date, provider, endpoint, target, reason and completeness by walk key; one complete result is enough."""
    query = f"""
        select walk_key, cast(snapshot_date as varchar), provider, endpoint, target, stop_reason, is_complete
        from raw.walks where {LOADED} order by is_complete, observed_at, run_id
    """
    return {key: (day, *row) for key, day, *row in site.rows(query)}


def keys_of_walks(site: Site) -> dict[str, set[str]]:
    """Return the request keys of the pages that each walk read, by walk key."""
    found: dict[str, set[str]] = defaultdict(set)
    query = f"select walk_key, request_key from raw.api_requests where outcome in ('ok', 'replayed') and {LOADED}"
    for walk, key in site.rows(query):
        found[walk].add(key)
    return found


def lost_walks(site: Site, twin: Site) -> tuple[set[str], set[str]]:
    """Return the walk keys of the twin that the site did not complete, and the dates on which it has no walk at all."""
    mine, theirs = walks(site), walks(twin)
    dates = {row[0] for row in theirs.values()} - {row[0] for row in mine.values()}
    return {key for key in theirs if key not in mine or not mine[key][5]}, dates


def matched(site: Site, twin: Site, folder: Path) -> Site:
    """Copy the twin's project, and give the copy the site's rows of the walks that the site did not complete."""
    lost, dates = lost_walks(site, twin)
    shutil.copytree(twin.folder, folder)
    copied = copy.copy(twin)
    copied.folder = folder
    there, here = keys_of_walks(twin), keys_of_walks(site)
    keys = {key for walk in lost for key in (*there[walk], *here[walk])}
    with duckdb.connect(copied.warehouse) as connection:
        for table in items(twin):
            _exchange(connection, site, table, f"request_key in ({_listed(keys)})")
        for table in ("walks", "api_requests"):
            _exchange(connection, site, table, f"walk_key in ({_listed(lost)})")
        for table in ("watchlist", "watchlist__campaigns"):
            connection.execute(f"delete from raw.{table} where snapshot_date::varchar in ({_listed(dates)})")
        known = {name for (name,) in connection.execute("select load_id from raw._dlt_loads").fetchall()}
        loads = site.rows("select load_id, schema_name, status, inserted_at, schema_version_hash from raw._dlt_loads")
        new = [row for row in loads if row[0] not in known]
        if new:
            connection.executemany("insert into raw._dlt_loads values (?, ?, ?, ?, ?)", new)
    return copied


def _exchange(connection: duckdb.DuckDBPyConnection, site: Site, table: str, condition: str) -> None:
    connection.execute(f"delete from raw.{table} where {condition}")
    listed = columns(site, "raw").get(f"raw.{table}")
    if listed:
        names = ", ".join(f'"{name}"' for name in listed)
        rows = site.rows(f"select {names} from raw.{table} where {condition}")
        marks = ", ".join("?" for _ in listed)
        if rows:
            connection.executemany(f"insert into raw.{table} ({names}) values ({marks})", rows)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names)) or "''"


def marts(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """Return every cell of every mart, except what describes the runs, and the URLs, which each request signs anew."""
    found = {}
    for name, listed in columns(site, "marts", "reporting").items():
        if name.partition(".")[2] in ABOUT_RUNS:
            continue
        kept = sorted(c for c in listed if c not in ABOUT_RUNS_COLUMNS and not c.endswith("_url"))
        rows = site.rows(f"select {', '.join(kept)} from {name}")
        found[name] = sorted((tuple(map(_plain, row)) for row in rows), key=repr)
    return found


def _plain(value: Any) -> Any:
    """Return a value without the last bits, which two warehouses may compute differently."""
    if isinstance(value, Decimal | float):
        return float(f"{value:.12g}")
    return value.isoformat() if isinstance(value, date) else value


def cells(tables: dict[str, Rows]) -> int:
    """Count cells."""
    return sum(len(row) for rows in tables.values() for row in rows)


def differing(found: dict[str, Rows], expected: dict[str, Rows]) -> list[str]:
    """Describe the rows by table that only one side has."""
    described = []
    for name in sorted({*found, *expected}):
        mine, theirs = set(map(repr, found.get(name, []))), set(map(repr, expected.get(name, [])))
        if found.get(name, []) != expected.get(name, []):
            described.append(
                f"{name}: {len(found.get(name, []))} rows, expected {len(expected.get(name, []))}; only here "
                f"{sorted(mine - theirs)[:2]}, only in the twin {sorted(theirs - mine)[:2]}"
            )
    return described


def twice(site: Site) -> list[str]:
    """Describe the requests and walks that the marts about runs hold more than once."""
    return [f"twice in the marts: {row}" for row in site.rows(_TWICE)]


def in_words(found: Iterable[tuple[Any, ...]]) -> str:
    """List walks in a line."""
    return ", ".join(f"{provider} {endpoint} of {target}" for _, provider, endpoint, target, *_ in found)
