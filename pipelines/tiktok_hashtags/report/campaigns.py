# ruff: noqa: S608  # queries are made of this module's own pieces
"""Campaigns: the progress of each, the shares of voice in it, and own hashtags beside competitors'."""

from __future__ import annotations

from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, table

CAMPAIGN_LIMIT = 20
CUT_LIMIT = 20
COMPETITOR_LIMIT = 30

# The campaigns whose hashtags have the most views.
_SHOWN = """
with
shown as (
    select campaign
    from {reporting}.rpt_campaign_monitor
    where language = '' and region = '' and snapshot_date > {day_31_before}
    group by campaign
    order by max(hashtag_view_count) desc nulls last, campaign
    limit {campaign_limit}
)
"""
_COUNT = """
select count(distinct campaign) as campaign_count
from {reporting}.rpt_campaign_monitor
where snapshot_date > {day_31_before}
"""
_CAMPAIGNS = (
    _SHOWN
    + """
select
    campaign,
    snapshot_date,
    hashtag_count,
    counted_hashtag_count,
    listed_video_count,
    new_video_count,
    creator_count,
    new_creator_count,
    view_count,
    view_gain,
    engagement_rate,
    substr(top_creator_handle, 1, 60) as top_creator_handle,
    top_creator_view_share,
    hashtag_view_count,
    cost_usd
from {reporting}.rpt_campaign_monitor
where
    language = ''
    and region = ''
    and snapshot_date > {day_31_before}
    and campaign in (select campaign from shown)
order by campaign, snapshot_date
"""
)
_CUTS = (
    _SHOWN
    + """,
placed as (
    select
        *,
        row_number() over (
            partition by campaign order by view_count desc nulls last, language, region
        ) as place
    from {reporting}.rpt_campaign_monitor
    where
        snapshot_date = {day}
        and (language <> '' or region <> '')
        and campaign in (select campaign from shown)
)

select campaign, language, region, listed_video_count, creator_count, view_count, view_gain, engagement_rate
from placed
where place <= {limit}
order by campaign, place
"""
)
_VOICE = (
    _SHOWN
    + """,
newest as (
    select
        voice.*,
        row_number() over (
            partition by voice.campaign, voice.snapshot_date
            order by voice.share_of_voice desc nulls last, voice.hashtag_key
        ) as place
    from {reporting}.rpt_share_of_voice as voice
    where voice.snapshot_date > {day_31_before} and voice.campaign in (select campaign from shown)
),

leaders as (
    select campaign, hashtag_key, min(place) as place
    from newest
    group by campaign, hashtag_key
    having min(place) <= 8
)

select
    newest.campaign,
    newest.hashtag_key,
    newest.hashtag_name,
    newest.role,
    newest.snapshot_date,
    newest.view_gain_per_day,
    newest.share_of_voice,
    newest.share_of_voice_views
from newest
inner join leaders on newest.campaign = leaders.campaign and newest.hashtag_key = leaders.hashtag_key
order by newest.campaign, newest.snapshot_date, newest.hashtag_key
"""
)
_COMPETITORS = (
    _SHOWN
    + """,
placed as (
    select
        *,
        row_number() over (partition by campaign order by view_count desc nulls last, hashtag_key) as place
    from {reporting}.rpt_competitor_monitor
    where
        language = ''
        and region = ''
        and snapshot_date = {day}
        and campaign in (select campaign from shown)
)

select
    campaign,
    hashtag_key,
    hashtag_name,
    role,
    view_count,
    view_gain_per_day,
    growth_7d_rate,
    listed_video_count,
    creator_count,
    video_view_count,
    engagement_rate,
    view_count_vs_own,
    gain_vs_own
from placed
where place <= {limit}
order by campaign, place
"""
)


def _rows(marts: Marts, sql: str, **limits: int) -> Any:
    return table(marts.rows(sql, campaign_limit=CAMPAIGN_LIMIT, **limits))


def _campaigns(marts: Marts) -> dict[str, Any]:
    return {
        "days": _rows(marts, _CAMPAIGNS),
        "cuts": _rows(marts, _CUTS, limit=CUT_LIMIT),
        "campaign_count": marts.rows(_COUNT)[0]["campaign_count"],
    }


PARTS = {
    "campaigns": Part(("rpt_campaign_monitor",), _campaigns),
    "voice": Part(("rpt_share_of_voice", "rpt_campaign_monitor"), lambda marts: _rows(marts, _VOICE)),
    "competitors": Part(
        ("rpt_competitor_monitor", "rpt_campaign_monitor"),
        lambda marts: _rows(marts, _COMPETITORS, limit=COMPETITOR_LIMIT),
    ),
}
