"""The watchlist's hashtags: totals, growth, the leaderboard, and unusual growth."""

from __future__ import annotations

from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, table

LEADERBOARD_LIMIT = 500
CHARTED_LIMIT = 40

_COUNTS = """
select
    (select count(*) from {marts}.dim_hashtag where is_watched) as hashtag_count,
    (select count(*) from {marts}.dim_video) as video_count,
    (select count(distinct creator_id) from {marts}.dim_video) as creator_count,
    (
        select count(distinct snapshot_date) from {marts}.fct_hashtag_stats_daily where view_count is not null
    ) as date_count
"""
_NEW_VIDEOS = """
select cast(first_seen_at as date) as snapshot_date, count(*) as video_count
from {marts}.dim_video
where first_seen_at >= {day_31_before}
group by cast(first_seen_at as date)
order by cast(first_seen_at as date)
"""
# A count holds until the next one, and a gain spreads over the days since the count that it is measured from. The
# gains of a hashtag's exact and rounded counts overlap, so only the better one of each day is summed.
_TOTALS = """
with
watched as (
    select
        growth.*,
        lead(growth.snapshot_date) over (
            partition by growth.hashtag_key order by growth.snapshot_date
        ) as next_date
    from {reporting}.rpt_hashtag_growth as growth
    inner join {marts}.dim_hashtag as hashtags on growth.hashtag_key = hashtags.hashtag_key
    where hashtags.is_watched and growth.view_count is not null
),

days as (
    select date_day from {marts}.dim_date where date_day > {day_90_before} and date_day <= {day}
),

totals as (
    select days.date_day, sum(watched.view_count) as view_count, count(*) as hashtag_count
    from days
    inner join watched
        on days.date_day >= watched.snapshot_date
        and (watched.next_date is null or days.date_day < watched.next_date)
    group by days.date_day
),

daily_gains as (
    select
        days.date_day,
        watched.gain_precision,
        watched.view_gain_per_day,
        min(watched.gain_precision) over (partition by days.date_day, watched.hashtag_key) as best_precision
    from days
    inner join watched
        on days.date_day <= watched.snapshot_date
        and days.date_day > watched.snapshot_date - cast(watched.days_since_previous as integer)
),

gains as (
    select date_day, sum(view_gain_per_day) as view_gain
    from daily_gains
    where gain_precision = best_precision
    group by date_day
)

select totals.date_day as snapshot_date, totals.hashtag_count, totals.view_count, gains.view_gain
from totals
left join gains on totals.date_day = gains.date_day
order by totals.date_day
"""
_LEADERBOARD = """
with
ranked as (
    select
        growth.*,
        row_number() over (partition by growth.hashtag_key order by growth.snapshot_date desc) as age
    from {reporting}.rpt_hashtag_growth as growth
    inner join {marts}.dim_hashtag as hashtags on growth.hashtag_key = hashtags.hashtag_key
    where hashtags.is_watched and growth.snapshot_date > {day_90_before} and growth.view_count is not null
)

select
    hashtag_key,
    hashtag_name,
    role,
    campaign,
    snapshot_date,
    precision,
    view_count,
    video_count,
    creator_count,
    view_gain_per_day,
    growth_rate,
    growth_7d_rate,
    growth_30d_rate,
    view_acceleration,
    video_gain_per_day
from ranked
where age = 1
order by view_count desc nulls last, hashtag_key
limit {limit}
"""
# Rounded counts move in steps of their rounding, so a hashtag with exact counts is drawn by those.
_SERIES = """
with
watched as (
    select growth.*
    from {reporting}.rpt_hashtag_growth as growth
    inner join {marts}.dim_hashtag as hashtags on growth.hashtag_key = hashtags.hashtag_key
    where hashtags.is_watched and growth.snapshot_date > {day_90_before} and growth.view_count is not null
),

charted as (
    select hashtag_key, min(precision) as precision, max(view_count) as peak
    from watched
    group by hashtag_key
    order by max(view_count) desc, hashtag_key
    limit {limit}
)

select
    watched.hashtag_key,
    watched.snapshot_date,
    watched.view_count,
    watched.video_count,
    watched.view_gain_per_day,
    watched.video_gain_per_day
from watched
inner join charted on watched.hashtag_key = charted.hashtag_key and watched.precision = charted.precision
order by watched.hashtag_key, watched.snapshot_date
"""
_SIGNALS = """
select
    signals.hashtag_key,
    signals.hashtag_name,
    signals.snapshot_date,
    signals.view_gain_per_day,
    signals.median_gain_per_day,
    signals.robust_z_score,
    signals.history_count,
    signals.is_signal,
    signals.new_video_count,
    signals.new_creator_count
from {reporting}.rpt_early_signals as signals
inner join {marts}.dim_hashtag as hashtags on signals.hashtag_key = hashtags.hashtag_key
where
    hashtags.is_watched
    and (
        (signals.is_signal and signals.snapshot_date > {day_30_before})
        or (signals.snapshot_date = {day} and signals.robust_z_score is not null)
    )
order by
    signals.is_signal desc,
    signals.snapshot_date desc,
    signals.robust_z_score desc nulls last,
    signals.hashtag_key
limit {limit}
"""


def _summary(marts: Marts) -> dict[str, Any]:
    return {"counts": marts.rows(_COUNTS)[0], "new_videos": table(marts.rows(_NEW_VIDEOS))}


def _growth(marts: Marts) -> dict[str, Any]:
    return {
        "totals": table(marts.rows(_TOTALS)),
        "leaderboard": table(marts.rows(_LEADERBOARD, limit=LEADERBOARD_LIMIT)),
        "series": table(marts.rows(_SERIES, limit=CHARTED_LIMIT)),
        "charted_limit": CHARTED_LIMIT,
    }


PARTS = {
    "summary": Part(("dim_hashtag", "dim_video", "fct_hashtag_stats_daily"), _summary),
    "growth": Part(("rpt_hashtag_growth", "dim_hashtag", "dim_date"), _growth),
    "signals": Part(("rpt_early_signals", "dim_hashtag"), lambda marts: table(marts.rows(_SIGNALS, limit=100))),
}
