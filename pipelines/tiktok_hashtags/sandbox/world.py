"""A made-up TikTok over virtual days: the truth that the sandbox's providers show, each in its own way.

All content is a pure function of (seed, date), before the start as well as after it: there is no state to
advance, so any date can be asked in any order. Counts are those of a whole date. From day to day, videos enter and
leave feeds, plays only grow, comments often fall by a little, hashtag views rarely do, creators change their handles,
and hashtags their casing.

The providers see one world a little differently: `tikliveapi` shows video counts five hours old, the
scraper ten hours old, and each omits some of a feed's videos.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

from .casting import SPAN_DAYS, Casting
from .chance import share
from .entities import Creator, DatasetRow, FeedEntry, Hashtag, HashtagStats, TrendEntry, Video, VideoStats
from .trends import TrendBoard

DATASET_ID = "holiday-hashtags"

_AGE_OF_COUNTS = {"unifapi": 0.0, "tikliveapi": 5 / 24, "scraper": 10 / 24}
_COVERAGE = {"unifapi": 0.94, "tikliveapi": 0.86, "scraper": 0.7}
_REPEATS = 0.05
_FEED_CAP = 160


def normalised(name: str) -> str:
    """The spelling under which TikTok finds a hashtag in any casing."""
    text = unicodedata.normalize("NFKC", name.lstrip("#＃")).casefold()
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


class World:
    """Hashtags, videos, trend lists and a dataset, for any date.

    Args:
        seed: Worlds with the same arguments are equal.
        start: Day 0; handles change and counts are anchored relative to it.
        hashtags: The number of hashtags with a feed, `christmas` (id 3242) first.
        videos: About how many videos a feed lists on a date; cross-listing varies it between half and one and a half of
            that.
        error_rows: The number of rows without an id in the dataset.
        hostile: Put text into captions that breaks careless software.
    """

    def __init__(
        self,
        seed: int = 7,
        start: date = date(2026, 11, 1),
        hashtags: int = 14,
        *,
        videos: int = 90,
        error_rows: int = 1,
        hostile: bool = True,
    ) -> None:
        self.seed = seed
        self.start = start
        self.error_rows = int(error_rows)
        self._videos = videos
        self._casting = Casting(seed, start, hashtags, hostile=hostile)
        self.hashtags = self._casting.hashtags
        self.catalogue = self._casting.catalogue
        self.trends = TrendBoard(seed, self.catalogue, self._casting.creator)
        self._by_id = {hashtag.id: hashtag for hashtag in self.catalogue}
        self._by_name = {normalised(casing): hashtag for hashtag in self.catalogue for casing in hashtag.casings}
        self._new_videos = lru_cache(maxsize=None)(self._make_new_videos)
        self._listed = lru_cache(maxsize=64)(self._find_listed)
        self.feed = lru_cache(maxsize=512)(self._make_feed)

    def day(self, on: date) -> int:
        """The number of days from the start, negative before it."""
        return (on - self.start).days

    def hashtag_by_id(self, id_: str) -> Hashtag | None:
        """The hashtag with this id, if there is one."""
        return self._by_id.get(id_)

    def hashtag_by_name(self, name: str) -> Hashtag | None:
        """The hashtag with this name in any casing, with or without `#`."""
        return self._by_name.get(normalised(name))

    def spelling(self, hashtag: Hashtag, on: date, *shown_by: object) -> str:
        """The casing in which someone shows the hashtag on a date; mostly the plain name."""
        if share(self.seed, "spelling", hashtag.id, on, *shown_by) < 0.75:
            return hashtag.name
        return hashtag.casings[-1]

    def handle(self, creator: Creator, on: date) -> str:
        """The creator's handle on a date."""
        day = self.day(on)
        return [handle for since, handle in creator.handles if since <= day][-1]

    def hashtag_stats(self, hashtag: Hashtag, on: date) -> HashtagStats:
        """Exact counts; on about one day in fifty a purge takes back more views than the day brought."""
        views = hashtag.view_count + int(hashtag.daily_view_count * self._days_of_growth(hashtag, on))
        grown = views / hashtag.view_count
        return HashtagStats(views, int(hashtag.video_count * grown), int(hashtag.creator_count * grown))

    def _days_of_growth(self, hashtag: Hashtag, on: date) -> float:
        """The growth between start and date in multiples of the first day's; never so negative that counts reach 0."""
        day = self.day(on)
        if day < 0:
            return day / (1 - 2 * day * hashtag.daily_view_count / hashtag.view_count)
        if day == 0:
            return 0.0
        purge = 2.5 if share(self.seed, "purge", hashtag.id, day) < 0.02 else 0.0
        return day + 0.4 * share(self.seed, "pace", hashtag.id, day) + 0.004 * day * day - purge

    def video_stats(self, video: Video, on: date, provider: str = "unifapi") -> VideoStats:
        """Counts as one provider shows them; plays never fall, comments often do, likes now and then."""
        end_of_day = datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp() + 86_400
        age = max((end_of_day - video.posted_at) / 86_400 - _AGE_OF_COUNTS[provider], 0.01)
        views = int(video.reach * (1 - math.exp(-age / video.days_to_spread) + 0.0002 * age))
        key = (self.seed, video.id)
        day = self.day(on)
        likes = views * (0.02 + 0.16 * share(*key, "likes"))
        comments = views * (0.0005 + 0.01 * share(*key, "comments"))
        if share(*key, "unliked", day) < 0.03:
            likes *= 0.998
        if share(*key, "moderated", day) < 0.3:
            comments = comments * 0.98 - 1
        return VideoStats(
            view_count=views,
            like_count=int(likes),
            comment_count=max(int(comments), 0),
            share_count=int(views * 0.02 * share(*key, "shares")),
            save_count=int(views * 0.03 * share(*key, "saves")),
            download_count=int(views * 0.004 * share(*key, "downloads")),
        )

    def best_video_stats(self, hashtags: Iterable[Hashtag], on: date, provider: str) -> dict[str, VideoStats]:
        """By video id, the larger number of each measure over all places of these feeds."""
        best: dict[str, VideoStats] = {}
        for hashtag in hashtags:
            for entry in self.feed(hashtag, on, provider):
                seen = best.get(entry.video.id, entry.stats)
                best[entry.video.id] = seen.larger(entry.stats)
        return best

    def _make_new_videos(self, hashtag: Hashtag, day: int) -> list[Video]:
        # A video is listed for 25 days on average, and feeds of other hashtags add some.
        expected = self._videos / 29 * (0.7 + 0.6 * share(self.seed, "feed size", hashtag.id))
        count = int(expected) + (share(self.seed, "new", hashtag.id, day) < expected % 1)
        return self._casting.new_videos(hashtag, day, count)

    def _find_listed(self, on: date) -> dict[str, list[Video]]:
        """Every listed video of a date by the id of the hashtag whose feed lists it."""
        today = self.day(on)
        listed: dict[str, list[Video]] = {}
        for hashtag in self.hashtags:
            videos = list(self._casting.pinned_videos(hashtag))
            for day in range(today - SPAN_DAYS + 1, today + 1):
                videos += [video for video in self._new_videos(hashtag, day) if video.last_day >= today]
            for video in videos:
                for id_ in video.listed_under:
                    listed.setdefault(id_, []).append(video)
        return listed

    def _make_feed(self, hashtag: Hashtag, on: date, provider: str) -> tuple[FeedEntry, ...]:
        """A provider's feed: pinned videos, then the rest by popularity, with some videos twice."""
        shown = [v for v in self._listed(on).get(hashtag.id, []) if self._is_shown(v, hashtag, on, provider)]
        stats = {video.id: self.video_stats(video, on, provider) for video in shown}
        pinned = [video for video in shown if video.pinned_under == hashtag.id]
        rest = [video for video in shown if video.pinned_under != hashtag.id]
        key = (self.seed, "order", hashtag.id, provider)
        rest.sort(key=lambda v: (-stats[v.id].view_count * (0.7 + 0.6 * share(*key, v.id)), v.id))
        entries = [
            FeedEntry(v, stats[v.id], is_pinned=v in pinned, is_repeat=False) for v in pinned + rest[: _FEED_CAP - 2]
        ]
        return tuple(self._with_repeats(entries, on, provider))

    def _is_shown(self, video: Video, hashtag: Hashtag, on: date, provider: str) -> bool:
        if video.pinned_under == hashtag.id:
            return True
        if share(self.seed, "covered", provider, video.id) >= _COVERAGE[provider]:
            return False
        return share(self.seed, "hidden", provider, video.id, on) >= 0.02

    def _with_repeats(self, entries: list[FeedEntry], on: date, provider: str) -> list[FeedEntry]:
        """Show some videos again further down, one of the two with counts from a few minutes before."""
        shown = list(entries)
        for entry in entries[4:]:
            key = (self.seed, "repeat", provider, entry.video.id, on)
            if share(*key) >= _REPEATS:
                continue
            at = shown.index(entry)
            older = _older(entry.stats)
            first, second = (older, entry.stats) if share(*key, "which") < 0.5 else (entry.stats, older)
            shown[at] = FeedEntry(entry.video, first, is_pinned=False, is_repeat=False)
            again = FeedEntry(entry.video, second, is_pinned=False, is_repeat=True)
            shown.insert(min(at + 8 + int(30 * share(*key, "later")), len(shown)), again)
        return shown

    def search(self, keyword: str, on: date) -> list[Hashtag]:
        """Hashtags whose name holds the keyword, the most viewed first; the exact name leads."""
        wanted = normalised(keyword.strip())
        found = [h for h in self.catalogue if wanted and wanted in normalised(h.name)]
        return sorted(found, key=lambda h: (normalised(h.name) != wanted, -self.hashtag_stats(h, on).view_count, h.id))

    def trend_list(
        self,
        country: str,
        period_days: int,
        industry_id: int | None,
        on: date,
        *,
        new_on_board: bool = False,
    ) -> tuple[TrendEntry, ...]:
        """The whole trend list of a country; empty for a country without one."""
        return self.trends.entries(country, period_days, industry_id or 0, on, new_on_board=new_on_board)

    def dataset(self, on: date) -> list[DatasetRow]:
        """The output of the scraper's job on a date: the first four hashtags, then the error rows."""
        limit = 50
        rows = []
        for position, hashtag in enumerate(self.hashtags[:4]):
            feed = self.feed(hashtag, on, "scraper")[:limit]
            rows += [DatasetRow(hashtag, entry, is_asked_by_url=position % 2 == 1, limit=limit) for entry in feed]
        rows += [DatasetRow(self.hashtags[0], None, is_asked_by_url=False, limit=limit)] * self.error_rows
        return rows


def _older(stats: VideoStats) -> VideoStats:
    """Counts from minutes before: fewer of everything but comments, two of which were deleted meanwhile."""
    return VideoStats(
        view_count=max(stats.view_count - 1 - stats.view_count // 500, 0),
        like_count=max(stats.like_count - 1 - stats.like_count // 500, 0),
        comment_count=stats.comment_count + 2,
        share_count=stats.share_count,
        save_count=max(stats.save_count - 1, 0),
        download_count=stats.download_count,
    )
