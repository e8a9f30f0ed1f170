"""One small warehouse with every provider in it, built once; each test reads one rule off it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.dbt.everything import (
    DAY,
    HASHTAGS,
    NEWER_COPY,
    NEXT_DAY,
    NEXT_RUN,
    RUNS,
    TRENDS,
    UNDER_WAY,
    VIDEOS,
)

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Raw

Rows = list[tuple[Any, ...]]
Query = Callable[..., Rows]


@pytest.fixture(scope="module")
def warehouse(dbt: Dbt, fresh: Callable[[], Raw], keep: Callable[[str], Raw]) -> Raw:
    """All providers loaded over two days, and one load still under way."""
    raw = fresh()
    raw.create("crawlora", "tikliveapi", "unifapi", "scraper")
    raw.add("1001", DAY, HASHTAGS)
    raw.add("1002", DAY, VIDEOS)
    raw.add("1003", DAY, TRENDS)
    raw.add("1004", DAY, RUNS)
    raw.add("1005", DAY, NEWER_COPY)
    raw.add("1006", NEXT_DAY, NEXT_RUN)
    raw.land("1007", DAY, UNDER_WAY)
    dbt.build()
    return keep("everything")


@pytest.fixture(scope="module")
def query(warehouse: Raw) -> Query:
    return warehouse.execute


def hashtag_stats(query: Query, hashtag_key: str) -> Rows:
    return query(
        "select view_count, video_count, creator_count, precision, provider, strftime(observed_at, '%H:%M') "
        "from marts.fct_hashtag_stats_daily where hashtag_key = ?",
        [hashtag_key],
    )


def test_exact_counts_beat_rounded_ones_and_a_video_count_of_zero_is_unknown(query: Query) -> None:
    assert hashtag_stats(query, "christmas") == [(321_857_738_740, None, None, "exact", "crawlora", "08:00")]


def test_exact_beats_rounded_across_providers_measure_by_measure(query: Query) -> None:
    assert hashtag_stats(query, "diwali") == [(4_987_654_321, 12_000, 777, "exact", "tikliveapi", "08:00")]


def test_the_later_provider_wins_with_its_larger_number(query: Query) -> None:
    assert hashtag_stats(query, "easter") == [(120, 7, 3, "exact", "tikliveapi", "09:00")]


def test_at_the_same_moment_the_better_provider_wins(query: Query) -> None:
    assert hashtag_stats(query, "tie") == [(1, None, None, "exact", "crawlora", "08:00")]


def test_an_answer_without_a_hashtag_is_no_observation(query: Query) -> None:
    assert hashtag_stats(query, "gone") == []
    assert query("select 1 from marts.dim_hashtag where hashtag_key = 'gone'") == []


def test_a_repeat_inside_one_page_keeps_the_larger_count_and_a_null_never_wins(query: Query) -> None:
    rows = query(
        "select view_count, like_count, save_count, download_count, comment_count, provider "
        "from marts.fct_video_stats_daily "
        "where video_id = '7000000000000000001' and snapshot_date = ?",
        [DAY],
    )

    assert rows == [(95, 12, 5, 2, None, "tikliveapi")]


def test_the_newest_copy_of_a_row_replaces_the_older_even_where_it_is_smaller(query: Query) -> None:
    assert query("select view_count from marts.fct_video_stats_daily where video_id = '4'") == [(7,)]
    assert query("select hashtag_key from marts.bridge_video_hashtag where video_id = '4' and is_tagged") == [
        ("replacing",)
    ]


def test_rows_of_a_load_under_way_are_invisible(query: Query) -> None:
    assert query("select view_count from marts.fct_video_stats_daily where video_id in ('5', '99')") == [(1,)]
    assert query("select 1 from marts.dim_hashtag where hashtag_key = 'unseen'") == []


def tags(query: Query, video_id: str) -> Rows:
    return query(
        "select hashtag_key, is_tagged, is_listed from marts.bridge_video_hashtag where video_id = ? order by 1",
        [video_id],
    )


def test_the_list_of_another_provider_overrules_the_caption(query: Query) -> None:
    assert tags(query, "7000000000000000001") == [("christmas", True, True), ("xmas", True, False)]


def test_without_any_list_the_hashtags_come_from_the_caption(query: Query) -> None:
    assert tags(query, "2") == [("christmas", True, True), ("snow", True, False)]


def test_text_extra_and_cha_list_count_together_with_the_requested_hashtag(query: Query) -> None:
    assert tags(query, "3") == [("ski", True, False), ("slope", True, False), ("winter", False, True)]


def test_a_feed_requested_by_id_belongs_to_the_hashtag_of_that_id(query: Query) -> None:
    rows = query(
        "select video_id, feed_rank, provider from marts.fct_hashtag_feed_daily "
        "where hashtag_key = 'christmas' and snapshot_date = ? order by 1",
        [DAY],
    )

    assert rows == [
        ("2", 1, "tikliveapi"),
        ("4", 4, "unifapi"),
        ("5", 5, "unifapi"),
        ("7000000000000000001", 1, "unifapi"),
    ]


def test_ids_and_names_of_hashtags_come_from_details_and_searches(query: Query) -> None:
    rows = query(
        "select hashtag_key, hashtag_id, hashtag_name, is_watched, role from marts.dim_hashtag "
        "where hashtag_key in ('christmas', 'carnaval', 'slope', 'diwali', 'egg', 'dropped') order by 1"
    )

    assert rows == [
        ("carnaval", None, "Carnaval", False, None),
        ("christmas", "3242", "Christmas", True, "own"),
        ("diwali", "55", "DIWALI", False, None),
        ("dropped", None, "Dropped", False, "competitor"),
        ("egg", "10", "Egg", True, "market"),
        ("slope", None, "Slope", False, None),
    ]


def test_campaigns_follow_the_latest_watchlist_and_keep_the_past(query: Query) -> None:
    rows = query(
        "select campaign, hashtag_key, is_current, first_seen_date::text "
        "from marts.bridge_campaign_hashtag order by 1, 2"
    )

    assert rows == [
        ("holiday-2026", "christmas", True, NEXT_DAY),
        ("holiday-2026", "egg", True, NEXT_DAY),
        ("summer-2026", "dropped", False, DAY),
    ]


def test_a_video_keeps_the_latest_known_attributes(query: Query) -> None:
    rows = query(
        "select caption, creator_id, sound_id, posted_at::text, first_seen_at::text, last_seen_at::text "
        "from marts.dim_video where video_id = '7000000000000000001'"
    )

    first, last = f"{DAY} 08:00:00", f"{NEXT_DAY} 08:00:00"
    assert rows == [("a\x01", "a1", "m1", "2025-11-01 12:26:40", first, last)]


def test_a_number_that_is_no_time_before_2100_is_no_time(query: Query) -> None:
    posted = query("select video_id, posted_at from marts.dim_video where video_id in ('4', '5') order by 1")

    assert posted == [("4", None), ("5", None)]
    assert query("select max(date_day)::text < '2100-01-01' from marts.dim_date") == [(True,)]


def test_a_creator_keeps_the_latest_handle(query: Query) -> None:
    assert query("select handle from marts.dim_creator where creator_id = 'a1'") == [("new_handle",)]


def test_a_dataset_item_has_milliseconds_permissions_and_an_added_sound(query: Query) -> None:
    rows = query(
        "select duration_seconds, is_private, is_in_review, is_reviewed, is_prohibited, sound_id, is_verified, title "
        "from marts.dim_video as videos join marts.dim_creator using (creator_id) "
        "join (select sound_id as id, title as sound_title from marts.dim_sound) on id = sound_id "
        "where video_id = '3'"
    )

    assert rows == [(12.634, False, True, False, None, "m2", False, None)]
    assert query("select title from marts.dim_sound where sound_id = 'm2'") == [("added",)]


def test_a_video_that_repeats_in_a_feed_takes_no_second_place(query: Query) -> None:
    """The feed has its first video at the positions 1 and 3, others at 5 and 6, and rejected items at 2 and 4."""
    ranks = query(
        "select feed_rank, video_id from marts.fct_hashtag_feed_daily "
        "where provider = 'unifapi' and snapshot_date = ? order by 1",
        [DAY],
    )

    assert ranks == [(1, "7000000000000000001"), (4, "4"), (5, "5")]


def test_search_ranks_keep_the_best_place(query: Query) -> None:
    rows = query("select keyword, hashtag_key, rank, view_count from marts.fct_search_ranks order by rank")

    assert rows == [("egg", "easter", 1, 120), ("egg", "egg", 2, 6)]


def test_a_hashtag_that_repeats_in_a_trend_list_keeps_its_best_rank(query: Query) -> None:
    rows = query(
        "select trend_source, hashtag_key, country_code, period_days, hashtag_industry_id, rank, rank_change, "
        "view_count, publish_count, creators from marts.fct_trend_ranks order by 1, 2"
    )

    assert rows == [
        ("creative_center", "christmas", "US", 7, 28_000_000_000, 2, None, None, 4, None),
        ("popular_trend", "carnaval", "QQ", 30, None, 1, None, None, None, None),
        ("popular_trend", "christmas", "US", 7, 99_000_000_000, 1, 3, 10, None, "Zoe, Ann"),
    ]


def test_trend_points_are_those_of_the_best_rank(query: Query) -> None:
    rows = query("select trend_source, point_date::text, relative_popularity from marts.fct_trend_points order by 1, 2")

    assert rows == [
        ("creative_center", "2025-11-01", 0.25),
        ("popular_trend", "2025-10-31", 1.0),
        ("popular_trend", "2025-11-01", 0.97),
    ]


def test_countries_and_industries_that_nobody_knows_survive(query: Query) -> None:
    countries = query("select * from marts.dim_country where country_code in ('NA', 'QQ') order by 1")
    industries = query("select * from marts.dim_industry where industry_id >= 28000000000 order by 1")

    assert countries == [("NA", "Namibia"), ("QQ", "Quux")]
    assert industries == [(28_000_000_000, "Sports & Outdoor"), (99_000_000_000, None)]


def test_dates_run_without_gaps_from_the_first_point_to_the_last_snapshot(query: Query) -> None:
    rows = query("select min(date_day)::text, max(date_day)::text, count(*) from marts.dim_date")

    assert rows == [("2025-10-31", NEXT_DAY, 368)]


def test_every_date_that_a_mart_names_is_in_dim_date(query: Query) -> None:
    columns = query(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where schema_name in ('marts', 'reporting') and data_type in ('DATE', 'TIMESTAMP')"
    )
    known = {day for (day,) in query("select date_day from marts.dim_date")}

    unknown = {
        f"{table}.{column}"
        for table, column in columns
        if table != "marts.dim_date"
        and not {day for (day,) in query(f"select {column}::date from {table} where {column} is not null")} <= known  # noqa: S608
    }
    assert unknown == set()
    assert len(columns) > 50


def test_a_week_of_new_year_has_its_own_year(query: Query) -> None:
    rows = query("select year, iso_year, iso_week from marts.dim_date where date_day = '2025-12-31'")

    assert rows == [(2025, 2026, 1)]


def test_a_request_recorded_twice_counts_once_as_last_recorded(query: Query) -> None:
    rows = query("select request_id, outcome, credits from marts.fct_api_requests order by 1")

    assert rows == [("q1", "ok", 20), ("q2", "ok", 20)]


def test_a_walk_run_again_is_a_row_of_its_own_and_knows_its_hashtag(query: Query) -> None:
    rows = query("select run_id, hashtag_key, is_complete from marts.fct_walks order by 1")

    assert rows == [("again", "christmas", True), (f"run {DAY}", "christmas", False)]


def test_providers_are_ranked_by_trust(query: Query) -> None:
    rows = query("select provider, rank from marts.dim_provider order by rank")

    assert rows == [("crawlora", 1), ("unifapi", 2), ("tikliveapi", 3), ("scraper", 4)]
