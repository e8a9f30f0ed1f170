"""Raw rows of every provider over two days, by table: one load each, the last one still under way."""

from __future__ import annotations

from typing import Any

DAY = "2026-11-01"
NEXT_DAY = "2026-11-02"

Row = dict[str, Any]
Load = dict[str, list[Row]]


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
