"""Trend lists and searches: ranks, newcomers and departures."""

from __future__ import annotations

from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, table

LIST_LIMIT = 24
CHARTED_RANKS = 12

_LISTS = """
select
    trend_source,
    country_code,
    max(country_name) as country_name,
    industry_id,
    max(industry_name) as industry_name,
    period_days,
    is_new_on_board,
    max(snapshot_date) as snapshot_date,
    count(distinct snapshot_date) as date_count,
    row_number() over (
        order by max(country_name), country_code, trend_source, period_days, industry_id, is_new_on_board
    ) as list_number,
    count(*) over () as list_count
from {reporting}.rpt_trend_discovery
where source_kind = 'trend' and snapshot_date > {day_31_before}
group by trend_source, country_code, industry_id, period_days, is_new_on_board
order by list_number
limit {limit}
"""
_OF_LIST = """
    trends.trend_source = lists.trend_source
    and trends.country_code = lists.country_code
    and trends.industry_id = lists.industry_id
    and trends.period_days = lists.period_days
    and trends.is_new_on_board = lists.is_new_on_board
"""
_BOARD = """
with lists as ({lists})

select
    lists.list_number,
    trends.hashtag_key,
    trends.hashtag_name,
    trends.rank,
    trends.previous_rank,
    trends.rank_move,
    trends.status,
    trends.days_on_list,
    trends.first_listed_date,
    trends.publish_count,
    trends.list_view_count,
    trends.real_view_count,
    trends.view_gain_per_day
from {reporting}.rpt_trend_discovery as trends
inner join lists on {of_list} and trends.snapshot_date = lists.snapshot_date
where trends.source_kind = 'trend' and (trends.rank <= 50 or trends.status = 'left')
order by lists.list_number, trends.rank nulls last, trends.hashtag_key
"""
_RANKS = """
with
lists as ({lists}),

leaders as (
    select lists.list_number, trends.hashtag_key
    from {reporting}.rpt_trend_discovery as trends
    inner join lists on {of_list} and trends.snapshot_date = lists.snapshot_date
    where trends.source_kind = 'trend' and trends.rank <= {ranks}
)

select lists.list_number, trends.hashtag_key, trends.snapshot_date, min(trends.rank) as rank
from {reporting}.rpt_trend_discovery as trends
inner join lists on {of_list}
inner join leaders on lists.list_number = leaders.list_number and trends.hashtag_key = leaders.hashtag_key
where trends.source_kind = 'trend' and trends.rank is not null and trends.snapshot_date > {day_31_before}
group by lists.list_number, trends.hashtag_key, trends.snapshot_date
order by lists.list_number, trends.hashtag_key, trends.snapshot_date
"""
_SEARCHES = """
with
newest as (
    select keyword, max(snapshot_date) as snapshot_date
    from {reporting}.rpt_trend_discovery
    where source_kind = 'search' and snapshot_date > {day_31_before}
    group by keyword
)

select
    found.keyword,
    found.snapshot_date,
    found.hashtag_key,
    found.hashtag_name,
    found.rank,
    found.rank_move,
    found.status,
    found.real_view_count,
    found.view_gain_per_day
from {reporting}.rpt_trend_discovery as found
inner join newest on found.keyword = newest.keyword and found.snapshot_date = newest.snapshot_date
where found.source_kind = 'search' and found.rank is not null
order by found.keyword, found.rank, found.hashtag_key
limit {limit}
"""


def _trends(marts: Marts) -> dict[str, Any]:
    return {
        "lists": table(marts.rows(_LISTS, limit=LIST_LIMIT)),
        "board": table(marts.rows(_on_lists(_BOARD), limit=LIST_LIMIT)),
        "ranks": table(marts.rows(_on_lists(_RANKS), limit=LIST_LIMIT, ranks=CHARTED_RANKS)),
        "charted_ranks": CHARTED_RANKS,
    }


def _on_lists(sql: str) -> str:
    return sql.replace("{lists}", _LISTS).replace("{of_list}", _OF_LIST)


PARTS = {
    "trends": Part(("rpt_trend_discovery",), _trends),
    "searches": Part(("rpt_trend_discovery",), lambda marts: table(marts.rows(_SEARCHES, limit=300))),
}
