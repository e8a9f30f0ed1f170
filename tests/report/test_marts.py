"""Reading: values as JSON has them, and parts that say what they lack."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tiktok_hashtags.report.marts import Marts, Part, json_value, read_parts, table
from tiktok_hashtags.warehouse.duckdb.database import DuckDbReader


@pytest.fixture
def marts() -> Marts:
    connection = duckdb.connect()
    connection.execute("create schema m; create schema r; create table m.dim_video as select '7' as video_id")
    return Marts(DuckDbReader(connection), marts="m", reporting="r")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (Decimal(321857738740), 321_857_738_740),
        (Decimal("0.25"), 0.25),
        (0.123456789, 0.123457),
        (float("nan"), None),
        (float("-inf"), None),
        (datetime(2026, 11, 20, 6, 5, 59), "2026-11-20 06:05"),
        (date(2026, 11, 20), "2026-11-20"),
        (True, True),
        ("猫", "猫"),
    ],
)
def test_values_become_what_json_has(value: Any, expected: Any) -> None:
    assert json_value(value) == expected


def test_a_table_names_its_columns_once() -> None:
    made = table([{"day": date(2026, 11, 1), "views": 1}, {"day": date(2026, 11, 2), "views": None}])

    assert made == {"columns": ["day", "views"], "rows": [["2026-11-01", 1], ["2026-11-02", None]]}


def test_queries_name_the_schemas_that_were_given(marts: Marts) -> None:
    assert marts.rows("select video_id from {marts}.dim_video limit {limit}", limit=1) == [{"video_id": "7"}]


def test_a_part_without_its_tables_names_them_and_the_others_are_read(marts: Marts) -> None:
    parts = {
        "videos": Part(("dim_video",), lambda marts: marts.rows("select video_id from {marts}.dim_video")),
        "growth": Part(("rpt_hashtag_growth", "dim_video"), lambda marts: marts.rows("select 1 / 0")),
    }

    found = read_parts(marts, parts)

    assert found == {"videos": [{"video_id": "7"}], "growth": {"missing": ["rpt_hashtag_growth"]}}


def test_a_publication_without_facts_has_no_latest_day(marts: Marts) -> None:
    assert marts.latest is None
