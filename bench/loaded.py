"""Stops a wrong answer from counting as a fast one: compares what was loaded with what the server has.

`python bench/loaded.py WAREHOUSE RELATION HASHTAGS PAGES`; the relation has the columns `id` and `view_count`.
"""

from __future__ import annotations

import sys

import duckdb
from videos import Feeds


def check(warehouse: str, relation: str, feeds: Feeds) -> None:
    """Compare rows, distinct ids and the sum of views."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        query = f"select count(*), count(distinct id), sum(view_count) from {relation}"  # noqa: S608  # our own names
        found = connection.execute(query).fetchall()[0]
    expected = (feeds.videos, feeds.videos, feeds.view_count)
    assert found == expected, f"{relation}: expected {expected}, found {found}"


if __name__ == "__main__":
    check(sys.argv[1], sys.argv[2], Feeds(int(sys.argv[3]), int(sys.argv[4])))
