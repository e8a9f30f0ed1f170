"""How hashtags grow, from a month's facts in plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.e2e.month import CAMPAIGNS, ROLES, Month, latest_known, ratio
from tests.e2e.truth import RANKS

Table = dict[tuple[Any, ...], dict[str, Any]]
"""Rows by their keys."""
Series = Mapping[date, int]
GAIN_DAYS = 30
NO_GAIN = dict.fromkeys(
    (
        *("gain_provider", "gain_precision", "view_gain", "days_since_previous", "view_gain_per_day", "is_corrected"),
        *("view_correction", "growth_rate", "growth_7d_rate", "growth_30d_rate", "view_acceleration", "view_gain_7d"),
    )
)


def growth(month: Month) -> Table:
    """Growth by hashtag and date, with the shares of voice in the first campaign."""
    rows = grown(month)
    shares = voices(month, rows)
    for (key, when), row in rows.items():
        row["campaign"] = campaign_of(month, key)
        voice = shares.get((row["campaign"], key, when), {})
        row["share_of_voice"], row["share_of_voice_views"] = (
            voice.get("share_of_voice"),
            voice.get("share_of_voice_views"),
        )
        del row["view_gain_7d"]
    return rows


def grown(month: Month) -> Table:
    """Counts and gains by hashtag and date."""
    rows: Table = {}
    for key, by_date in month.hashtag_stats.items():
        views = {name: known(series, "view_count") for name, series in month.hashtag_series[key].items()}
        videos = {name: known(series, "video_count") for name, series in month.hashtag_series[key].items()}
        for when, stats in by_date.items():
            rows[key, when] = {
                **named(month, key),
                "provider": stats.provider,
                "precision": stats.precision,
                "view_count": stats.view_count,
                "video_count": stats.video_count,
                "creator_count": stats.creator_count,
                **best_gain(views, when),
                **video_gain(videos, when),
            }
    return rows


def known(series: Mapping[date, Mapping[str, int | None]], measure: str) -> dict[date, int]:
    """A series of one measure, where it is known."""
    return {when: number for when, counts in series.items() if (number := counts[measure]) is not None}


def best_gain(series: Mapping[tuple[str, str], Series], when: date) -> dict[str, Any]:
    """The gain of exact counts, of the shortest time, of the better provider."""
    gains = []
    for (provider, precision), counts in series.items():
        if when in counts:
            gain = {"gain_provider": provider, "gain_precision": precision, **gain_of(counts, when)}
            days = gain["days_since_previous"]
            gains.append(((days is None, precision != "exact", days or 0, RANKS[provider]), gain))
    return min(gains, key=lambda each: each[0])[1] if gains else dict(NO_GAIN)


def gain_of(counts: Series, when: date) -> dict[str, Any]:
    """What a series gained on a date since its highest earlier count."""
    mark = highest(counts, when, 1, GAIN_DAYS)
    count = counts[when]
    is_below = mark is not None and count < counts[mark]
    gain = count - counts[mark] if mark and not is_below else None
    days = (when - mark).days if mark else None
    per_day = ratio(gain, days)
    return {
        "view_gain": gain,
        "days_since_previous": days,
        "view_gain_per_day": per_day,
        "is_corrected": is_below,
        "view_correction": _correction(counts, when, gain) if mark else None,
        "growth_rate": ratio(gain, counts[mark]) if mark else None,
        "growth_7d_rate": None if is_below else rate_over(counts, when, days=7),
        "growth_30d_rate": None if is_below else rate_over(counts, when, days=30),
        "view_acceleration": _acceleration(counts, when, per_day),
        "view_gain_7d": None if is_below else _gain_7d(counts, when),
    }


def _correction(counts: Series, when: date, gain: int | None) -> int | None:
    previous = max(at for at in counts if at < when)
    return counts[when] - counts[previous] - (gain or 0) or None


def _acceleration(counts: Series, when: date, per_day: float | None) -> float | None:
    """The gain a day against that of the last earlier count which was not below another."""
    for at in sorted((at for at in counts if at < when), reverse=True):
        mark = highest(counts, at, 1, GAIN_DAYS)
        if mark is not None and counts[at] < counts[mark]:
            continue
        before = ratio(counts[at] - counts[mark], (at - mark).days) if mark else None
        return None if per_day is None or before is None else per_day - before
    return None


def _gain_7d(counts: Series, when: date) -> float | None:
    since = highest(counts, when, 7, 14)
    return None if since is None else ratio((counts[when] - counts[since]) * 7, (when - since).days)


def highest(counts: Series, when: date, first: int, last: int) -> date | None:
    """The latest date of the highest count between so many days ago."""
    earlier = [at for at in counts if first <= (when - at).days <= last]
    return max(earlier, key=lambda at: (counts[at], at)) if earlier else None


def rate_over(counts: Series, when: date, *, days: int) -> float | None:
    """Growth since the highest count at least so many days old and at most twice as many, scaled to so many days."""
    since = highest(counts, when, days, 2 * days)
    if since is None:
        return None
    rate = ratio(counts[when] - counts[since], counts[since])
    return None if rate is None else rate * days / (when - since).days


def video_gain(series: Mapping[tuple[str, str], Series], when: date) -> dict[str, Any]:
    """The videos gained since the previous count of the best series; nobody counts views and no videos on a date."""
    gains = []
    for (provider, precision), counts in series.items():
        earlier = [at for at in counts if 1 <= (when - at).days <= GAIN_DAYS]
        if when in counts and earlier:
            days = (when - max(earlier)).days
            gains.append(((precision != "exact", days, RANKS[provider]), counts[when] - counts[max(earlier)], days))
    if not gains:
        return {"video_gain": None, "video_gain_per_day": None}
    _, gain, days = min(gains)
    return {"video_gain": gain, "video_gain_per_day": ratio(gain, days)}


def voices(month: Month, rows: Table) -> Table:
    """Shares of voice by campaign, hashtag and date, of the hashtags that have been counted by then."""
    found: Table = {}
    for campaign in CAMPAIGNS:
        for when in month.dates:
            keys = [key for key in month.campaign_keys(campaign) if min(month.hashtag_stats[key]) <= when]
            of_day = {key: rows.get((key, when), NO_GAIN | {"view_count": None}) for key in sorted(keys)}
            found |= {(campaign, key, when): _voice(row, list(of_day.values())) for key, row in of_day.items()}
    return found


def _voice(row: Mapping[str, Any], of_day: list[Mapping[str, Any]]) -> dict[str, Any]:
    gains = [each["view_gain_per_day"] for each in of_day]
    week = [each["view_gain_7d"] for each in of_day]
    views = [each["view_count"] for each in of_day]
    reason = None
    if any(each["is_corrected"] for each in of_day):
        reason = "a count was corrected"
    elif None in gains:
        reason = "a hashtag has no gain"
    elif not sum(gains):
        reason = "no hashtag gained"
    return {
        "view_count": row["view_count"],
        "view_gain_per_day": row["view_gain_per_day"],
        "share_of_voice": None if reason else row["view_gain_per_day"] / sum(gains),
        "share_of_voice_reason": reason,
        "share_of_voice_7d": None if None in week else ratio(row["view_gain_7d"], sum(week)),
        "share_of_voice_views": None if None in views else ratio(row["view_count"], sum(views)),
    }


def named(month: Month, key: str) -> dict[str, Any]:
    """A hashtag's name, and its role in the watchlist; a search finds some that the watchlist does not name."""
    return {
        "hashtag_name": latest_known(month.hashtags[key])["hashtag_name"],
        "role": ROLES[month.keys.index(key)] if key in month.keys else None,
    }


def campaign_of(month: Month, key: str) -> str | None:
    """The first campaign of a hashtag by name."""
    return next((name for name in sorted(CAMPAIGNS) if key in month.campaign_keys(name)), None)
