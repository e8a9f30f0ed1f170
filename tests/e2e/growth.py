"""How hashtags grow, from a month's facts in plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.e2e.month import CAMPAIGNS, ROLES, HashtagStats, Month, latest_known, ratio

Table = dict[tuple[Any, ...], dict[str, Any]]
"""Rows by their keys."""


def growth(month: Month) -> Table:
    """Growth by hashtag and date."""
    rows: Table = {}
    for key, by_date in month.hashtag_stats.items():
        for when, stats in by_date.items():
            rows[key, when] = _grown(when, stats, by_date) | _named(month, key)
    for (key, when), row in rows.items():
        earlier = [at for at in month.hashtag_stats[key] if at < when]
        alike = [at for at in earlier if rows[key, at]["precision"] == row["precision"]]
        before = rows[key, max(alike)]["view_gain_per_day"] if alike else None
        gain = row["view_gain_per_day"]
        row["view_acceleration"] = None if gain is None or before is None else gain - before
    for (_, when), row in rows.items():
        _add_shares(row, [other for (_, at), other in sorted(rows.items()) if at == when])
    for row in rows.values():
        del row["campaign_views"], row["campaign_gain"]
    return rows


def _add_shares(row: dict[str, Any], that_day: list[dict[str, Any]]) -> None:
    of_campaign = [other for other in that_day if other["campaign"] == row["campaign"]]
    gains = [other["view_gain_per_day"] for other in of_campaign]
    row["campaign_gain"] = sum(gain for gain in gains if gain is not None and gain > 0)
    row["campaign_views"] = sum(other["view_count"] for other in of_campaign)
    is_in_one = row["campaign"] is not None
    row["share_of_voice"] = ratio(row["view_gain_per_day"], row["campaign_gain"]) if is_in_one else None
    row["share_of_voice_views"] = ratio(row["view_count"], row["campaign_views"]) if is_in_one else None


def _named(month: Month, key: str) -> dict[str, Any]:
    """A hashtag's name, and its role in the watchlist; a search finds some that the watchlist does not name."""
    return {
        "hashtag_name": latest_known(month.hashtags[key])["hashtag_name"],
        "role": ROLES[month.keys.index(key)] if key in month.keys else None,
        "campaign": campaign_of(month, key),
    }


def campaign_of(month: Month, key: str) -> str | None:
    """The first campaign of a hashtag by name."""
    return next((name for name in sorted(CAMPAIGNS) if key in month.campaign_keys(name)), None)


def _grown(when: date, stats: HashtagStats, by_date: Mapping[date, HashtagStats]) -> dict[str, Any]:
    views = {at: each.view_count for at, each in by_date.items() if each.precision == stats.precision}
    videos = {
        at: each.video_count
        for at, each in by_date.items()
        if each.video_count is not None and each.video_count_precision == stats.video_count_precision
    }
    gain, days = gain_since_previous(views, when)
    video_gain, video_days = gain_since_previous(videos, when) if stats.video_count is not None else (None, None)
    return {
        "precision": stats.precision,
        "provider": stats.provider,
        "view_count": stats.view_count,
        "video_count": stats.video_count,
        "creator_count": stats.creator_count,
        "view_gain": gain,
        "days_since_previous": days,
        "view_gain_per_day": ratio(gain, days),
        "growth_rate": None if gain is None else ratio(gain, stats.view_count - gain),
        "growth_7d_rate": rate_over(views, when, days=7),
        "growth_30d_rate": rate_over(views, when, days=30),
        "video_gain": video_gain,
        "video_gain_per_day": ratio(video_gain, video_days),
    }


def gain_since_previous(series: Mapping[date, int], when: date) -> tuple[int | None, int | None]:
    """The gain since the previous date of a series, and the days between."""
    earlier = [at for at in series if at < when]
    if not earlier:
        return None, None
    return series[when] - series[max(earlier)], (when - max(earlier)).days


def rate_over(series: Mapping[date, int], when: date, *, days: int) -> float | None:
    """Growth since the latest date at least so many days older, scaled to so many days."""
    earlier = [at for at in series if (when - at).days >= days]
    if not earlier:
        return None
    since = max(earlier)
    rate = ratio(series[when] - series[since], series[since])
    return None if rate is None else rate * days / (when - since).days
