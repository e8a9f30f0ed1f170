# ruff: noqa: S608  # queries are made of names and ids of the tests' own
"""The marts hold the world's own numbers, for every provider and every day.

The expected rows come from the world, by rules written out slowly in plain Python; nothing is read from raw tables.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.truth import (
    COUNTS,
    MEASURES,
    RANKS,
    best_places,
    entries,
    feed_places,
    hashtags_seen,
    on,
    places_of,
    trend_rows,
    videos_seen,
    winners,
)

from tiktok_hashtags.sandbox import World
from tiktok_hashtags.sandbox.chance import share
from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import History

Rows = list[tuple[Any, ...]]
# Hours at which each provider was asked, by day of the world.
ASKED = {
    0: dict.fromkeys(RANKS, 6),
    1: {"crawlora": 6, "unifapi": 6, "tikliveapi": 18, "scraper": 18},
    4: dict.fromkeys(RANKS, 6),
}
LISTS = (
    ("popular_trend", "US", 7, None, False),
    ("popular_trend", "GB", 30, None, True),
    ("popular_trend", "US", 120, "industry", False),
    ("creative_center", "BR", 90, None, False),
)
days = pytest.mark.parametrize("day", ASKED)


@days
def test_hashtag_stats_are_the_winning_numbers(history: History, day: int) -> None:
    expected = winners(hashtags_seen(history.world, day, ASKED[day]), COUNTS)

    rows = facts(history, "fct_hashtag_stats_daily", day, "hashtag_key", *COUNTS, "precision", "provider")

    assert {row[0]: row[1:] for row in rows} == expected
    assert len(rows) == len(expected)


@days
def test_video_stats_are_the_winning_numbers(history: History, day: int) -> None:
    expected = {
        key: (*row[:-2], row[-1]) for key, row in winners(videos_seen(history.world, day, ASKED[day]), MEASURES).items()
    }

    rows = facts(history, "fct_video_stats_daily", day, "video_id", *MEASURES, "provider")

    assert {row[0]: row[1:] for row in rows} == expected
    assert len(rows) == len(expected)


def test_the_later_provider_wins_over_the_better_ranked(history: History) -> None:
    by_day: dict[int, dict[str, int]] = {
        day: dict(
            history.site.rows(
                "select provider, count(*) from marts.fct_video_stats_daily where snapshot_date = ? group by 1", on(day)
            )
        )
        for day in (0, 1)
    }

    assert by_day[0]["unifapi"] > by_day[0]["tikliveapi"]
    assert by_day[1]["tikliveapi"] > by_day[1].get("unifapi", 0)


def test_a_feed_s_best_numbers_are_kept_to_the_last_digit(history: History) -> None:
    best = history.world.best_video_stats(history.world.hashtags, on(0), "unifapi")

    rows = facts(
        history, "fct_video_stats_daily", 0, "video_id", "view_count", "like_count", "comment_count", "share_count"
    )

    found = {video_id: numbers for video_id, *numbers in rows if video_id in best}
    assert found == {
        video_id: [stats.view_count, stats.like_count, stats.comment_count, stats.share_count]
        for video_id, stats in best.items()
    }
    assert max(stats.view_count for stats in best.values()) > 2**31
    assert min(int(video_id) for video_id in best) > 2**53


def test_rounded_numbers_stand_only_where_no_exact_ones_are(history: History) -> None:
    christmas = history.world.hashtags[0]

    [(views, precision)] = history.site.rows(
        "select view_count, precision from marts.fct_hashtag_stats_daily where hashtag_key = ? and snapshot_date = ?",
        christmas.name,
        on(0),
    )

    assert (views, precision) == (321_857_738_740, "exact")


@days
def test_feeds_are_ranked_by_the_best_place_over_providers(history: History, day: int) -> None:
    first = normalised(history.world.hashtags[0].name)

    rows = facts(history, "fct_hashtag_feed_daily", day, "hashtag_key", "video_id", "feed_rank", "provider")

    expected = {key: place for key, place in best_places(history.world, day, ASKED[day]).items() if key[0] == first}
    assert {row[:2]: row[2:] for row in rows if row[0] == first} == expected
    assert {provider for _, provider in expected.values()} >= {"unifapi", "tikliveapi"}
    assert len(rows) == len(best_places(history.world, day, ASKED[day]))


@days
def test_places_in_a_dataset_are_counted_per_hashtag(history: History, day: int) -> None:
    rows = facts(history, "fct_hashtag_feed_daily", day, "hashtag_key", "video_id", "feed_rank", "provider")

    assert {row[:2]: row[2:] for row in rows} == best_places(history.world, day, ASKED[day])


@days
def test_searches_rank_as_the_provider_ranks(history: History, day: int) -> None:
    expected = []
    for keyword in ("cat", "Christmas"):
        for rank, hashtag in enumerate(history.world.search(keyword, on(day)), 1):
            stats = history.world.hashtag_stats(hashtag, on(day))
            expected.append((keyword, normalised(hashtag.name), rank, stats.view_count, stats.creator_count))

    rows = facts(history, "fct_search_ranks", day, "keyword", "hashtag_key", "rank", "view_count", "creator_count")

    assert sorted(rows) == sorted(expected)


@days
def test_trend_lists_are_whole_and_in_rank_order(history: History, day: int) -> None:
    expected = [row for each in LISTS for row in trend_rows(history.world, each, day)]

    rows = facts(
        history,
        "fct_trend_ranks",
        day,
        *("trend_source", "country_code", "period_days", "industry_id", "is_new_on_board", "hashtag_key", "rank"),
        *("rank_change", "rank_change_type", "publish_count", "view_count", "is_promoted", "creators"),
        "hashtag_industry_id",
    )

    assert sorted(rows, key=repr) == sorted(expected, key=repr)


@days
def test_trend_points_are_the_doubles_of_their_snapshot(history: History, day: int) -> None:
    expected = {
        (*row[:6], point.on): point.value
        for each in LISTS
        for row, entry in zip(trend_rows(history.world, each, day), entries(history.world, each, day), strict=True)
        for point in entry.points
    }

    rows = facts(
        history,
        "fct_trend_points",
        day,
        *("trend_source", "country_code", "period_days", "industry_id", "is_new_on_board", "hashtag_key", "point_date"),
        "relative_popularity",
    )

    assert {row[:-1]: row[-1] for row in rows} == expected
    assert len(rows) == len(expected)
    assert {1.0, 0.97} <= set(expected.values())


def test_trend_points_are_stored_as_doubles(history: History) -> None:
    [(kind,)] = history.site.rows("select distinct typeof(relative_popularity) from marts.fct_trend_points")

    assert kind == "DOUBLE"


def test_videos_have_the_hashtags_of_their_lists_or_else_of_their_captions(history: History) -> None:
    expected = bridge(history.world)

    rows = history.site.rows(
        "select video_id, hashtag_key, is_tagged, is_listed, first_seen_date, last_seen_date"
        " from marts.bridge_video_hashtag"
    )

    assert {row[:2]: row[2:] for row in rows} == expected
    assert len(rows) == len(expected)
    assert {row[:2] for row in expected.values()} == {(True, True), (True, False), (False, True)}


def test_captions_are_kept_whole(history: History) -> None:
    captions = {
        video.id: as_stored(video.caption) for day in ASKED for video, _, _ in places_of(history.world, day, ASKED[day])
    }

    rows: dict[str, str] = dict(
        history.site.rows("select video_id, caption from marts.dim_video where caption is not null")
    )

    assert {video_id: text for video_id, text in rows.items() if text != captions[video_id]} == {}
    assert len(rows) >= 0.9 * len(captions)


def test_videos_know_when_and_by_whom_they_were_posted(history: History) -> None:
    shown = [place for day, hours in ASKED.items() for place in places_of(history.world, day, hours)]
    videos = {video.id: video for video, _, _ in shown}

    rows = history.site.rows("select video_id, epoch(posted_at)::bigint, creator_id, sound_id from marts.dim_video")

    assert {row[0] for row in rows} == set(videos)
    assert all(posted_at == videos[video_id].posted_at for video_id, posted_at, *_ in rows)
    assert all(creator in {videos[video_id].creator.id, None} for video_id, _, creator, _ in rows)
    assert all(sound in {videos[video_id].sound.id, None} for video_id, *_, sound in rows)


def test_creators_go_by_their_latest_handle(history: History) -> None:
    creators = {video.creator.id: video.creator for video, _, _ in places_of(history.world, 4, ASKED[4])}

    handles: dict[str, str] = dict(history.site.rows("select creator_id, handle from marts.dim_creator"))

    shown = [creator for creator in creators.values() if creator.id in handles]
    assert {c.id: handles[c.id] for c in shown} == {c.id: history.world.handle(c, on(4)) for c in shown}
    assert any(history.world.handle(c, on(4)) != history.world.handle(c, on(0)) for c in shown)


def test_a_hashtag_s_id_comes_from_details_and_searches_alone(history: History) -> None:
    watched = {normalised(hashtag.name): hashtag.id for hashtag in history.world.hashtags}
    found = {normalised(h.name): h.id for word in ("cat", "christmas") for h in history.world.search(word, on(4))}

    rows: dict[str, str | None] = dict(history.site.rows("select hashtag_key, hashtag_id from marts.dim_hashtag"))

    assert {key: hashtag_id for key, hashtag_id in rows.items() if hashtag_id} == {**watched, **found}
    assert None in rows.values()


def test_a_count_that_a_provider_does_not_promise_is_null(history: History) -> None:
    [(rows, saves, downloads)] = history.site.rows(
        "select count(*), count(save_count), count(download_count)"
        " from intermediate.int_video_observations where provider = 'unifapi'"
    )

    assert rows > 100
    assert (saves, downloads) == (0, 0)


def facts(history: History, mart: str, day: int, *columns: str) -> Rows:
    """Columns of a mart on a day of the world."""
    return history.site.rows(f"select {', '.join(columns)} from marts.{mart} where snapshot_date = ?", on(day))


def bridge(world: World) -> dict[tuple[str, str], tuple[bool, bool, date, date]]:
    """Hashtags of videos: tagged by a list of any provider, or by the caption where none has a list; or listed."""
    with_list: dict[str, list[date]] = defaultdict(list)
    with_caption: dict[str, list[date]] = defaultdict(list)
    videos = {}
    listed: dict[tuple[str, str], list[date]] = defaultdict(list)
    for day, hours in ASKED.items():
        for video, _, provider in places_of(world, day, hours):
            videos[video.id] = video
            if provider == "scraper" or (provider == "unifapi" and share("unifapi", "no list", video.id) >= 0.02):
                with_list[video.id].append(on(day))
            elif provider == "unifapi" or share("tikliveapi", "no title", video.id) >= 0.03:
                with_caption[video.id].append(on(day))
        for key, video_id, _, _ in feed_places(world, day, hours):
            listed[key, video_id].append(on(day))
    tagged = {
        (video_id, normalised(tag.spelling)): with_list.get(video_id) or with_caption[video_id]
        for video_id, video in videos.items()
        for tag in video.tags
        if video_id in with_list or video_id in with_caption
    }
    shown = {(video_id, key): dates for (key, video_id), dates in listed.items()}
    pairs = {**tagged, **shown}
    seen = {pair: tagged.get(pair, []) + shown.get(pair, []) for pair in pairs}
    return {pair: (pair in tagged, pair in shown, min(dates), max(dates)) for pair, dates in seen.items()}


def as_stored(caption: str) -> str:
    """A caption with what no warehouse stores replaced."""
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in caption)
