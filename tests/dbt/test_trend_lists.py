"""The SQL that finds the walk of a trend list says a list's name as the walk does."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import pytest

from tiktok_hashtags.watchlist.model import TrendList

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros" / "trend_lists.sql"
LISTS = [
    TrendList(country="US"),
    TrendList(source="creative_center", country="BR", period_days=90),
    TrendList(country="GB", period_days=120, industry_id=22_000_000_000, new_on_board=True),
    TrendList(),
]


@pytest.mark.parametrize("trend", LISTS, ids=lambda trend: trend.label)
def test_a_list_has_the_same_name_in_sql_as_in_its_walk(trend: TrendList) -> None:
    macros = jinja2.Environment(autoescape=False).from_string(MACROS.read_text(encoding="utf-8")).module  # noqa: S701
    label = macros.trend_list_label("'all countries'" if trend.country is None else "country_code")  # type: ignore[attr-defined]
    columns = "? as trend_source, ? as country_code, ? as industry_id, ? as period_days, ? as is_new_on_board"
    values = [trend.source, trend.country, trend.industry_id, trend.period_days, trend.new_on_board]

    rows = duckdb.execute(f"select {label} from (select {columns})", values).fetchall()  # noqa: S608  # our own macro

    assert rows == [(trend.label,)]
