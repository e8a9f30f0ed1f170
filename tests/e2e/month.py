"""Thirty days of a world as facts in plain Python: what a warehouse that saw these days has to hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from tests.e2e.truth import (
    MEASURES,
    RANKS,
    Candidates,
    Hours,
    TrendAsked,
    asked_at,
    best_of,
    best_places,
    by_key,
    hashtags_seen,
    on,
    places_of,
    videos_seen,
)

from tiktok_hashtags.sandbox import Hashtag, Video, World
from tiktok_hashtags.sandbox.chance import share
from tiktok_hashtags.sandbox.world import normalised

ALL = dict.fromkeys(RANKS, 6)
# Seven days were missed; on some, some providers were not asked.
ASKED: dict[int, Hours] = {
    **{day: ALL for day in range(30) if day not in (3, 4, 9, 15, 16, 17, 24)},
    **{day: {"crawlora": 6, "unifapi": 6, "scraper": 6} for day in (6, 12, 13, 29)},
    20: {"tikliveapi": 6, "scraper": 6},
}
LISTS: tuple[TrendAsked, ...] = (
    ("popular_trend", "US", 7, None, False),
    ("popular_trend", "GB", 30, None, True),
    ("popular_trend", "US", 120, "industry", False),
    ("creative_center", "BR", 90, None, False),
)
SEARCHES = ("cat", "christmas")
ENGAGEMENT = ("view_count", "like_count", "comment_count", "share_count")
CAMPAIGNS = {"always-on": (1,), "holiday-2026": (0, 1), "rivals": (2, 3)}
PRICES = {"crawlora": 0.0004, "unifapi": 0.001, "tikliveapi": None, "scraper": 0.0}
"""Dollars a credit; one provider publishes none."""
ROLES = ("own", "market", "competitor", "market")


@dataclass(frozen=True)
class HashtagStats:
    """The winning numbers of a hashtag on a date."""

    view_count: int
    video_count: int | None
    creator_count: int | None
    precision: str
    video_count_precision: str
    provider: str


@dataclass
class VideoFacts:
    """What is known of a video after all days."""

    video: Video
    first_seen_at: datetime
    creator_id: str | None = None
    sound_id: str | None = None
    region: str | None = None
    language: str | None = None
    duration_seconds: float | None = None
    is_image_post: bool | None = None
    stats: dict[date, dict[str, int | None]] = field(default_factory=dict)
    counted_at: dict[date, datetime] = field(default_factory=dict)

    @property
    def posted_at(self) -> datetime:
        """When it was posted, UTC."""
        return datetime.fromtimestamp(self.video.posted_at, UTC).replace(tzinfo=None)

    def views_by_age(self) -> dict[timedelta, int]:
        """The known views by the time from posting to their observation."""
        return {
            self.counted_at[when] - self.posted_at: views
            for when, numbers in self.stats.items()
            if (views := numbers["view_count"]) is not None
        }

    def latest(self, measure: str) -> int | None:
        """The number of the latest date that has views."""
        return self.stats[max(self.stats)][measure]


class Month:
    """The facts of thirty days.

    Args:
        world: Whose days they are.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = [hashtag.name for hashtag in world.hashtags]

    @property
    def dates(self) -> list[date]:
        """The dates of runs."""
        return [on(day) for day in sorted(ASKED)]

    @cached_property
    def hashtag_stats(self) -> dict[str, dict[date, HashtagStats]]:
        """By hashtag and date."""
        found: dict[str, dict[date, HashtagStats]] = defaultdict(dict)
        for day, hours in ASKED.items():
            for key, candidates in by_key(hashtags_seen(self.world, day, hours)).items():
                found[key][on(day)] = _hashtag_stats(candidates)
        return found

    @cached_property
    def hashtag_series(self) -> dict[str, dict[tuple[str, str], dict[date, dict[str, int | None]]]]:
        """By hashtag, by provider and precision, by date: the largest count of views and of videos."""
        found: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
        for day, hours in ASKED.items():
            for key, candidates in by_key(hashtags_seen(self.world, day, hours)).items():
                for series, seen in candidates.items():
                    found[key][series][on(day)] = {
                        measure: max((n for each in seen if (n := each.numbers[measure]) is not None), default=None)
                        for measure in ("view_count", "video_count")
                    }
        return found

    @cached_property
    def feeds(self) -> dict[date, dict[tuple[str, str], int]]:
        """By date: the best place of each video in each hashtag's feeds."""
        return {
            on(day): {key: rank for key, (rank, _) in best_places(self.world, day, hours).items()}
            for day, hours in ASKED.items()
        }

    @cached_property
    def videos(self) -> dict[str, VideoFacts]:
        """By id: counts of every date, and the latest attributes that any provider showed."""
        found: dict[str, VideoFacts] = {}
        for day in sorted(ASKED):
            # Of one hour, the better ranked provider speaks last.
            places = sorted(places_of(self.world, day, ASKED[day]), key=lambda place: -RANKS[place[2]])
            for video, _, provider in places:
                facts = found.setdefault(video.id, VideoFacts(video, asked_at(provider, day, ASKED[day])))
                for name, value in attributes(video, provider).items():
                    if value is not None:
                        setattr(facts, name, value)
            for key, candidates in by_key(videos_seen(self.world, day, ASKED[day])).items():
                found[key].stats[on(day)] = {measure: best_of(measure, candidates)[0] for measure in MEASURES}
                found[key].counted_at[on(day)] = max(
                    each.observed_at for listed in candidates.values() for each in listed
                )
        return found

    @cached_property
    def first_listed(self) -> dict[tuple[str, str], date]:
        """By hashtag and video: the first date in the hashtag's feed."""
        found: dict[tuple[str, str], date] = {}
        for when in self.dates:
            for place in self.feeds[when]:
                found.setdefault(place, when)
        return found

    @cached_property
    def hashtag_keys(self) -> dict[str, set[str]]:
        """By video: its hashtags from a list, or else from its caption, and the hashtags whose feeds list it."""
        listing: set[str] = set()
        captioned: set[str] = set()
        for day, hours in ASKED.items():
            for video, _, provider in places_of(self.world, day, hours):
                if provider == "scraper" or (provider == "unifapi" and share(provider, "no list", video.id) >= 0.02):
                    listing.add(video.id)
                elif provider == "unifapi" or share("tikliveapi", "no title", video.id) >= 0.03:
                    captioned.add(video.id)
        keys = {
            video_id: {hashtag for hashtag, listed in self.first_listed if listed == video_id}
            for video_id in self.videos
        }
        for video_id in listing | captioned:
            keys[video_id] |= {normalised(tag.spelling) for tag in self.videos[video_id].video.tags}
        return keys

    @cached_property
    def creators(self) -> dict[str, dict[date, dict[str, object]]]:
        """By creator and date: their attributes in the date's videos."""
        found: dict[str, dict[date, dict[str, object]]] = defaultdict(lambda: defaultdict(dict))
        for day in sorted(ASKED):
            for video, _, provider in places_of(self.world, day, ASKED[day]):
                if attributes(video, provider)["creator_id"] is not None:
                    found[video.creator.id][on(day)] |= self._shown_of_creator(video, provider, on(day))
        return found

    def _shown_of_creator(self, video: Video, provider: str, when: date) -> dict[str, object]:
        creator = video.creator
        shown: dict[str, object] = {"handle": self.world.handle(creator, when), "display_name": creator.name}
        if provider == "scraper":
            shown |= {"bio": creator.bio or None, "is_verified": creator.is_verified}
            shown |= {"region": creator.region, "language": creator.language}
        return shown

    @cached_property
    def hashtags(self) -> dict[str, dict[date, dict[str, object]]]:
        """By hashtag and date: their attributes in details and searches; crawlora comes last."""
        found: dict[str, dict[date, dict[str, object]]] = defaultdict(lambda: defaultdict(dict))
        for day in sorted(ASKED):
            for provider in ("tikliveapi", "crawlora"):
                for hashtag in self._described_by(provider, day):
                    shown = self._shown_of_hashtag(hashtag, provider, on(day))
                    found[normalised(hashtag.name)][on(day)] |= shown
        return found

    def _described_by(self, provider: str, day: int) -> list[Hashtag]:
        if provider not in ASKED[day]:
            return []
        watched = list(self.world.hashtags)
        if provider == "crawlora":
            return watched[:2] + watched[3:]
        return [*watched, *(found for word in SEARCHES for found in self.world.search(word, on(day)))]

    def _shown_of_hashtag(self, hashtag: Hashtag, provider: str, when: date) -> dict[str, object]:
        shown: dict[str, object] = {"hashtag_id": hashtag.id}
        if provider == "tikliveapi" or share("crawlora", "untitled", hashtag.id, when) >= 0.04:
            shown["hashtag_name"] = self.world.spelling(hashtag, when, provider)
        if hashtag.description:
            shown["description"] = hashtag.description
        if provider == "crawlora":
            title, body = hashtag.announcement or (None, None)
            shown |= {"is_commerce": hashtag.is_commerce, "announcement_title": title, "announcement_body": body}
        return shown

    def campaign_keys(self, campaign: str) -> list[str]:
        """The hashtags of a campaign."""
        return [self.keys[number] for number in CAMPAIGNS[campaign]]


def _hashtag_stats(candidates: Candidates) -> HashtagStats:
    views, precision, provider = best_of("view_count", candidates)
    videos, video_precision, _ = best_of("video_count", candidates)
    creators, _, _ = best_of("creator_count", candidates)
    assert views is not None
    return HashtagStats(views, videos, creators, precision, video_precision, provider)


def attributes(video: Video, provider: str) -> dict[str, object]:
    """What a provider shows of a video beside its counts; None where it leaves it out."""
    if provider == "unifapi":
        seconds = video.duration_ms / 1000
        return {
            "creator_id": video.creator.id if share("unifapi", "no creator", video.id) >= 0.015 else None,
            "sound_id": video.sound.id if share("unifapi", "no sound", video.id) >= 0.04 else None,
            "region": video.region if share("unifapi", "no region", video.id) >= 0.05 else None,
            "duration_seconds": round(seconds) if share("unifapi", "whole seconds", video.id) < 0.2 else seconds,
            "is_image_post": video.is_image_post,
        }
    if provider == "tikliveapi":
        return {
            "creator_id": video.creator.id if share("tikliveapi", "no creator", video.id) >= 0.01 else None,
            "sound_id": video.sound.id if share("tikliveapi", "no sound", video.id) >= 0.03 else None,
            "region": video.region,
            "duration_seconds": video.duration_ms // 1000,
        }
    return {
        "creator_id": video.creator.id if share("scraper", "hole", "author", video.id) >= 0.02 else None,
        "sound_id": video.sound.id,
        "region": video.region,
        "language": video.language,
        "duration_seconds": video.duration_ms * 0.001 if share("scraper", "hole", "video", video.id) >= 0.02 else None,
    }


def latest_known(by_date: Mapping[date, Mapping[str, object]]) -> dict[str, object]:
    """The last known value of each attribute; None counts as unknown."""
    known: dict[str, object] = {}
    for when in sorted(by_date):
        known |= {name: value for name, value in by_date[when].items() if value is not None}
    return known


def percentile(numbers: Iterable[float | None], fraction: float) -> float | None:
    """The continuous percentile: between two numbers it lies on the line from one to the other."""
    known = sorted(number for number in numbers if number is not None)
    if not known:
        return None
    place = fraction * (len(known) - 1)
    below = int(place)
    above = min(below + 1, len(known) - 1)
    return known[below] + (known[above] - known[below]) * (place - below)


def ratio(number: float | None, of: float | None) -> float | None:
    """A quotient, unknown where a part is unknown or nothing is divided by."""
    return None if number is None or not of else number / of


def total(numbers: Sequence[int | None]) -> int | None:
    """A sum of what is known, unknown if nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
