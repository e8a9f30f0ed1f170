with
period as (
    select max(snapshot_date) - {{ var('benchmark_days') }} as first_posted_date
    from {{ ref('fct_video_stats_daily') }}
),

videos as (
    select
        video_id,
        posted_at,
        first_seen_at
    from {{ ref('dim_video') }}
    where posted_at >= (select period.first_posted_date from period)
),

stats as (
    select
        stats.video_id,
        stats.snapshot_date,
        stats.view_count,
        stats.like_count,
        stats.comment_count,
        stats.share_count,
        videos.posted_at,
        videos.first_seen_at
    from {{ ref('fct_video_stats_daily') }} as stats
    inner join videos on stats.video_id = videos.video_id
    where stats.snapshot_date >= (select period.first_posted_date from period)
        and stats.view_count is not null
),

counts_with_recency as (
    select
        *,
        row_number() over (partition by video_id order by snapshot_date desc) as recency,
        count(*) over (partition by video_id) as observation_count
    from stats
),

last_counts as (
    select
        video_id,
        posted_at,
        view_count,
        cast(like_count + comment_count + share_count as {{ type_double() }})
        / nullif(view_count, 0) as engagement_rate,
        observation_count >= 3
        and first_seen_at <= posted_at + interval '2 days'
        and snapshot_date - cast(posted_at as date) >= {{ var('half_views_days') }} as is_followed
    from counts_with_recency
    where recency = 1
),

half_dates as (
    select
        stats.video_id,
        min(stats.snapshot_date) as half_date
    from stats
    inner join last_counts
        on stats.video_id = last_counts.video_id
        and stats.view_count * 2 >= last_counts.view_count
    where last_counts.is_followed
    group by stats.video_id
),

final as (
    select
        last_counts.video_id,
        last_counts.engagement_rate,
        cast(halves.half_date - cast(last_counts.posted_at as date) as {{ type_double() }})
            as days_to_half_views
    from last_counts
    left join half_dates as halves on last_counts.video_id = halves.video_id
)

select * from final
