"""What the world's providers showed on which day, by rules written out slowly in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tiktok_hashtags.sandbox import Hashtag, TrendEntry, Video, VideoStats, World
from tiktok_hashtags.sandbox.chance import share
from tiktok_hashtags.sandbox.crawlora import has_exact_stats, rounded
from tiktok_hashtags.sandbox.entities import DatasetRow
from tiktok_hashtags.sandbox.world import normalised

RANKS = {"crawlora": 1, "unifapi": 2, "tikliveapi": 3, "scraper": 4}
MEASURES = ("view_count", "like_count", "comment_count", "share_count", "save_count", "download_count")
COUNTS = ("view_count", "video_count", "creator_count")

Hours = Mapping[str, int]
"""The hour at which each provider was asked on a day; one that was not asked is missing."""
TrendAsked = tuple[str, str, int, str | None, bool]
"""Source, country, period, industry (None is all) and whether only new hashtags were asked for."""


@dataclass(frozen=True)
class Seen:
    """What one provider showed of one thing at one time."""

    key: str
    provider: str
    observed_at: datetime
    numbers: dict[str, int | None]
    precision: str = "exact"


def on(day: int) -> date:
    """The date of a day of the world."""
    return date(2026, 11, 1) + timedelta(days=day)


def asked_at(provider: str, day: int, hours: Hours) -> datetime:
    """When a provider was asked on a day."""
    return datetime(2026, 11, 1) + timedelta(days=day, hours=hours[provider])


Candidates = dict[tuple[str, str], list[Seen]]


def winners(seen: Iterable[Seen], measures: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    """By key: the winning number of each measure, then precision and provider of the first measure's winner.

    Within a provider and precision the larger number; then exact over rounded, the later, the provider's rank.
    """
    rows = {}
    for key, candidates in by_key(seen).items():
        best = [best_of(measure, candidates) for measure in measures]
        rows[key] = (*(number for number, _, _ in best), best[0][1], best[0][2])
    return rows


def by_key(seen: Iterable[Seen]) -> dict[str, Candidates]:
    """What was shown of each thing, by provider and precision."""
    groups: dict[str, Candidates] = defaultdict(lambda: defaultdict(list))
    for each in seen:
        groups[each.key][each.provider, each.precision].append(each)
    return groups


def best_of(measure: str, candidates: Candidates) -> tuple[int | None, str, str]:
    """The winning number of a measure, with its precision and provider."""
    ranked = []
    for (provider, precision), observations in candidates.items():
        known = [
            (each.numbers[measure], each.observed_at) for each in observations if each.numbers[measure] is not None
        ]
        if known:
            number, observed_at = max(known)
            ranked.append((precision == "exact", observed_at, -RANKS[provider], number, precision, provider))
    return max(ranked)[3:] if ranked else (None, "", "")


def hashtags_seen(world: World, day: int, hours: Hours) -> Iterator[Seen]:
    """Everything that details and searches showed of hashtags on a day."""
    if "crawlora" in hours:
        yield from shown_by_crawlora(world, day, hours)
    if "tikliveapi" in hours:
        yield from shown_by_tikliveapi(world, day, hours)


def shown_by_crawlora(world: World, day: int, hours: Hours) -> Iterator[Seen]:
    """Details, which need a name: the third hashtag is asked for by id alone."""
    for number, hashtag in enumerate(world.hashtags):
        if number == 2:
            continue
        stats, key = world.hashtag_stats(hashtag, on(day)), normalised(hashtag.name)
        shows_videos = share("crawlora", "video count", hashtag.id) < 0.6
        shown: dict[str, int | None] = {
            "view_count": rounded(stats.view_count),
            "video_count": rounded(stats.video_count) if shows_videos else None,
            "creator_count": None,
        }
        yield Seen(key, "crawlora", asked_at("crawlora", day, hours), shown, "rounded")
        if has_exact_stats(hashtag, on(day)):
            exact = {"view_count": stats.view_count, "video_count": stats.video_count, "creator_count": None}
            yield Seen(key, "crawlora", asked_at("crawlora", day, hours), exact)


def shown_by_tikliveapi(world: World, day: int, hours: Hours) -> Iterator[Seen]:
    """Details and what searches find."""
    for hashtag in [*world.hashtags, *world.search("cat", on(day)), *world.search("christmas", on(day))]:
        stats = world.hashtag_stats(hashtag, on(day))
        creators = {"view_count": stats.view_count, "video_count": None, "creator_count": stats.creator_count}
        yield Seen(normalised(hashtag.name), "tikliveapi", asked_at("tikliveapi", day, hours), creators)


def videos_seen(world: World, day: int, hours: Hours) -> Iterator[Seen]:
    """Every place at which a provider showed a video on a day."""
    for video, stats, provider in places_of(world, day, hours):
        numbers: dict[str, int | None] = {measure: getattr(stats, measure) for measure in MEASURES}
        if provider == "unifapi":
            numbers |= {"save_count": None, "download_count": None}
        if provider == "scraper":
            numbers |= {"download_count": None}
        yield Seen(video.id, provider, asked_at(provider, day, hours), numbers)


def places_of(world: World, day: int, hours: Hours) -> Iterator[tuple[Video, VideoStats, str]]:
    """Video, counts and provider of every place in every feed of a day."""
    for provider in feeds(hours):
        for hashtag in world.hashtags:
            for entry in world.feed(hashtag, on(day), provider):
                yield entry.video, entry.stats, provider
    for row in items(world, day, hours):
        if row.entry:
            yield row.entry.video, row.entry.stats, "scraper"


def feed_places(world: World, day: int, hours: Hours) -> Iterator[tuple[str, str, int, str]]:
    """Hashtag, video, place and provider, each video once; a dataset has places of its own for each hashtag."""
    for provider in feeds(hours):
        for hashtag in world.hashtags:
            shown = dict.fromkeys(entry.video.id for entry in world.feed(hashtag, on(day), provider))
            for rank, video_id in enumerate(shown, 1):
                yield normalised(hashtag.name), video_id, rank, provider
    for hashtag in world.hashtags:
        own = [row for row in items(world, day, hours) if row.hashtag == hashtag and row.entry]
        for rank, video_id in enumerate(dict.fromkeys(row.entry.video.id for row in own if row.entry), 1):
            yield normalised(hashtag.name), video_id, rank, "scraper"


def best_places(world: World, day: int, hours: Hours) -> dict[tuple[str, str], tuple[int, str]]:
    """Rank and provider of the best place of each video in each hashtag's feeds."""
    places: dict[tuple[str, str], tuple[int, int, str]] = {}
    for key, video_id, rank, provider in feed_places(world, day, hours):
        place = (rank, RANKS[provider], provider)
        places[key, video_id] = min(place, places.get((key, video_id), place))
    return {key: (rank, provider) for key, (rank, _, provider) in places.items()}


def feeds(hours: Hours) -> list[str]:
    """The providers of feeds that were asked."""
    return [provider for provider in ("unifapi", "tikliveapi") if provider in hours]


def items(world: World, day: int, hours: Hours) -> list[DatasetRow]:
    """The dataset of a day."""
    return world.dataset(on(day)) if "scraper" in hours else []


def entries(world: World, each: TrendAsked, day: int) -> tuple[TrendEntry, ...]:
    """A whole trend list of a day."""
    _, country, period, by_industry, is_new = each
    return world.trend_list(country, period, industry(world) if by_industry else None, on(day), new_on_board=is_new)


def trend_rows(world: World, each: TrendAsked, day: int) -> Iterator[tuple[Any, ...]]:
    """A trend list as the mart has it; the creative center has neither changes nor promotion."""
    source, country, period, by_industry, is_new = each
    is_popular = source == "popular_trend"
    for entry in entries(world, each, day):
        hashtag: Hashtag = entry.hashtag
        yield (
            *(source, country, period, industry(world) if by_industry else 0, is_new),
            *(normalised(entry.spelling), entry.rank),
            entry.rank_change if is_popular else None,
            entry.rank_change_type if is_popular else None,
            *(entry.publish_count, entry.view_count),
            entry.is_promoted if is_popular else None,
            ", ".join(creator.name for creator in entry.creators) or None,
            hashtag.industry.id if hashtag.industry else None,
        )


def industry(world: World) -> int:
    """The industry that most hashtags of the catalogue are in."""
    ids = [hashtag.industry.id for hashtag in world.catalogue if hashtag.industry]
    return max(sorted(set(ids)), key=ids.count)
