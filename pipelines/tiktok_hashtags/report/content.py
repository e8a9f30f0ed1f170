"""Videos: the most viewed ones, and the posting times and lengths of successful ones."""

from __future__ import annotations

from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, table

VIDEO_LIMIT = 300

# Views only grow, so the most viewed have the highest peaks: one pass over all days leaves few rows.
_VIDEOS = """
with
peaks as (
    select video_id, max(view_count) as peak
    from {marts}.fct_video_stats_daily
    where view_count is not null
    group by video_id
    order by max(view_count) desc, video_id
    limit {limit}
),

observed as (
    select
        stats.*,
        row_number() over (partition by stats.video_id order by stats.snapshot_date desc) as age
    from {marts}.fct_video_stats_daily as stats
    inner join peaks on stats.video_id = peaks.video_id
    where stats.view_count is not null
),

hashtags as (
    select
        bridge.video_id,
        string_agg('#' || names.hashtag_name, ' ' order by bridge.is_listed desc, bridge.hashtag_key) as hashtags
    from {marts}.bridge_video_hashtag as bridge
    inner join peaks on bridge.video_id = peaks.video_id
    inner join {marts}.dim_hashtag as names on bridge.hashtag_key = names.hashtag_key
    group by bridge.video_id
)

select
    videos.video_id,
    substr(videos.caption, 1, 160) as caption,
    substr(hashtags.hashtags, 1, 120) as hashtags,
    substr(creators.handle, 1, 60) as handle,
    substr(creators.display_name, 1, 60) as display_name,
    substr(sounds.title, 1, 60) as sound,
    videos.region,
    videos.language,
    videos.duration_seconds,
    videos.posted_at,
    observed.snapshot_date,
    observed.view_count,
    observed.like_count,
    observed.comment_count,
    observed.share_count,
    cast(observed.like_count + observed.comment_count + observed.share_count as double precision)
    / nullif(observed.view_count, 0) as engagement_rate
from observed
inner join {marts}.dim_video as videos on observed.video_id = videos.video_id
left join {marts}.dim_creator as creators on videos.creator_id = creators.creator_id
left join {marts}.dim_sound as sounds on videos.sound_id = sounds.sound_id
left join hashtags on videos.video_id = hashtags.video_id
where observed.age = 1
order by observed.view_count desc, observed.video_id
"""
_BENCHMARK = """
with
charted as (
    select benchmark.hashtag_key, benchmark.video_count
    from {reporting}.rpt_content_benchmark as benchmark
    inner join {marts}.dim_hashtag as hashtags on benchmark.hashtag_key = hashtags.hashtag_key
    where benchmark.dimension = 'all' and hashtags.is_watched
    order by benchmark.video_count desc, benchmark.hashtag_key
    limit {limit}
)

select
    benchmark.hashtag_key,
    benchmark.dimension,
    benchmark.weekday,
    benchmark.hour,
    benchmark.duration_band,
    benchmark.media_type,
    benchmark.video_count,
    benchmark.video_count_at_7d,
    benchmark.is_reliable,
    benchmark.median_view_count_at_7d,
    benchmark.p90_view_count_at_7d,
    case when benchmark.dimension <> 'weekday_hour' then benchmark.median_view_count_at_1d end
        as median_view_count_at_1d,
    case when benchmark.dimension <> 'weekday_hour' then benchmark.median_view_count_at_30d end
        as median_view_count_at_30d,
    case when benchmark.dimension <> 'weekday_hour' then benchmark.median_engagement_rate end
        as median_engagement_rate,
    case when benchmark.dimension = 'all' then benchmark.median_days_to_half_views end as median_days_to_half_views
from {reporting}.rpt_content_benchmark as benchmark
where
    benchmark.dimension in ('all', 'weekday_hour', 'duration_band', 'media_type')
    and (benchmark.hashtag_key = '' or benchmark.hashtag_key in (select charted.hashtag_key from charted))
order by
    benchmark.hashtag_key,
    benchmark.dimension,
    benchmark.weekday,
    benchmark.hour,
    benchmark.duration_band,
    benchmark.media_type
"""


def _videos(marts: Marts) -> dict[str, Any]:
    return {"videos": table(marts.rows(_VIDEOS, limit=VIDEO_LIMIT)), "limit": VIDEO_LIMIT}


PARTS = {
    "videos": Part(
        ("dim_video", "dim_creator", "dim_sound", "dim_hashtag", "bridge_video_hashtag", "fct_video_stats_daily"),
        _videos,
    ),
    "benchmark": Part(("rpt_content_benchmark", "dim_hashtag"), lambda marts: table(marts.rows(_BENCHMARK, limit=12))),
}
