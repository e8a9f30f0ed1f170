"""What was asked for, what it cost and how providers agree equal the sandbox's own meter and the world's own truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tests.e2e.growth import Table
from tests.e2e.meter import Asked, requests_of
from tests.e2e.month import ASKED, LISTS, PRICES, SEARCHES, Month, ratio
from tests.e2e.month_site import assert_equal
from tests.e2e.truth import (
    COUNTS,
    RANKS,
    Candidates,
    asked_at,
    by_key,
    entries,
    feeds,
    hashtags_seen,
    industry,
    items,
    on,
)

from tiktok_hashtags.sandbox import DATASET_ID
from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

Received = dict[tuple[date, str, str, str], list[str | None]]
"""Ids of items by date, provider, endpoint and target."""


def test_providers_agree_as_far_as_both_counted(month_site: Site, month: Month) -> None:
    expected = agreement(month)
    grain = ("hashtag_key", "snapshot_date", "measure", "provider", "other_provider")

    assert_equal(month_site, "rpt_provider_agreement", grain, expected)
    assert {row["is_rounded"] for row in expected.values()} == {True, False}


def test_data_costs_what_the_providers_charged(month_site: Site, month: Month) -> None:
    expected = data_cost(month, requests_of(month_site, month.world))

    assert_equal(month_site, "rpt_data_cost", ("snapshot_date", "provider", "endpoint"), expected)
    assert {row["cost_usd"] is None for row in expected.values()} == {True, False}
    assert month_site.rows("select * from reporting.rpt_data_cost where bytes is null or bytes <= 0") == []


def test_coverage_names_everything_that_was_requested(month_site: Site, month: Month) -> None:
    expected = coverage(month, requests_of(month_site, month.world))

    assert_equal(month_site, "rpt_coverage", ("snapshot_date", "provider", "endpoint", "target"), expected)
    assert any(row["pages"] > 1 for row in expected.values())


def test_freshness_is_that_of_the_last_day_on_which_a_provider_was_asked(month_site: Site, month: Month) -> None:
    expected = freshness(month)

    assert_equal(month_site, "rpt_freshness", ("provider", "entity"), expected)
    assert {row["age_days"] for row in expected.values()} == {0, 1}


def agreement(month: Month) -> Table:
    """Numbers of one hashtag and date by two providers."""
    rows: Table = {}
    for day, hours in ASKED.items():
        for key, candidates in by_key(hashtags_seen(month.world, day, hours)).items():
            for measure in COUNTS:
                told = _told(measure, candidates)
                pairs = [(one, two) for one in told for two in told if RANKS[one] < RANKS[two]]
                for one, two in pairs:
                    rows[key, on(day), measure, one, two] = _difference(told[one], told[two])
    return rows


def _told(measure: str, candidates: Candidates) -> dict[str, tuple[int, bool]]:
    """By provider: its largest number, and whether that is rounded; a rounded one only where there is no exact one."""
    told: dict[str, tuple[int, bool]] = {}
    for (provider, precision), observations in sorted(candidates.items(), key=lambda each: each[0][1] == "exact"):
        known = [number for each in observations if (number := each.numbers[measure]) is not None]
        if known:
            told[provider] = (max(known), precision == "rounded")
    return told


def _difference(one: tuple[int, bool], two: tuple[int, bool]) -> dict[str, Any]:
    return {
        "value": one[0],
        "other_value": two[0],
        "difference": two[0] - one[0],
        "relative_difference": ratio(two[0] - one[0], one[0]),
        "is_rounded": one[1] or two[1],
    }


def data_cost(month: Month, asked: Sequence[Asked]) -> Table:
    """Requests and what came for them, by date, provider and endpoint."""
    groups: dict[tuple[Any, ...], list[Asked]] = defaultdict(list)
    for each in asked:
        groups[each.on, each.provider, each.endpoint].append(each)
    walks, fresh = received(month), new_videos(month)
    rows: Table = {}
    for key, own in groups.items():
        item_count = sum(len(ids) for walk, ids in walks.items() if walk[:3] == key)
        rows[key] = _cost(key[1], own, item_count) | {"new_item_count": fresh.get(key)}
    return rows


def _cost(provider: str, rows: Sequence[Asked], item_count: int) -> dict[str, Any]:
    assert {row.status for row in rows} == {200}
    credits, price = sum(row.credits for row in rows), PRICES[provider]
    cost = None if price is None else credits * price
    return {
        "request_count": len(rows),
        "replayed_count": 0,
        "failed_count": 0,
        "unknown_count": 0,
        "unpriced_count": len(rows) if price is None else 0,
        "credits": credits,
        "cost_usd": cost,
        "item_count": item_count,
        "new_observation_count": item_count,
        "usd_per_1000_new_observations": None if cost is None else ratio(cost * 1000, item_count),
    }


def received(month: Month) -> Received:
    """The items of every walk; an error row of the dataset has no id."""
    found: Received = {}
    for day in sorted(ASKED):
        for (provider, endpoint, target), ids in _received_on(month, day).items():
            found[on(day), provider, endpoint, target] = ids
    return found


def _received_on(month: Month, day: int) -> dict[tuple[str, str, str], list[str | None]]:
    world, hours = month.world, ASKED[day]
    labels = [f"id {tag.id}" if number == 2 else f"#{tag.name}" for number, tag in enumerate(world.hashtags)]
    named = list(zip(labels, world.hashtags, strict=True))
    found: dict[tuple[str, str, str], list[str | None]] = {}
    for provider in feeds(hours):
        for label, tag in named:
            found[provider, "videos", label] = [entry.video.id for entry in world.feed(tag, on(day), provider)]
    if "crawlora" in hours:
        found |= {("crawlora", "hashtags", label): [tag.id] for label, tag in named[:2] + named[3:]}
        found |= {_list_name(month, each): [e.spelling for e in entries(world, each, day)] for each in LISTS}
    if "tikliveapi" in hours:
        found |= {("tikliveapi", "hashtags", label): [tag.id] for label, tag in named}
        for word in SEARCHES:
            found["tikliveapi", "search", word] = [tag.name for tag in world.search(word, on(day))]
    if "scraper" in hours:
        rows = items(world, day, hours)
        found["scraper", "items", f"dataset {DATASET_ID}"] = [row.entry.video.id if row.entry else None for row in rows]
    return found


def _list_name(month: Month, each: tuple[str, str, int, str | None, bool]) -> tuple[str, str, str]:
    source, country, period, by_industry, is_new = each
    parts = [source, country, f"{period} days"]
    parts += [f"industry {industry(month.world)}"] if by_industry else []
    parts += ["new on board"] if is_new else []
    return "crawlora", "trends" if source == "popular_trend" else "creative_center", " ".join(parts)


def new_videos(month: Month) -> dict[tuple[Any, ...], int]:
    """By date, provider and endpoint: the videos of feeds that no earlier date of the same feed had."""
    known: dict[tuple[str, ...], set[str | None]] = defaultdict(set)
    fresh: dict[tuple[Any, ...], int] = defaultdict(int)
    for (when, *walk), ids in sorted(received(month).items(), key=lambda each: each[0]):
        if walk[1] == "videos":
            fresh[when, walk[0], walk[1]] += len(set(ids) - known[tuple(walk)])
            known[tuple(walk)] |= set(ids)
    return fresh


def coverage(month: Month, asked: Sequence[Asked]) -> Table:
    """Every target of every date; all were walked to their end."""
    groups: dict[tuple[Any, ...], list[Asked]] = defaultdict(list)
    for each in asked:
        groups[each.on, each.provider, each.endpoint, each.target].append(each)
    came = received(month)
    assert set(groups) == set(came)
    return {
        key: {
            "hashtag_key": rows[0].hashtag_key,
            "is_complete": True,
            "stop_reason": "feed_end",
            "reason": "The feed was walked to its end.",
            "pages": len(rows),
            "items": len(came[key]),
            "credits": sum(row.credits for row in rows),
            "last_complete_date": key[0],
        }
        for key, rows in groups.items()
    }


ENTITIES = {
    ("crawlora", "hashtags"): ("hashtags",),
    ("crawlora", "trends"): ("trends", "creative_center"),
    ("tikliveapi", "hashtags"): ("hashtags",),
    ("tikliveapi", "searches"): ("search",),
    ("tikliveapi", "videos"): ("videos",),
    ("unifapi", "videos"): ("videos",),
    ("scraper", "videos"): ("items",),
}


def freshness(month: Month) -> Table:
    """The newest date of what each provider observed; an item without an id is no observation."""
    walks = received(month)
    rows: Table = {}
    for (provider, entity), endpoints in ENTITIES.items():
        own = [key for key in walks if key[1] == provider and key[2] in endpoints]
        newest = max(key[0] for key in own)
        rows[provider, entity] = {
            "newest_snapshot_date": newest,
            "item_count_newest_date": len({normalised(i) for key in own if key[0] == newest for i in walks[key] if i}),
            "age_days": (max(month.dates) - newest).days,
            "observed_at": last_asked(provider, newest),
        }
    return rows


def last_asked(provider: str, when: date) -> datetime:
    """When a provider was asked on a date."""
    [day] = [day for day in ASKED if on(day) == when]
    return asked_at(provider, day, ASKED[day])
