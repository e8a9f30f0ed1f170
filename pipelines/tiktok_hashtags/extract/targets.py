"""What a provider is asked for, and the rules that all feeds share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tiktok_hashtags.extract.paging import Rules
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.watchlist import Dataset, Hashtag, Search, TrendList

NOT_FOUND_DAYS = 7


@dataclass(frozen=True, slots=True)
class Targets:
    """The part of a watchlist that one provider serves."""

    details: Sequence[Hashtag] = ()
    videos: Sequence[Hashtag] = ()
    trends: Sequence[TrendList] = ()
    searches: Sequence[Search] = ()
    datasets: Sequence[Dataset] = ()


def hashtags_of(given: Sequence[Hashtag | str]) -> list[Hashtag]:
    """Return watchlist entries for what a caller may write: an id ("3242"), a name, or an entry."""
    return [_hashtag(item) if isinstance(item, str) else item for item in given]


def _hashtag(text: str) -> Hashtag:
    return Hashtag(id=text) if text.isascii() and text.isdigit() else Hashtag(name=text)


def feed_rules(hashtag: Hashtag, settings: Settings, session: Session) -> Rules:
    """Return when a walk of a hashtag's feed may end early.

    With `stop_after_known_pages` on, a walk still goes to the end once every `full_walk_every_days`.
    """
    feed = (settings.provider, hashtag.key or hashtag.id or "")
    last_full = session.known.full_walk_dates.get(feed)
    is_recent = last_full is not None and session.snapshot_date - last_full < timedelta(
        days=settings.full_walk_every_days
    )
    return Rules(
        max_items=hashtag.max_videos,
        max_pages=settings.max_pages,
        known_pages=settings.stop_after_known_pages if is_recent else None,
        known_ids=session.known.video_ids.get(feed, frozenset()),
    )


def is_missing(provider: str, hashtag: Hashtag, session: Session) -> bool:
    """Tell whether a provider said within the last `NOT_FOUND_DAYS` days that there is no such hashtag."""
    said = session.known.not_found.get((provider, hashtag.key or hashtag.id or ""))
    return said is not None and session.snapshot_date - said < timedelta(days=NOT_FOUND_DAYS)
