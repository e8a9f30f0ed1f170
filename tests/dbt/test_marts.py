"""One small warehouse with every provider in it, built once; each test reads one rule off it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Raw

DAY = "2026-11-01"
NEXT_DAY = "2026-11-02"

Row = dict[str, Any]
Load = dict[str, list[Row]]
Rows = list[tuple[Any, ...]]
Query = Callable[..., Rows]


def details(name: str, hour: int = 8, **values: Any) -> Row:
    """Crawlora's details of a hashtag."""
    return {
        "request_key": f"crawlora {name}",
        "position": 1,
        "observed_at": f"{DAY} {hour:02}:00:00",
        "requested_hashtag": name,
        "hashtag_key": name,
        **{f"challenge_info__{column}": value for column, value in values.items()},
    }


def listed(position: int, key: str, name: str, request: str = "feed", index: int = 1) -> Row:
    """A row of a child table with hashtags."""
    return {
        "request_key": request,
        "position": position,
        "list_index": index,
        "hashtag_key": key,
        "value": name,
        "hashtag_name": name,
        "cha_name": name,
    }


HASHTAGS: Load = {
    "crawlora_hashtags": [
        details(
            "christmas",
            challenge__id="3242",
            challenge__title="Christmas",
            stats__view_count=321_900_000_000,
            stats__video_count=0,
            stats_v2__view_count=321_857_738_740,
        ),
        details("diwali", hour=9, stats__view_count=5_000_000_000, stats__video_count=12_000),
        details("easter", hour=8, stats_v2__view_count=90, stats_v2__video_count=7, stats__video_count=8),
        details("tie", hour=8, stats_v2__view_count=1),
        details("gone"),
    ],
    "tikliveapi_hashtags": [
        {"request_key": "d1", "position": 1, "hashtag_key": "diwali", "id": "55", "cha_name": "DIWALI"}
        | {"view_count": 4_987_654_321, "user_count": 777},
        {"request_key": "d2", "position": 1, "hashtag_key": "easter", "view_count": 100}
        | {"observed_at": f"{DAY} 10:00:00"},
        {"request_key": "d3", "position": 1, "hashtag_key": "tie", "view_count": 2},
    ],
    "tikliveapi_search": [
        {"request_key": "s1", "position": 1, "requested_keyword": "egg", "hashtag_key": "easter", "id": "9"}
        | {"view_count": 120, "user_count": 3, "observed_at": f"{DAY} 09:00:00"},
        {"request_key": "s1", "position": 2, "requested_keyword": "egg", "hashtag_key": "egg", "id": "10"}
        | {"view_count": 5, "cha_name": "Egg"},
        {"request_key": "s1", "position": 7, "requested_keyword": "egg", "hashtag_key": "egg", "id": "10"}
        | {"view_count": 6},
    ],
}

VIDEOS: Load = {
    "unifapi_videos": [
        {"request_key": "feed", "position": 1, "requested_hashtag": "christmas", "id": "7000000000000000001"}
        | {"has_hashtag_list": True, "view_count": 100, "like_count": 10, "create_time": 1_762_000_000}
        | {"author__id": "a1", "author__username": "old_handle", "music__id": "m1", "video_description": "a\x01"},
        {"request_key": "feed", "position": 3, "requested_hashtag": "christmas", "id": "7000000000000000001"}
        | {"has_hashtag_list": True, "view_count": 90, "like_count": 12, "author__id": "a1"},
        {"request_key": "feed", "position": 5, "requested_hashtag": "christmas", "id": "4"}
        | {"has_hashtag_list": True, "view_count": 10, "create_time": 2**62},
        {"request_key": "feed", "position": 6, "requested_hashtag": "christmas", "id": "5"}
        | {"has_hashtag_list": True, "view_count": 1, "create_time": 4_102_444_801},
    ],
    "unifapi_videos__hashtags": [
        listed(1, "christmas", "Christmas", index=1),
        listed(1, "xmas", "XMAS", index=2),
        listed(5, "replaced", "replaced"),
    ],
    "tikliveapi_videos": [
        {"request_key": "tik", "position": 2, "requested_hashtag_id": "3242", "id": "7000000000000000001"}
        | {"has_hashtag_list": False, "play_count": 95, "collect_count": 5, "download_count": 2}
        | {"observed_at": f"{DAY} 09:00:00", "author__id": "a1", "author__unique_id": "new_handle"},
        {"request_key": "tik", "position": 1, "requested_hashtag_id": "3242", "id": "2"}
        | {"has_hashtag_list": False, "play_count": 8, "duration": 2.5},
        {"request_key": "unknown", "position": 1, "requested_hashtag_id": "nobody told", "id": "6"}
        | {"has_hashtag_list": False},
    ],
    "tikliveapi_videos__caption_hashtags": [
        listed(2, "only_in_caption", "only_in_caption", request="tik"),
        listed(1, "snow", "Snow", request="tik"),
        listed(1, "christmas", "christmas", request="tik", index=2),
    ],
    "scraper_items": [
        {"request_key": "file", "position": 1, "input_hashtag_key": "winter", "aweme_id": "3"}
        | {"has_hashtag_list": True, "video__duration": 12_634, "status__private_status": 0}
        | {"status__in_reviewing": True, "status__reviewed": False}
        | {"statistics__play_count": 3_000_000_000, "author__uid": "a2", "author__custom_verify": ""}
        | {"added_sound_music_info__id": "m2", "added_sound_music_info__title": "added"},
    ],
    "scraper_items__text_extra": [listed(1, "ski", "Ski", request="file")],
    "scraper_items__cha_list": [listed(1, "slope", "Slope", request="file") | {"cid": "123"}],
}

NEWER_COPY: Load = {
    "unifapi_videos": [
        {"request_key": "feed", "position": 5, "requested_hashtag": "christmas", "id": "4"}
        | {"has_hashtag_list": True, "view_count": 7, "create_time": 2**62},
    ],
    "unifapi_videos__hashtags": [listed(5, "replacing", "replacing")],
}

UNDER_WAY: Load = {
    "unifapi_videos": [
        {"request_key": "feed", "position": 6, "requested_hashtag": "christmas", "id": "5", "view_count": 2},
        {"request_key": "feed", "position": 9, "requested_hashtag": "christmas", "id": "99", "view_count": 2},
    ],
    "tikliveapi_hashtags": [{"request_key": "d9", "position": 1, "hashtag_key": "unseen", "view_count": 1}],
}

US_LIST = {"requested_country": "US", "requested_period_days": 7, "requested_industry_id": 0}
TRENDS: Load = {
    "crawlora_trends": [
        {"request_key": "us", "position": 1, "hashtag_key": "christmas", "rank": 5, "video_views": 50} | US_LIST,
        {"request_key": "us", "position": 2, "hashtag_key": "christmas", "rank": 1, "video_views": 10}
        | {"industry_info__id": 99_000_000_000, "hashtag_id": "666", "rank_diff": 3, "rank_diff_type": 1}
        | US_LIST,
        {"request_key": "any", "position": 1, "hashtag_key": "carnaval", "hashtag_name": "Carnaval", "rank": 1}
        | {"country_info__id": "QQ", "country_info__value": "Quux", "requested_period_days": 30},
    ],
    "crawlora_trends__trend": [
        {"request_key": "us", "position": 1, "list_index": 1, "time": 1_761_868_800, "value": 0.5},
        {"request_key": "us", "position": 2, "list_index": 1, "time": 1_761_868_800, "value": 1.0},
        {"request_key": "us", "position": 2, "list_index": 2, "time": 1_761_955_200, "value": 0.97},
        {"request_key": "us", "position": 2, "list_index": 3, "time": 1_761_955_200_000, "value": 0.5},
    ],
    "crawlora_trends__creators": [
        {"request_key": "us", "position": 2, "list_index": 2, "nick_name": "Ann"},
        {"request_key": "us", "position": 2, "list_index": 1, "nick_name": "Zoe"},
    ],
    "crawlora_creative_center": [
        {"request_key": "cc", "position": 1, "hashtag_key": "christmas", "rank": 2, "publish_count": 4} | US_LIST,
    ],
    "crawlora_creative_center__industry_ids": [
        {"request_key": "cc", "position": 1, "list_index": 1, "value": 28_000_000_000},
        {"request_key": "cc", "position": 1, "list_index": 2, "value": 10_000_000_000},
    ],
    "crawlora_creative_center__popularity_curve": [
        {"request_key": "cc", "position": 1, "list_index": 1, "timestamp": 1_761_955_200, "value": 0.25},
    ],
}

ID_WALK = {"provider": "unifapi", "endpoint": "videos", "target": "3242", "hashtag_id": "3242"}
RUNS: Load = {
    "watchlist": [
        {"kind": "hashtag", "hashtag_key": "christmas", "hashtag_name": "CHRISTMAS", "role": "market"},
        {"kind": "hashtag", "hashtag_key": "dropped", "hashtag_name": "Dropped", "role": "competitor"},
        {"kind": "search", "keyword": "egg"},
    ],
    "watchlist__campaigns": [{"hashtag_key": "dropped", "campaign": "summer-2026"}],
    "walks": [
        {"walk_key": "w", "pages": 1, "is_complete": False} | ID_WALK,
        {"walk_key": "w", "run_id": "again", "is_complete": True} | ID_WALK,
    ],
    "api_requests": [
        {"request_id": "q1", "provider": "unifapi", "endpoint": "videos", "outcome": "unknown", "credits": 50},
        {"request_id": "q2", "provider": "unifapi", "endpoint": "videos", "outcome": "ok", "credits": 20},
    ],
}

NEXT_RUN: Load = {
    "watchlist": [
        {"kind": "hashtag", "hashtag_key": "christmas", "hashtag_name": "CHRISTMAS", "role": "own"},
        {"kind": "hashtag", "hashtag_id": "10", "role": "market"},
    ],
    "watchlist__campaigns": [
        {"hashtag_key": "christmas", "campaign": "holiday-2026"},
        {"hashtag_id": "10", "campaign": "holiday-2026"},
    ],
    "api_requests": [{"request_id": "q1", "provider": "unifapi", "endpoint": "videos", "outcome": "ok", "credits": 20}],
    "unifapi_videos": [
        {"request_key": "next", "position": 1, "requested_hashtag": "christmas", "id": "7000000000000000001"}
        | {"has_hashtag_list": True, "view_count": 80},
    ],
}


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


def test_without_any_list_the_caption_tells_the_hashtags(query: Query) -> None:
    assert tags(query, "2") == [("christmas", True, True), ("snow", True, False)]


def test_text_extra_and_cha_list_count_together_with_the_hashtag_asked_for(query: Query) -> None:
    assert tags(query, "3") == [("ski", True, False), ("slope", True, False), ("winter", False, True)]


def test_a_feed_asked_for_by_id_belongs_to_the_hashtag_of_that_id(query: Query) -> None:
    rows = query(
        "select video_id, feed_rank, provider from marts.fct_hashtag_feed_daily "
        "where hashtag_key = 'christmas' and snapshot_date = ? order by 1",
        [DAY],
    )

    assert rows == [
        ("2", 1, "tikliveapi"),
        ("4", 5, "unifapi"),
        ("5", 6, "unifapi"),
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


def test_a_dataset_item_tells_milliseconds_rights_and_an_added_sound(query: Query) -> None:
    rows = query(
        "select duration_seconds, is_private, is_in_review, is_reviewed, is_prohibited, sound_id, is_verified, title "
        "from marts.dim_video as videos join marts.dim_creator using (creator_id) "
        "join (select sound_id as id, title as sound_title from marts.dim_sound) on id = sound_id "
        "where video_id = '3'"
    )

    assert rows == [(12.634, False, True, False, None, "m2", False, None)]
    assert query("select title from marts.dim_sound where sound_id = 'm2'") == [("added",)]


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


def test_a_request_recorded_twice_counts_once_as_last_recorded(query: Query) -> None:
    rows = query("select request_id, outcome, credits from marts.fct_api_requests order by 1")

    assert rows == [("q1", "ok", 20), ("q2", "ok", 20)]


def test_a_walk_run_again_is_a_row_of_its_own_and_knows_its_hashtag(query: Query) -> None:
    rows = query("select run_id, hashtag_key, is_complete from marts.fct_walks order by 1")

    assert rows == [("again", "christmas", True), (f"run {DAY}", "christmas", False)]


def test_providers_are_ranked_by_trust(query: Query) -> None:
    rows = query("select provider, rank from marts.dim_provider order by rank")

    assert rows == [("crawlora", 1), ("unifapi", 2), ("tikliveapi", 3), ("scraper", 4)]
