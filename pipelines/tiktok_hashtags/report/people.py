"""The creators and sounds of the hashtags, and the hashtags used with them."""

from __future__ import annotations

from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, table

_CREATORS = """
select
    rank,
    substr(handle, 1, 60) as handle,
    substr(display_name, 1, 60) as display_name,
    region,
    is_verified,
    video_count,
    view_count,
    like_count,
    engagement_rate,
    view_gain_7d,
    last_posted_at
from {reporting}.rpt_top_creators
where hashtag_key = '' and rank <= 200
order by rank
"""
_SOUNDS = """
select
    rank,
    sound_id,
    substr(title, 1, 80) as title,
    substr(author_name, 1, 60) as author_name,
    is_original,
    video_count,
    video_count_7d,
    video_count_previous_7d,
    adoption_change,
    adoption_reason,
    creator_count,
    view_count
from {reporting}.rpt_trending_sounds
where rank <= 200
order by rank
"""
_TOGETHER = """
with
charted as (
    select pairs.hashtag_key
    from {reporting}.rpt_hashtag_cooccurrence as pairs
    where pairs.rank = 1
    order by pairs.video_count desc, pairs.hashtag_key
    limit {limit}
)

select
    pairs.hashtag_key,
    others.hashtag_name as other_hashtag_name,
    pairs.rank,
    pairs.video_count,
    pairs.share_of_videos,
    pairs.lift,
    pairs.lift_low,
    pairs.lift_high,
    pairs.lift_reason,
    pairs.median_view_count_at_7d
from {reporting}.rpt_hashtag_cooccurrence as pairs
inner join charted on pairs.hashtag_key = charted.hashtag_key
inner join {marts}.dim_hashtag as others on pairs.other_hashtag_key = others.hashtag_key
where pairs.rank <= 20
order by pairs.hashtag_key, pairs.rank
"""


def _together(marts: Marts) -> dict[str, Any]:
    return table(marts.rows(_TOGETHER, limit=24))


PARTS = {
    "creators": Part(("rpt_top_creators",), lambda marts: table(marts.rows(_CREATORS))),
    "sounds": Part(("rpt_trending_sounds",), lambda marts: table(marts.rows(_SOUNDS))),
    "together": Part(("rpt_hashtag_cooccurrence", "dim_hashtag"), _together),
}
