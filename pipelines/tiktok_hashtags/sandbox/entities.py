"""The parts of a sandbox world, as plain values free of any provider's wire format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry of the trend lists; ids are beyond 32 bits."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Hashtag:
    """A hashtag; the counts are those of the world's first day."""

    id: str
    name: str
    casings: tuple[str, ...]
    description: str
    theme: str
    language: str
    view_count: int
    video_count: int
    creator_count: int
    daily_view_count: int
    is_commerce: bool
    announcement: tuple[str, str] | None
    industry: Industry | None


@dataclass(frozen=True, slots=True)
class Creator:
    """A creator; `handles` pairs each handle with the day of the world from which it is valid."""

    id: str
    handles: tuple[tuple[int, str], ...]
    name: str
    bio: str
    region: str
    language: str
    is_verified: bool
    youtube: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound; each provider localises the title of an original sound."""

    id: str
    title: str
    author: str
    owner: Creator | None
    is_original: bool
    duration_seconds: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag as one caption spells it."""

    hashtag: Hashtag
    spelling: str


@dataclass(frozen=True, slots=True)
class Video:
    """A video; it is listed in feeds from `first_day` to `last_day` of the world."""

    id: str
    creator: Creator
    sound: Sound
    caption: str
    tags: tuple[Tag, ...]
    mentions: tuple[str, ...]
    listed_under: frozenset[str]
    pinned_under: str | None
    language: str
    region: str
    posted_at: int
    duration_ms: int
    width: int
    height: int
    is_image_post: bool
    first_day: int
    last_day: int
    reach: int
    days_to_spread: float


@dataclass(frozen=True, slots=True)
class HashtagStats:
    """Counts of a hashtag on one date, exact."""

    view_count: int
    video_count: int
    creator_count: int


@dataclass(frozen=True, slots=True)
class VideoStats:
    """Counts of a video on one date, as one provider sees them."""

    view_count: int
    like_count: int
    comment_count: int
    share_count: int
    save_count: int
    download_count: int

    def larger(self, other: VideoStats) -> VideoStats:
        """The larger number of the two, measure by measure."""
        return VideoStats(
            max(self.view_count, other.view_count),
            max(self.like_count, other.like_count),
            max(self.comment_count, other.comment_count),
            max(self.share_count, other.share_count),
            max(self.save_count, other.save_count),
            max(self.download_count, other.download_count),
        )


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One place in a feed; a repeat shows a video that is also further up."""

    video: Video
    stats: VideoStats
    is_pinned: bool
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One row of the scraper's dataset; without an entry it is an error row, which has no id."""

    hashtag: Hashtag
    entry: FeedEntry | None
    is_asked_by_url: bool
    limit: int


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The popularity of one day, relative to the largest of its series."""

    on: date
    value: float


@dataclass(frozen=True, slots=True)
class TrendEntry:
    """One place in a trend list; `rank_change` is a magnitude and None for a newcomer."""

    hashtag: Hashtag
    spelling: str
    country: str
    rank: int
    rank_change: int | None
    rank_change_type: int
    publish_count: int
    view_count: int
    is_promoted: bool
    points: tuple[TrendPoint, ...]
    creators: tuple[Creator, ...]
