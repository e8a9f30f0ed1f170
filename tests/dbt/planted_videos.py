"""A world of videos whose truth was planted: the feeds of 12 watched hashtags, read at noon on each of 30 days.

Every video gains views along one curve of its age. Its size depends on the weekday of its posting alone. Hashtags are
carried independently of each other but for one pair, and each sound is used by as many videos on every day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

FIRST = date(2026, 10, 1)
DAYS = 30
LAST = FIRST + timedelta(days=DAYS - 1)
LISTED_DAYS = 10
FEEDS = [f"feed{number:02}" for number in range(12)]
HOURS = (0, 2, 13)
# The rate of a hashtag in all videos; the feed of a watched one lists only videos that carry it.
RATES = {f"tag{number:02}": 0.1 + 0.03 * number for number in range(12)} | {
    tag: 0.08 + 0.02 * number for number, tag in enumerate(FEEDS)
}
# Of the videos of the first hashtag this share carries the second.
GOES_WITH, GOES, TOGETHER = "feed00", "tag00", 0.4
STEADY_SOUNDS = [f"steady{number}" for number in range(1, 6) for _ in range(number)]
NEW_SOUND, NEW_SOUND_DAY = "new sound", 18
LATE_FEED, LATE_FEED_DAY, LATE_FEED_SOUND = "late", 20, "old sound in a late feed"
BEST_WEEKDAY, BEST = 3, 1.2

Row = dict[str, Any]


@dataclass(frozen=True)
class Planted:
    """One video."""

    id: str
    feed: str
    posted_at: datetime
    sound_id: str
    hashtags: frozenset[str] = field(repr=False)

    def views(self, at: datetime) -> int:
        """Half of the final views come in the first three days."""
        days = (at - self.posted_at) / timedelta(days=1)
        return round((BEST if self.posted_at.isoweekday() == BEST_WEEKDAY else 1) * 100_000 * days / (days + 3))


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def at(day: int, hour: int) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day) + timedelta(days=day, hours=hour)


def videos() -> list[Planted]:
    """All videos, some posted before the first day."""
    chance = random.Random(11)  # a world, no secret
    found = []
    for day in range(-LISTED_DAYS, DAYS):
        sounds = iter(STEADY_SOUNDS * len(FEEDS))
        for feed in FEEDS:
            for hour in HOURS:
                tags = _hashtags(feed, chance)
                found.append(Planted(f"{feed} {day} {hour}", feed, at(day, hour), next(sounds), tags))
    return [*found, *_special(chance)]


def _hashtags(feed: str, chance: random.Random) -> frozenset[str]:
    carried = {feed} | {tag for tag, rate in RATES.items() if chance.random() < rate}
    if GOES_WITH in carried:
        carried = carried - {GOES} | ({GOES} if chance.random() < TOGETHER else set())
    return frozenset(carried)


def _special(chance: random.Random) -> Iterator[Planted]:
    """A sound that is first seen in the two weeks, and one that a late feed has much of."""
    for day in range(NEW_SOUND_DAY, DAYS):
        yield Planted(f"new {day}", FEEDS[0], at(day, 1), NEW_SOUND, _hashtags(FEEDS[0], chance))
    yield Planted("old", FEEDS[0], at(2, 1), LATE_FEED_SOUND, _hashtags(FEEDS[0], chance))
    for day in range(LATE_FEED_DAY - LISTED_DAYS, DAYS):
        yield Planted(f"late {day}", LATE_FEED, at(day, 1), LATE_FEED_SOUND, _hashtags(LATE_FEED, chance))


VIDEOS = videos()


def listed(day: int) -> list[Planted]:
    """The videos that the feeds show at noon of a day."""
    ages = {video.id: at(day, 12) - video.posted_at for video in VIDEOS}
    return [
        video
        for video in VIDEOS
        if timedelta() <= ages[video.id] < timedelta(days=LISTED_DAYS)
        and (video.feed != LATE_FEED or day >= LATE_FEED_DAY)
    ]


def load_of(day: int) -> dict[str, list[Row]]:
    """The raw rows of a day's run."""
    watched: list[Row] = [{"kind": "hashtag", "hashtag_key": feed, "role": "own"} for feed in FEEDS]
    rows: dict[str, list[Row]] = {"watchlist": watched, "unifapi_videos": [], "unifapi_videos__hashtags": []}
    for position, video in enumerate(listed(day), start=1):
        where: Row = {"request_key": f"{video.feed} {day}", "position": position}
        rows["unifapi_videos"].append(where | _item(video, at(day, 12)))
        rows["unifapi_videos__hashtags"] += [
            where | {"list_index": index, "hashtag_key": tag, "value": tag}
            for index, tag in enumerate(sorted(video.hashtags), start=1)
        ]
    return rows


def _item(video: Planted, now: datetime) -> Row:
    return {
        "observed_at": now.isoformat(" "),
        "requested_hashtag": video.feed,
        "id": video.id,
        "has_hashtag_list": True,
        "create_time": round(video.posted_at.replace(tzinfo=UTC).timestamp()),
        "music__id": video.sound_id,
        "view_count": video.views(now),
        "like_count": 1,
        "comment_count": 1,
        "share_count": 1,
    }
