"""What the reports make of a world whose truth is known: like is compared with like, and nothing else is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.dbt.conftest import Dbt, Raw
from tests.dbt.planted import (
    AWAY,
    BREAKOUTS,
    CAME_BACK_ON,
    CORRECTED,
    DAYS,
    FALL,
    FEEDS,
    FELL_ON,
    HASHTAGS,
    MISSED,
    MOVED,
    MOVED_ON,
    ROUNDED,
    TRUE,
    asked,
    campaign_of,
    load_of,
    on,
)

Table = dict[tuple[Any, ...], dict[str, Any]]
Read = Callable[..., Table]


@pytest.fixture(scope="module")
def read(dbt: Dbt, fresh: Callable[[], Raw], keep: Callable[[str], Raw]) -> Read:
    raw = fresh()
    raw.create("crawlora", "tikliveapi", "unifapi")
    for day in DAYS:
        if day not in MISSED:
            raw.add(f"{day:02}", on(day).isoformat(), load_of(day))
    dbt.build()
    return keep("planted").report


def expected_gain(tag: str, day: int) -> tuple[float, int] | None:
    """Views a day and days of the best gain: the shortest one, of the better provider where two are as short."""
    gains = []
    for rank, provider in enumerate(("crawlora", "tikliveapi")):
        earlier = [at for at in range(day) if asked(provider, at) and (tag, at) != (CORRECTED, FELL_ON)]
        if asked(provider, day) and earlier:
            factor = 1.005 if provider == "crawlora" else 1
            since = max(earlier)
            gains.append((day - since, rank, factor * (TRUE[tag][day] - TRUE[tag][since]) / (day - since)))
    return (min(gains)[2], min(gains)[0]) if gains else None


def test_every_gain_compares_two_counts_of_one_provider(read: Read) -> None:
    growth = read("rpt_hashtag_growth", "hashtag_key", "snapshot_date")

    compared = 0
    for tag in HASHTAGS:
        for day in DAYS:
            if tag == ROUNDED or day in MISSED or (tag, day) == (CORRECTED, FELL_ON):
                continue
            row, expected = growth[tag, on(day)], expected_gain(tag, day)
            found = row["view_gain_per_day"]
            assert (found is None) == (expected is None), (tag, day)
            if expected:
                assert found == pytest.approx(expected[0], abs=1.0), (tag, day)
                assert row["days_since_previous"] == expected[1]
                compared += 1
    assert compared > 700


def test_only_what_was_planted_is_a_signal(read: Read) -> None:
    signals = read("rpt_early_signals", "hashtag_key", "snapshot_date")

    found = {key for key, row in signals.items() if row["is_signal"]}
    planted = {(tag, on(day)) for tag, day in BREAKOUTS}

    assert {tag for tag, _ in found} == {tag for tag, _ in BREAKOUTS}
    assert found <= planted
    assert ("tag03", on(30)) in found
    assert {row["verdict"] for row in signals.values()} == {"unusual", "usual", "corrected", "rounded", "too short"}


def test_a_count_that_fell_and_comes_back_is_a_correction_and_no_gain(read: Read) -> None:
    growth = read("rpt_hashtag_growth", "hashtag_key", "snapshot_date")
    fell, back = growth[CORRECTED, on(FELL_ON)], growth[CORRECTED, on(CAME_BACK_ON)]

    assert (fell["view_gain"], fell["is_corrected"]) == (None, True)
    assert fell["view_correction"] < -240_000_000
    assert back["days_since_previous"] == 2
    assert back["view_gain_per_day"] == pytest.approx(8_000_000, rel=0.3)
    assert back["view_correction"] == pytest.approx(FALL, rel=0.1)


def test_shares_of_voice_add_up_to_one_or_say_why_there_is_none(read: Read) -> None:
    voices = read("rpt_share_of_voice", "campaign", "hashtag_key", "snapshot_date")

    for share in ("share_of_voice", "share_of_voice_7d", "share_of_voice_views"):
        sums: dict[tuple[str, date], float] = {}
        for (campaign, _, when), row in voices.items():
            if row[share] is not None:
                assert 0 <= row[share] <= 1
                sums[campaign, when] = sums.get((campaign, when), 0.0) + row[share]
        assert sums
        assert all(abs(total - 1) < 1e-9 for total in sums.values())
    fell = voices[campaign_of(CORRECTED, FELL_ON), CORRECTED, on(FELL_ON)]
    assert (fell["share_of_voice"], fell["share_of_voice_reason"]) == (None, "a count was corrected")
    after = voices[campaign_of(CORRECTED, FELL_ON), CORRECTED, on(CAME_BACK_ON)]
    assert after["share_of_voice"] == pytest.approx(8 / sum(range(7, 13)), rel=0.2)
    assert all((row["share_of_voice"] is None) == (row["share_of_voice_reason"] is not None) for row in voices.values())


def test_a_hashtag_belongs_to_a_campaign_on_the_dates_on_which_the_watchlist_says_so(read: Read) -> None:
    voices = read("rpt_share_of_voice", "campaign", "hashtag_key", "snapshot_date")
    of_moved = {(campaign, when) for campaign, tag, when in voices if tag == MOVED}

    assert {when >= on(MOVED_ON) for campaign, when in of_moved if campaign == "later"} == {True}
    assert {when < on(MOVED_ON) for campaign, when in of_moved if campaign != "later"} == {True}
    assert {campaign for campaign, _, _ in voices} == {*(f"campaign {number}" for number in range(4)), "later"}


def test_look_backs_are_bounded(read: Read) -> None:
    growth = read("rpt_hashtag_growth", "hashtag_key", "snapshot_date")

    assert growth["tag01", on(6)]["growth_7d_rate"] is None
    assert growth["tag01", on(20)]["growth_7d_rate"] == pytest.approx(7 * 2_000_000 / 1_020_000_000, rel=0.1)
    assert growth["tag01", on(35)]["growth_30d_rate"] == pytest.approx(30 * 2_000_000 / 1_010_000_000, rel=0.1)


def test_a_campaign_says_on_which_dates_its_feeds_are_complete(read: Read) -> None:
    monitor = read("rpt_campaign_monitor", "campaign", "snapshot_date", "language", "region")
    whole = {
        when: row for (campaign, when, *cut), row in monitor.items() if campaign == "campaign 0" and cut == ["", ""]
    }

    away = {on(day) for provider in FEEDS for day in AWAY[provider]}
    assert {when for when, row in whole.items() if not row["is_complete"]} == away
    assert {row["listed_video_count"] for when, row in whole.items() if when not in away and when < on(MOVED_ON)} == {
        30
    }
    assert {whole[when]["provider_count"] for when in away} == {1}


def test_what_is_seen_for_the_first_time_is_not_new(read: Read) -> None:
    monitor = read("rpt_campaign_monitor", "campaign", "snapshot_date", "language", "region")
    new = {
        (campaign, when): row["new_video_count"] for (campaign, when, *cut), row in monitor.items() if cut == ["", ""]
    }

    assert {new["campaign 1", on(0)], new["later", on(MOVED_ON)]} == {None}
    assert {new["campaign 1", on(day)] for day in DAYS if day not in MISSED and day not in (0, 9, 12, 13, 26)} == {6}
    assert ("later", on(MOVED_ON - 1)) not in new
    assert new["later", on(MOVED_ON + 2)] == 1
