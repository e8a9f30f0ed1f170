"""Trend lists: which hashtags rank in a country over a period, as of a date.

A series' values are relative to the largest day of that series in that window, so they cannot be compared across
hashtags or snapshots.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from .chance import between, share
from .entities import Creator, Hashtag, TrendEntry, TrendPoint
from .vocabulary import COUNTRIES

UP, SAME, DOWN, NEW = 1, 2, 3, 4
"""`rank_diff_type` is undocumented; 1 and 4 are the best guesses, 2 and 3 are made up here."""

_LIST_SIZE = {"US": 120, "GB": 80, "BR": 80}
_OTHER_LIST_SIZE = 45
_TOO_BIG_TO_TREND = 10_000_000_000_000


class TrendBoard:
    """The trend lists of every country.

    Args:
        seed: The seed of the world.
        catalogue: The hashtags that can trend.
        creator: A creator by number.
    """

    def __init__(self, seed: int, catalogue: tuple[Hashtag, ...], creator: Callable[[int], Creator]) -> None:
        self._seed = seed
        self._candidates = [hashtag for hashtag in catalogue if hashtag.view_count < _TOO_BIG_TO_TREND]
        self._creator = creator
        self._popularity = lru_cache(maxsize=None)(self._draw_popularity)
        self._ranked = lru_cache(maxsize=256)(self._rank)
        self.entries = lru_cache(maxsize=256)(self._make_entries)

    def _make_entries(
        self, country: str, period_days: int, industry_id: int, on: date, *, new_on_board: bool = False
    ) -> tuple[TrendEntry, ...]:
        """A list in rank order; `industry_id` 0 is all, and a filtered list has ranks of its own."""
        before = {
            h.id: n for n, h in enumerate(self._ranked(country, period_days, industry_id, on - timedelta(days=1)), 1)
        }
        ranked = self._ranked(country, period_days, industry_id, on)
        if new_on_board:
            ranked = tuple(hashtag for hashtag in ranked if hashtag.id not in before)
        return tuple(
            self._entry(hashtag, country, period_days, on, rank=rank, rank_before=before.get(hashtag.id))
            for rank, hashtag in enumerate(ranked, 1)
        )

    def _rank(self, country: str, period_days: int, industry_id: int, on: date) -> tuple[Hashtag, ...]:
        if country not in COUNTRIES:
            return ()
        fits = [h for h in self._candidates if not industry_id or (h.industry and h.industry.id == industry_id)]
        fits.sort(key=lambda h: (-sum(self._series(h, country, period_days, on)), h.id))
        return tuple(fits[: _LIST_SIZE.get(country, _OTHER_LIST_SIZE)])

    def _series(self, hashtag: Hashtag, country: str, period_days: int, on: date) -> list[float]:
        """Daily popularity of the window that ends the day before."""
        today = on.toordinal()
        return [self._popularity(hashtag.id, country, day) for day in range(today - period_days, today)]

    def _draw_popularity(self, hashtag_id: str, country: str, ordinal: int) -> float:
        key = (self._seed, "popularity", hashtag_id, country)
        wave = 1 + math.sin(ordinal / (3 + 9 * share(*key, "length")) + 6 * share(*key, "phase"))
        quiet = share(*key, "quiet", ordinal) < 0.02
        return 0.0 if quiet else (0.2 + share(*key) ** 2) * (0.3 + wave) * (0.85 + 0.3 * share(*key, ordinal))

    def _entry(
        self,
        hashtag: Hashtag,
        country: str,
        period_days: int,
        on: date,
        *,
        rank: int,
        rank_before: int | None,
    ) -> TrendEntry:
        key = (self._seed, "trend", hashtag.id, country)
        series = self._series(hashtag, country, period_days, on)
        highest = max(series) or 1.0
        first = on - timedelta(days=period_days)
        posts = int(sum(series) * between(2_000, 60_000, *key, "posts"))
        some_creators = range(between(1, 3, *key, "creators")) if share(*key, "has creators") < 0.35 else range(0)
        return TrendEntry(
            hashtag=hashtag,
            spelling=hashtag.casings[between(0, len(hashtag.casings) - 1, *key, "casing", on)],
            country=country,
            rank=rank,
            rank_change=None if rank_before is None else abs(rank_before - rank),
            rank_change_type=_change_type(rank, rank_before),
            publish_count=posts,
            view_count=posts * between(800, 90_000, *key, "views"),
            is_promoted=share(*key, "promoted") < 0.07,
            points=tuple(TrendPoint(first + timedelta(days=n), round(x / highest, 2)) for n, x in enumerate(series)),
            creators=tuple(self._creator(between(0, 150, *key, "creator", n)) for n in some_creators),
        )


def _change_type(rank: int, rank_before: int | None) -> int:
    if rank_before is None:
        return NEW
    if rank == rank_before:
        return SAME
    return UP if rank < rank_before else DOWN
