# ruff: noqa: S608  # queries are made of names of the tests' own
"""What raw holds, so that two warehouses can be compared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

OF_THE_LOAD = {"_dlt_load_id", "_dlt_id", "run_id", "request_key"}
OF_THE_RUN = {"walks", "api_requests", "watchlist", "watchlist__campaigns", "notices", "rejects"}
Contents = dict[str, set[tuple[Any, ...]]]


def contents(site: Site) -> Contents:
    """The observations in raw that are visible to the marts, each once, without what the sandbox numbers."""
    return {name: set(rows) for name, rows in copies(site).items()}


def copies(site: Site) -> dict[str, Counter[tuple[Any, ...]]]:
    """The same observations with how often each is there; a row that one package has loaded twice is there once."""
    tables = site.rows("select table_name from information_schema.tables where table_schema = 'raw'")
    names = [name for (name,) in tables if name not in OF_THE_RUN and not name.startswith("_dlt")]
    return {name: rows for name in names if (rows := visible(site, name))}


def visible(site: Site, table: str) -> Counter[tuple[Any, ...]]:
    """The rows of a table whose loads are complete."""
    columns = site.rows(
        "select column_name from information_schema.columns where table_schema = 'raw' and table_name = ?"
        " order by column_name",
        table,
    )
    kept = ", ".join(f'"{name}"' for (name,) in columns if name not in OF_THE_LOAD and "log" not in name)
    loaded = "_dlt_load_id in (select load_id from raw._dlt_loads where status = 0)"
    rows = site.rows(f"select {kept} from (select distinct * from raw.{table}) where {loaded}")
    return Counter(tuple("a URL" if str(value).startswith("http") else value for value in row) for row in rows)
