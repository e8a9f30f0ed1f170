"""The benchmark of videos, from a month's facts in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.e2e.growth import Table
from tests.e2e.month import Month, VideoFacts, percentile, ratio


def benchmark(month: Month) -> Table:
    """Percentiles by hashtag and slice."""
    last = max(month.dates)
    recent = [video for video in month.videos.values() if video.posted_at.date() >= last - timedelta(days=90)]
    slices: dict[tuple[Any, ...], list[VideoFacts]] = defaultdict(list)
    for video in recent:
        hashtags = sorted({hashtag for hashtag, video_id in month.first_listed if video_id == video.video.id})
        for hashtag in ["", *hashtags]:
            for cut in _slices_of(video):
                slices[hashtag, *cut].append(video)
    return {key: _percentiles(videos) for key, videos in slices.items()}


def _slices_of(video: VideoFacts) -> Iterator[tuple[str, int | None, int | None, str | None, str | None]]:
    weekday, hour = video.posted_at.isoweekday(), video.posted_at.hour
    yield "all", None, None, None, None
    yield "weekday", weekday, None, None, None
    yield "hour", None, hour, None, None
    yield "weekday_hour", weekday, hour, None, None
    if video.duration_seconds:
        yield "duration_band", None, None, duration_band(video.duration_seconds), None
    if video.is_image_post is not None:
        yield "media_type", None, None, None, "image" if video.is_image_post else "video"


def duration_band(seconds: float) -> str:
    """The band of a duration."""
    for limit, band in ((15, "<15 s"), (30, "15-30 s"), (60, "30-60 s")):
        if seconds < limit:
            return band
    return "60-180 s" if seconds <= 180 else ">180 s"


def _percentiles(videos: list[VideoFacts]) -> dict[str, Any]:
    views = {days: [views_at(video, days) for video in videos] for days in (1, 3, 7, 30)}
    known = {days: len([each for each in listed if each is not None]) for days, listed in views.items()}
    rates = [engagement_rate(video) for video in videos]
    halves = [half for video in videos if (half := days_to_half_views(video)) is not None]
    return {
        "video_count": len(videos),
        "is_reliable": known[7] >= 10,
        **{f"p{percent}_view_count_at_7d": percentile(views[7], percent / 100) for percent in (25, 75, 90)},
        **{f"median_view_count_at_{days}d": percentile(listed, 0.5) for days, listed in views.items()},
        **{f"video_count_at_{days}d": count for days, count in known.items()},
        "median_engagement_rate": percentile(rates, 0.5),
        "p90_engagement_rate": percentile(rates, 0.9),
        "p25_days_to_half_views": percentile(halves, 0.25),
        "median_days_to_half_views": percentile(halves, 0.5),
        "p75_days_to_half_views": percentile(halves, 0.75),
        "half_views_video_count": len(halves),
    }


def views_at(video: VideoFacts, days: int) -> float | None:
    """Views at an age, on the line from the last count before it to the first after it.

    At its posting a video has none. The counts may be apart by twice the age.
    """
    at = timedelta(days=days)
    series = {timedelta(): 0} | video.views_by_age()
    before = max((age for age in series if timedelta() <= age <= at), default=None)
    after = min((age for age in series if age >= at), default=None)
    if before is None or after is None or after - before > 2 * at:
        return None
    if before == after:
        return series[at]
    return series[before] + (series[after] - series[before]) * ((at - before) / (after - before))


def engagement_rate(video: VideoFacts) -> float | None:
    """Likes, comments and shares for each view."""
    parts = [video.latest(measure) for measure in ("like_count", "comment_count", "share_count")]
    known = [part for part in parts if part is not None]
    return ratio(sum(known), video.latest("view_count")) if len(known) == 3 else None


def days_to_half_views(video: VideoFacts) -> int | None:
    """Days from posting to the first observation with half of the latest views.

    Only for a video that was followed from the start and for 14 days.
    """
    views = {when: stats["view_count"] for when, stats in video.stats.items() if stats["view_count"] is not None}
    if len(views) < 3 or video.first_seen_at > video.posted_at + timedelta(days=2):
        return None
    if max(views) - video.posted_at.date() < timedelta(days=14):
        return None
    reached = [when for when, count in views.items() if count * 2 >= views[max(views)]]
    return (min(reached) - video.posted_at.date()).days
