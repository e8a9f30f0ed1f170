"""Gives one loaded day a past: every raw row again for each day before, with its own run, keys, counts and load.

A tenth of each day's videos is in no other day. `python bench/days.py WAREHOUSE DAYS` makes it that many days in all.
"""

from __future__ import annotations

import sys

import duckdb

_NEW_ID = "case when position % 10 = 0 then (cast({0} as bigint) + day)::text else {0} end"
_SHIFTED = {
    "_dlt_load_id": "(cast(_dlt_load_id as decimal(20, 7)) - day * 86400)::text",
    "load_id": "(cast(load_id as decimal(20, 7)) - day * 86400)::text",
    "run_id": "run_id || '-' || day",
    "request_id": "request_id || '-' || day",
    "request_key": "md5(request_key || day)",
    "walk_key": "left(md5(walk_key || day), 24)",
    "id": _NEW_ID.format("id"),
    "video_id": _NEW_ID.format("video_id"),
    "view_count": "view_count - day * (position % 1000)",
    "like_count": "like_count - day * (position % 100)",
    "snapshot_date": "snapshot_date - day",
    **{
        name: f"{name} - to_days(day)"
        for name in ("observed_at", "requested_at", "started_at", "finished_at", "inserted_at")
    },
}


def add_days(connection: duckdb.DuckDBPyConnection, days: int) -> None:
    """Copy the only day of every raw table to each of the days before it."""
    tables = connection.execute(
        "select table_name, list(column_name) from information_schema.columns where table_schema = 'raw'"
        " and (table_name = '_dlt_loads' or not starts_with(table_name, '_dlt')) group by all order by all"
    ).fetchall()
    for table, columns in tables:
        connection.execute(f"create temp table last_day as from raw.{table}")
        shifted = ", ".join(f"{_SHIFTED[name]} as {name}" for name in columns if name in _SHIFTED)
        connection.execute(
            f"insert into raw.{table} select last_day.* replace ({shifted})"  # noqa: S608  # our own names
            " from last_day, (select unnest(range(1, ?))::int as day)",
            [days],
        )
        connection.execute("drop table last_day")


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], config={"memory_limit": "1GB", "force_compression": "zstd"}) as warehouse:
        add_days(warehouse, int(sys.argv[2]))
