"""Incremental builds equal one full build, in any order of the loads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Marts, Raw

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def video(day: int, position: int, video_id: str, **values: Any) -> Row:
    """A place in UnifAPI's feed of a hashtag that was asked for by id alone."""
    return {
        "request_key": f"feed {day}",
        "position": position,
        "requested_hashtag_id": "77",
        "id": video_id,
        "author__id": f"creator of {video_id}",
        **values,
    }


def details(day: int, view_count: int, **values: Any) -> Row:
    """Crawlora's details of a hashtag."""
    return {
        "request_key": f"details {day}",
        "position": 1,
        "requested_hashtag": "christmas",
        "hashtag_key": "christmas",
        "challenge_info__stats_v2__view_count": view_count,
        **{f"challenge_info__challenge__{name}": value for name, value in values.items()},
    }


def walk(day: int) -> Row:
    """The verdict on a walk of the trend list of the United States."""
    return {
        "walk_key": f"us {day}",
        "provider": "crawlora",
        "endpoint": "trends",
        "target": "popular_trend US 7 days",
        "is_complete": True,
    }


def place(day: int, position: int, key: str, **values: Any) -> Row:
    """A place on the trend list of the United States."""
    listed = {"request_key": f"us {day}", "position": position, "hashtag_key": key, "rank": position}
    return listed | {"requested_country": "US"} | values


def tag(day: int, position: int, key: str, request: str = "feed") -> Row:
    return {"request_key": f"{request} {day}", "position": position, "list_index": 1, "hashtag_key": key, "value": key}


FIRST_DAY: Rows = {
    "unifapi_videos": [
        video(1, 1, "v1", view_count=10, has_hashtag_list=False, title="first", author__username="first"),
        video(1, 2, "v2", view_count=20, has_hashtag_list=True),
    ],
    "unifapi_videos__caption_hashtags": [tag(1, 1, "caption")],
    "unifapi_videos__hashtags": [tag(1, 2, "mistaken")],
    "crawlora_trends": [place(1, 1, "late")],
    "crawlora_hashtags": [details(1, 1_000, desc="old", title="christmas")],
    "walks": [walk(1)],
    "watchlist": [{"kind": "hashtag", "hashtag_key": "christmas", "role": "market"}],
}

SECOND_DAY: Rows = {
    "unifapi_videos": [
        video(2, 1, "v1", view_count=11, has_hashtag_list=False, author__username="second"),
        video(2, 2, "v3", view_count=30, has_hashtag_list=False),
    ],
    "unifapi_videos__caption_hashtags": [tag(2, 1, "caption")],
    "crawlora_trends": [place(2, 1, "other", industry_info__id=5, industry_info__value="Five")],
    "crawlora_trends__creators": [
        {"request_key": "us 2", "position": 1, "list_index": 1, "nick_name": "Ann"},
        {"request_key": "us 2", "position": 1, "list_index": 2, "nick_name": "Zoe"},
    ],
    "crawlora_creative_center": [
        {"request_key": "br 2", "position": 1, "hashtag_key": "other", "rank": 1, "requested_country": "BR"},
    ],
    "crawlora_creative_center__industry_ids": [
        {"request_key": "br 2", "position": 1, "list_index": number, "value": number} for number in (1, 2)
    ],
    "crawlora_creative_center__popularity_curve": [
        {"request_key": "br 2", "position": 1, "list_index": 1, "timestamp": 1_761_955_200, "value": 0.25},
    ],
    "crawlora_creative_center__top_creators": [
        {"request_key": "br 2", "position": 1, "list_index": 1, "nick_name": "Bia"},
    ],
    "crawlora_hashtags": [details(2, 1_500, desc="new", title="Christmas")],
    "walks": [walk(2)],
    "watchlist": [{"kind": "hashtag", "hashtag_key": "christmas", "role": "own"}],
    "watchlist__campaigns": [{"hashtag_key": "christmas", "campaign": "holiday"}],
}

NAME_OF_THE_ID: Rows = {
    "tikliveapi_hashtags": [
        {"request_key": "id 77", "position": 1, "id": "77", "hashtag_key": "christmas", "view_count": 5},
    ],
}

LIST_FOR_THE_FIRST_DAY: Rows = {
    "scraper_items": [
        {"request_key": "file 1", "position": 1, "aweme_id": "v1", "has_hashtag_list": True}
        | {"statistics__play_count": 12, "statistics__collect_count": 3, "desc_language": "en"}
        | {"observed_at": "2026-11-01 20:00:00", "author__uid": "creator of v1", "author__signature": "a bio"},
    ],
    "scraper_items__text_extra": [tag(1, 1, "listed", request="file")],
    "crawlora_trends": [place(1, 2, "later")],
    "crawlora_trends__trend": [
        {"request_key": "us 1", "position": 2, "list_index": 1, "time": 1_761_955_200, "value": 0.5},
    ],
}

FIRST_DAY_DECODED_ANEW: Rows = {
    "unifapi_videos": [video(1, 2, "v2b", view_count=19, has_hashtag_list=True)],
}

THIRD_DAY: Rows = {
    "unifapi_videos": [
        video(3, 1, "v3", view_count=29, has_hashtag_list=True),
        video(3, 2, "v1", view_count=50, author__username="second", create_time=1_793_491_200, music__id="m1"),
    ],
    "crawlora_trends": [
        place(3, 1, "late", country_info__id="US", country_info__value="The States"),
        place(3, 2, "other", industry_info__id=5, industry_info__value="Cinco"),
    ],
    "crawlora_hashtags": [details(3, 1_400, desc="new", title="CHRISTMAS")],
    "walks": [walk(3)],
    "api_requests": [
        {"request_id": "q", "provider": "unifapi", "endpoint": "videos", "outcome": "ok", "credits": 20},
    ],
    "unifapi_videos__hashtags": [tag(3, 1, "late")],
    "tikliveapi_search": [
        {"request_key": "s 3", "position": 1, "requested_keyword": "x", "hashtag_key": "x", "view_count": 1},
    ],
}

FIRST_CAMPAIGN: Rows = {
    "watchlist": [{"kind": "hashtag", "hashtag_id": "77", "role": "own"}],
    "watchlist__campaigns": [{"hashtag_id": "77", "campaign": "early"}],
}

# A late language and a late campaign change the cuts of dates that were built before.
SECOND_CAMPAIGN_AND_A_LANGUAGE: Rows = {
    "watchlist": [{"kind": "hashtag", "hashtag_id": "77", "role": "own"}],
    "watchlist__campaigns": [{"hashtag_id": "77", "campaign": "early"}, {"hashtag_id": "77", "campaign": "late"}],
    "scraper_items": [
        {"request_key": "file 3", "position": 1, "aweme_id": "v3", "desc_language": "pt", "region": "BR"},
    ],
}

# Observed at the last moment that the build before knows, and no later.
THIRD_DAY_DECODED_ANEW: Rows = {
    "unifapi_videos": [
        video(3, 2, "v1", view_count=50, author__username="second", create_time=1_793_491_200, music__id="m2"),
    ],
}

# In the order in which they complete, which is not that of their ids.
LOADS = [
    ("1001", "2026-11-01", FIRST_DAY),
    ("1010", "2026-11-01", FIRST_CAMPAIGN),
    ("1005", "2026-11-02", SECOND_DAY),
    ("1002", "2026-11-02", NAME_OF_THE_ID),
    ("1003", "2026-11-01", LIST_FOR_THE_FIRST_DAY),
    ("1007", "2026-11-01", FIRST_DAY_DECODED_ANEW),
    ("1006", "2026-11-03", THIRD_DAY),
    ("1011", "2026-11-03", SECOND_CAMPAIGN_AND_A_LANGUAGE),
    ("1012", "2026-11-03", THIRD_DAY_DECODED_ANEW),
]
BUILDS = [LOADS[:2], LOADS[2:4], LOADS[4:6], LOADS[6:7], LOADS[7:]]


WITHOUT_TESTS = ["--exclude-resource-type", "test"]
# A build that ends early: some models have taken in the new loads, the others have not.
INTERRUPTED = ["--select", "stg_tiktags__loads", "dim_video", "fct_trend_ranks", *WITHOUT_TESTS]


@pytest.fixture(scope="module")
def stepwise(dbt: Dbt, fresh: Callable[[], Raw], keep: Callable[[str], Raw]) -> Raw:
    """A warehouse built after every few loads, each time after a build that was cut short; the last build tests it."""
    raw = fresh()
    raw.create("crawlora", "tikliveapi", "unifapi", "scraper")
    for loads in BUILDS:
        for load_id, snapshot_date, rows in loads:
            raw.add(load_id, snapshot_date, rows)
        if loads is not BUILDS[0]:
            dbt.build(*INTERRUPTED)
        dbt.build(*(() if loads is BUILDS[-1] else WITHOUT_TESTS))
    return keep("stepwise")


@pytest.fixture(scope="module")
def full(stepwise: Raw, dbt: Dbt, fresh: Callable[[], Raw], keep: Callable[[str], Raw]) -> Raw:
    """The same loads, built in one go."""
    shutil.copy(stepwise.path, fresh().path)
    dbt.build("--full-refresh", *WITHOUT_TESTS)
    return keep("full")


def differences(marts: Marts, others: Marts) -> dict[str, tuple[list[Any], list[Any]]]:
    return {
        name: ([row for row in rows if row not in others[name]], [row for row in others[name] if row not in rows])
        for name, rows in marts.items()
        if rows != others[name]
    }


def test_builds_in_steps_equal_one_full_build_on_every_mart(full: Raw, stepwise: Raw) -> None:
    assert stepwise.marts().keys() == full.marts().keys()
    assert differences(stepwise.marts(), full.marts()) == {}


def test_no_mart_is_empty_so_that_each_is_compared(full: Raw) -> None:
    assert {name for name, rows in full.marts().items() if not rows} == set()


def test_moves_on_a_list_are_the_same_in_steps(stepwise: Raw) -> None:
    rows = stepwise.execute(
        "select hashtag_key, strftime(snapshot_date, '%d'), rank, status, country_name "
        "from reporting.rpt_trend_discovery where source_kind = 'trend' and country_code = 'US' order by all"
    )

    assert rows == [
        ("late", "01", 1, None, "United States"),
        ("late", "02", None, "left", "United States"),
        ("late", "03", 1, "entered", "United States"),
        ("later", "01", 2, None, "United States"),
        ("later", "02", None, "left", "United States"),
        ("other", "02", 1, "entered", "United States"),
        ("other", "03", 2, "down", "United States"),
    ]


def test_a_late_dataset_changes_the_version_of_its_day(stepwise: Raw) -> None:
    rows = stepwise.execute(
        "select handle, bio, strftime(valid_from, '%d %H'), strftime(valid_to, '%d %H') "
        "from marts.dim_creator_history where creator_id = 'creator of v1' order by valid_from"
    )

    assert rows == [
        ("first", None, "01 08", "01 20"),
        ("first", "a bio", "01 20", "02 08"),
        ("second", "a bio", "02 08", None),
    ]


def test_a_list_that_comes_late_overrules_the_caption_on_every_date(stepwise: Raw) -> None:
    rows = stepwise.execute("select hashtag_key from marts.bridge_video_hashtag where video_id = 'v1' and is_tagged")

    assert rows == [("listed",)]


def test_a_name_that_comes_late_gives_the_feed_of_older_dates_its_hashtag(stepwise: Raw) -> None:
    rows = stepwise.execute(
        "select snapshot_date::text, count(*) from marts.fct_hashtag_feed_daily "
        "where hashtag_key = 'christmas' group by 1 order by 1"
    )

    assert rows == [("2026-11-01", 2), ("2026-11-02", 2), ("2026-11-03", 2)]


def test_an_older_date_fills_gaps_but_replaces_no_newer_value(stepwise: Raw) -> None:
    rows = stepwise.execute(
        "select title, dim_video.language, handle from marts.dim_video join marts.dim_creator using (creator_id) "
        "where video_id = 'v1'"
    )

    assert rows == [("first", "en", "second")]


def test_a_row_decoded_again_leaves_nothing_of_the_old_one(stepwise: Raw) -> None:
    assert stepwise.execute("select video_id from marts.dim_video where video_id like 'v2%'") == [("v2b",)]
    assert stepwise.execute("select 1 from marts.dim_hashtag where hashtag_key = 'mistaken'") == []


def test_a_row_of_the_last_moment_that_is_decoded_anew_leaves_no_sound(stepwise: Raw) -> None:
    assert stepwise.execute("select sound_id from marts.dim_sound") == [("m2",)]


def test_a_build_without_new_loads_changes_nothing(dbt: Dbt, stepwise: Raw, fresh: Callable[[], Raw]) -> None:
    raw = fresh()
    shutil.copy(stepwise.path, raw.path)

    dbt.build(*WITHOUT_TESTS)

    assert differences(raw.marts(), stepwise.marts()) == {}


def test_copies_of_rows_that_a_kill_inside_a_load_leaves_change_no_mart(
    dbt: Dbt, full: Raw, fresh: Callable[[], Raw]
) -> None:
    raw = fresh()
    shutil.copy(full.path, raw.path)
    tables = raw.execute("select table_name from information_schema.tables where table_schema = 'raw'")

    for (name,) in tables:
        raw.execute(f"insert into raw.{name} from raw.{name}")
    dbt.build("--full-refresh", *WITHOUT_TESTS)

    assert differences(full.marts(), raw.marts()) == {}


def test_every_incremental_model_has_taken_in_every_load(dbt: Dbt, stepwise: Raw) -> None:
    nodes = dbt.invoke("parse").nodes.values()
    written_by_hooks = {"int_transformed_loads", "int_counted_videos", "int_counted_memberships"}
    models = {node.name for node in nodes if node.config.materialized == "incremental"} - written_by_hooks

    rows = stepwise.execute("select model, count(*) from intermediate.int_transformed_loads group by model")

    assert dict(rows) == dict.fromkeys(models, len(LOADS))
    assert len(models) == 11


def test_no_mart_keeps_the_books_of_the_loads(full: Raw) -> None:
    rows = full.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema in ('marts', 'reporting') and column_name similar to '(.*_)?load(ed)?(_.*)?'"
    )

    assert rows == []


def test_a_late_language_reaches_earlier_dates_and_a_campaign_only_its_own(stepwise: Raw) -> None:
    rows = stepwise.execute(
        "select campaign, snapshot_date::text, listed_video_count from reporting.rpt_campaign_monitor "
        "where language = 'pt' and region = 'BR' and campaign in ('early', 'late') order by all"
    )

    assert rows == [("early", "2026-11-03", 1), ("late", "2026-11-03", 1)]
