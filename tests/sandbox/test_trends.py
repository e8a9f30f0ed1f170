from __future__ import annotations

from datetime import date, timedelta

import pytest

from tiktok_hashtags.sandbox import World
from tiktok_hashtags.sandbox.trends import NEW, UP

ON = date(2026, 11, 5)


@pytest.mark.parametrize("country", ["US", "GB", "BR"])
@pytest.mark.parametrize("period", [7, 30, 90, 120])
def test_there_is_a_list_for_every_country_and_period_of_the_demo(world: World, country: str, period: int) -> None:
    entries = world.trend_list(country, period, None, ON)

    assert len(entries) > 50
    assert [entry.rank for entry in entries] == list(range(1, len(entries) + 1))
    assert all(len(entry.points) == period for entry in entries)


def test_values_are_relative_to_the_largest_of_their_own_series(world: World) -> None:
    for entry in world.trend_list("US", 7, None, ON):
        values = [point.value for point in entry.points]

        assert max(values) == 1
        assert min(values) >= 0


def test_the_window_ends_the_day_before(world: World) -> None:
    entry = world.trend_list("US", 7, None, ON)[0]

    assert (entry.points[0].on, entry.points[-1].on) == (ON - timedelta(days=7), ON - timedelta(days=1))


def test_rank_changes_follow_from_the_day_before(world: World) -> None:
    before = {entry.hashtag.id: entry.rank for entry in world.trend_list("US", 7, None, ON - timedelta(days=1))}

    for entry in world.trend_list("US", 7, None, ON):
        if entry.hashtag.id not in before:
            assert (entry.rank_change, entry.rank_change_type) == (None, NEW)
        else:
            assert entry.rank_change == abs(before[entry.hashtag.id] - entry.rank)
            assert (entry.rank_change_type == UP) == (entry.rank < before[entry.hashtag.id])


def test_the_newcomers_filter_leaves_newcomers_with_ranks_of_their_own(world: World) -> None:
    entries = world.trend_list("US", 7, None, ON, new_on_board=True)

    assert entries
    assert all(entry.rank_change_type == NEW for entry in entries)
    assert entries[0].rank == 1


def test_the_industry_filter_leaves_that_industry(world: World) -> None:
    entries = world.trend_list("US", 7, 22_000_000_000, ON)

    assert entries
    assert {entry.hashtag.industry.id for entry in entries if entry.hashtag.industry} == {22_000_000_000}
    assert all(entry.hashtag.industry for entry in entries)


def test_about_half_of_the_entries_have_no_industry_and_most_no_creators(world: World) -> None:
    entries = world.trend_list("US", 7, None, ON)

    assert 0.3 < sum(entry.hashtag.industry is None for entry in entries) / len(entries) < 0.7
    assert 0.5 < sum(not entry.creators for entry in entries) / len(entries) < 0.8


def test_a_country_without_a_list_has_an_empty_one(world: World) -> None:
    assert world.trend_list("XX", 7, None, ON) == ()


def test_counts_are_beyond_31_bits(world: World) -> None:
    assert max(entry.view_count for entry in world.trend_list("US", 120, None, ON)) > 2**31
