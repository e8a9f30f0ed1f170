"""What the reports on videos make of a world whose truth is known: equal ages, whole days, and chance is 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from statistics import mean, median
from typing import Any

import pytest
from tests.dbt.conftest import Dbt, Raw
from tests.dbt.planted_videos import (
    BEST,
    BEST_WEEKDAY,
    DAYS,
    FEEDS,
    GOES,
    GOES_WITH,
    LAST,
    LATE_FEED_SOUND,
    NEW_SOUND,
    STEADY_SOUNDS,
    Planted,
    listed,
    load_of,
    on,
)

Table = dict[tuple[Any, ...], dict[str, Any]]
Read = Callable[..., Table]


@pytest.fixture(scope="module")
def read(dbt: Dbt, fresh: Callable[[], Raw], keep: Callable[[str], Raw]) -> Read:
    raw = fresh()
    raw.create("unifapi")
    for day in range(DAYS):
        raw.add(f"{day:02}", on(day).isoformat(), load_of(day))
    dbt.build()
    return keep("planted videos").report


@cache
def seen() -> dict[str, Planted]:
    return {video.id: video for day in range(DAYS) for video in listed(day)}


def test_the_best_weekday_is_the_one_that_was_planted(read: Read) -> None:
    slices = read("rpt_content_benchmark", "hashtag_key", "dimension", "weekday", "hour")
    by_weekday = {day: slices["", "weekday", day, None]["median_view_count_at_7d"] for day in range(1, 8)}

    assert max(by_weekday, key=lambda day: by_weekday[day]) == BEST_WEEKDAY
    for day, views in by_weekday.items():
        assert views == pytest.approx((BEST if day == BEST_WEEKDAY else 1) * 70_000, rel=0.02), day


def test_the_views_at_an_age_are_those_of_the_curve(read: Read) -> None:
    row = read("rpt_content_benchmark", "hashtag_key", "dimension")["", "all"]

    for days in (1, 3, 7):
        assert row[f"median_view_count_at_{days}d"] == pytest.approx(100_000 * days / (days + 3), rel=0.05)
    assert (row["median_view_count_at_30d"], row["video_count_at_30d"]) == (None, 0)
    assert row["video_count"] == len(seen())
    assert 0 < row["video_count_at_7d"] < row["video_count"]


def test_a_slice_of_fewer_than_ten_videos_is_not_reliable(read: Read) -> None:
    slices = read("rpt_content_benchmark", "hashtag_key", "dimension", "weekday", "hour", "duration_band", "media_type")

    assert {row["is_reliable"] == (row["video_count_at_7d"] >= 10) for row in slices.values()} == {True}
    assert {row["is_reliable"] for key, row in slices.items() if key[:2] == ("", "weekday_hour")} >= {True}
    assert {row["is_reliable"] for key, row in slices.items() if key[:2] == (FEEDS[1], "weekday_hour")} == {False}


def test_sounds_of_a_constant_world_neither_rise_nor_fall(read: Read) -> None:
    sounds = read("rpt_trending_sounds", "sound_id")

    assert {sounds[(name,)]["adoption_change"] for name in STEADY_SOUNDS} == {0}
    for name in STEADY_SOUNDS:
        weeks = [video.posted_at.date() for video in seen().values() if video.sound_id == name]
        assert sounds[(name,)]["video_count_7d"] == sum(1 <= (LAST - day) / timedelta(days=1) <= 7 for day in weeks) > 0


def test_a_sound_or_a_feed_that_is_seen_for_the_first_time_is_not_taken_for_a_rise(read: Read) -> None:
    sounds = read("rpt_trending_sounds", "sound_id")
    reasons = {
        NEW_SOUND: "the sound was first seen in the two weeks",
        LATE_FEED_SOUND: "a feed was first read in the two weeks",
    }

    for name, reason in reasons.items():
        row = sounds[(name,)]
        assert (row["video_count_previous_7d"], row["adoption_change"], row["adoption_reason"]) == (None, None, reason)
        assert row["video_count_7d"] == 7


def test_the_lift_of_hashtags_that_do_not_go_together_is_one(read: Read) -> None:
    pairs = read("rpt_hashtag_cooccurrence", "hashtag_key", "other_hashtag_key")
    independent = [row for (_, other), row in pairs.items() if other != GOES]
    covered = [row["lift_low"] <= 1 <= row["lift_high"] for row in independent]

    assert len(independent) == len(FEEDS) * 22
    assert {row["lift_reason"] for row in independent} == {None}
    assert mean(row["lift"] for row in independent) == pytest.approx(1, abs=0.03)
    assert median(row["lift"] for row in independent) == pytest.approx(1, abs=0.03)
    assert 0.92 <= mean(covered) <= 0.99


def test_the_lift_of_hashtags_that_go_together_is_above_one(read: Read) -> None:
    pairs = read("rpt_hashtag_cooccurrence", "hashtag_key", "other_hashtag_key")

    assert pairs[GOES_WITH, GOES]["lift_low"] > 2
    assert pairs[GOES_WITH, GOES]["rank"] < 22


def test_shares_are_of_videos_that_came_without_the_other_hashtag_s_feed(read: Read) -> None:
    pairs = read("rpt_hashtag_cooccurrence", "hashtag_key", "other_hashtag_key")

    for (one, other), row in pairs.items():
        ours = [video for video in seen().values() if one in video.hashtags and video.feed != other]
        base = [video for video in seen().values() if video.feed not in (one, other)]
        both, found = (sum(other in video.hashtags for video in group) for group in (ours, base))
        assert (row["video_count"], row["hashtag_video_count"], row["base_video_count"]) == (
            both,
            len(ours),
            len(base),
        ), (one, other)
        low, lift, high = lift_of(both, len(ours), found, len(base), sum(one in video.hashtags for video in base))
        assert row["lift"] == pytest.approx(lift)
        assert (row["lift_low"], row["lift_high"]) == (pytest.approx(low), pytest.approx(high))


def lift_of(part: int, whole: int, found: int, base: int, common: int) -> tuple[float, float, float]:
    """Lift between the ends of its interval, by the method of variance estimates recovery on a logarithmic scale."""
    share, base_share = part / whole, found / base
    (low, high), (base_low, base_high) = wilson(part, whole), wilson(found, base)
    together = common / math.sqrt(whole * base)

    def joined(one: float, other: float) -> float:
        return math.sqrt(one**2 + other**2 - 2 * together * one * other)

    below = joined(math.log(share / low), math.log(base_high / base_share))
    above = joined(math.log(high / share), math.log(base_share / base_low))
    lift = share / base_share
    return lift * math.exp(-below), lift, lift * math.exp(above)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, z = part / whole, 1.96
    middle = share + z**2 / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
    return (middle - spread) / (1 + z**2 / whole), (middle + spread) / (1 + z**2 / whole)
