with
week as (
    select max(snapshot_date) - 7 as week_start_date
    from {{ ref('stg_tiktags__loads') }}
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
    where is_watched
),

creators as (
    select * from {{ ref('dim_creator') }}
),

totals as (
    select * from {{ ref('int_video_totals') }}
),

week_dates as (
    select
        stats.video_id,
        max(stats.snapshot_date) as last_date,
        min(stats.snapshot_date) as first_date,
        max(case when stats.snapshot_date <= week.week_start_date then stats.snapshot_date end) as before_date
    from {{ ref('fct_video_stats_daily') }} as stats
    cross join week
    where stats.snapshot_date > week.week_start_date - {{ var('gain_lookback_days') }}
        and stats.view_count is not null
    group by stats.video_id
    having max(stats.snapshot_date) > max(week.week_start_date)
        and max(stats.snapshot_date) > min(stats.snapshot_date)
),

gains as (
    select
        week_dates.video_id,
        latest.view_count - baseline.view_count as view_gain_7d
    from week_dates
    inner join {{ ref('fct_video_stats_daily') }} as latest
        on week_dates.video_id = latest.video_id
        and week_dates.last_date = latest.snapshot_date
    inner join {{ ref('fct_video_stats_daily') }} as baseline
        on week_dates.video_id = baseline.video_id
        and coalesce(week_dates.before_date, week_dates.first_date) = baseline.snapshot_date
),

videos as (
    select
        videos.video_id,
        videos.creator_id,
        videos.posted_at,
        totals.view_count,
        totals.like_count,
        totals.comment_count,
        totals.share_count,
        totals.like_count + totals.comment_count + totals.share_count as engagement_count,
        gains.view_gain_7d
    from {{ ref('dim_video') }} as videos
    left join totals on videos.video_id = totals.video_id
    left join gains on videos.video_id = gains.video_id
    where videos.creator_id is not null
),

hashtag_videos as (
    select
        '' as hashtag_key,
        videos.*
    from videos

    union all

    select
        bridge.hashtag_key,
        videos.*
    from {{ ref('bridge_video_hashtag') }} as bridge
    inner join hashtags on bridge.hashtag_key = hashtags.hashtag_key
    inner join videos on bridge.video_id = videos.video_id
),

creator_totals as (
    select
        hashtag_key,
        creator_id,
        count(*) as video_count,
        cast(sum(view_count) as bigint) as view_count,
        cast(sum(like_count) as bigint) as like_count,
        cast(sum(comment_count) as bigint) as comment_count,
        cast(sum(share_count) as bigint) as share_count,
        cast(sum(case when view_count is not null then engagement_count end) as bigint) as engagement_count,
        cast(sum(case when engagement_count is not null then view_count end) as bigint) as engaged_view_count,
        cast(sum(view_gain_7d) as bigint) as view_gain_7d,
        min(posted_at) as first_posted_at,
        max(posted_at) as last_posted_at
    from hashtag_videos
    group by hashtag_key, creator_id
),

creator_totals_with_rank as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by view_count desc nulls last, {{ bytewise('creator_id') }}
        ) as rank
    from creator_totals
),

final as (
    select
        ranks.hashtag_key,
        ranks.creator_id,
        creators.handle,
        creators.display_name,
        creators.region,
        creators.is_verified,
        ranks.rank,
        ranks.video_count,
        ranks.view_count,
        ranks.like_count,
        ranks.comment_count,
        ranks.share_count,
        {{ ratio('ranks.engagement_count', 'ranks.engaged_view_count') }} as engagement_rate,
        ranks.view_gain_7d,
        ranks.first_posted_at,
        ranks.last_posted_at
    from creator_totals_with_rank as ranks
    left join creators on ranks.creator_id = creators.creator_id
    where ranks.rank <= case when ranks.hashtag_key = '' then 1000 else 200 end
)

select * from final
