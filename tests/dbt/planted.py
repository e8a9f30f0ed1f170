"""A world whose truth was planted: 24 hashtags, 36 days, and two providers whose counts differ by half a percent."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

FIRST = date(2026, 10, 1)
DAYS = range(36)
HASHTAGS = [f"tag{number:02}" for number in range(24)]
MISSED = {7, 8, 25}
AWAY = {"tikliveapi": {10, 20, 21}, "crawlora": {15}, "unifapi": {12}}
FEEDS = {"tikliveapi": 4, "unifapi": 5}
"""The newest videos that a feed lists; one is posted a day under each hashtag."""
BREAKOUTS = {("tag03", 30): 3.0, ("tag05", 28): 2.2, ("tag05", 29): 2.2}
CORRECTED, FELL_ON, CAME_BACK_ON, FALL = "tag07", 18, 19, 259_000_000
MOVED, MOVED_ON = "tag04", 20
ROUNDED = "tag23"

Row = dict[str, Any]


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def counts() -> dict[str, list[int]]:
    """The true views of each hashtag by day: from a thousand million on, a million times its number more each day."""
    chance = random.Random(18)  # a world, no secret
    found: dict[str, list[int]] = {}
    for number, tag in enumerate(HASHTAGS, start=1):
        views = [1_000_000_000]
        for day in DAYS[1:]:
            usual = number * 1_000_000 * chance.lognormvariate(0, 0.08)
            views.append(views[-1] + round(usual * BREAKOUTS.get((tag, day), 1.0)))
        found[tag] = views
    return found


TRUE = counts()


def shown(provider: str, tag: str, day: int) -> int:
    """What a provider shows of a hashtag on a day."""
    count = TRUE[tag][day] - (FALL if (tag, day) == (CORRECTED, FELL_ON) else 0)
    return count if provider == "tikliveapi" else round(count * 1.005)


def asked(provider: str, day: int) -> bool:
    return day not in MISSED | AWAY[provider]


def campaign_of(tag: str, day: int) -> str:
    """Campaigns of six hashtags each; one hashtag moves to a campaign that begins on that day."""
    return "later" if (tag, day >= MOVED_ON) == (MOVED, True) else f"campaign {HASHTAGS.index(tag) // 6}"


def load_of(day: int) -> dict[str, list[Row]]:
    """The raw rows of a day's run."""
    where: Row = {"snapshot_date": on(day).isoformat(), "position": 1}
    rows: dict[str, list[Row]] = {"watchlist": [], "watchlist__campaigns": []}
    for tag in HASHTAGS:
        rows["watchlist"].append({"kind": "hashtag", "hashtag_key": tag, "role": "own"})
        rows["watchlist__campaigns"].append({"hashtag_key": tag, "campaign": campaign_of(tag, day)})
    if asked("tikliveapi", day):
        rows["tikliveapi_hashtags"] = [
            where | {"request_key": f"t {tag} {day}", "hashtag_key": tag, "view_count": shown("tikliveapi", tag, day)}
            for tag in HASHTAGS
            if tag != ROUNDED
        ]
    if asked("crawlora", day):
        rows["crawlora_hashtags"] = [
            where
            | {"request_key": f"c {tag} {day}", "hashtag_key": tag, "requested_hashtag": tag}
            | _crawlora_counts(shown("crawlora", tag, day), is_rounded=tag == ROUNDED)
            for tag in HASHTAGS
        ]
    for provider in FEEDS:
        if asked(provider, day):
            rows[f"{provider}_videos"] = [row for tag in HASHTAGS for row in _feed(provider, tag, day, where)]
            rows.setdefault("walks", []).extend(_walk(provider, tag, day) for tag in HASHTAGS)
    return rows


def _feed(provider: str, tag: str, day: int, where: Row) -> list[Row]:
    """The feed of a hashtag: its newest videos, each posted on another day."""
    field = "music__id" if provider == "unifapi" else "author__id"
    return [
        where
        | {"request_key": f"feed {provider} {tag} {day}", "position": position, "requested_hashtag": tag}
        | {
            "id": f"7{HASHTAGS.index(tag):02}{100 + day - position:03}",
            "view_count": 1_000 * position,
            field: f"of {tag}",
        }
        for position in range(1, FEEDS[provider] + 1)
    ]


def _walk(provider: str, tag: str, day: int) -> Row:
    return {
        "walk_key": f"{provider} {tag} {day}",
        "provider": provider,
        "endpoint": "videos",
        "hashtag_key": tag,
        "target": tag,
        "snapshot_date": on(day).isoformat(),
        "stop_reason": "feed_end",
        "is_complete": True,
        "pages": 1,
        "items": FEEDS[provider],
        "new_items": FEEDS[provider],
    }


def _crawlora_counts(count: int, *, is_rounded: bool) -> Row:
    rounded = {"challenge_info__stats__view_count": round(count, -8)}
    return rounded if is_rounded else rounded | {"challenge_info__stats_v2__view_count": count}
