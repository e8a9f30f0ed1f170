with
growth as (
    select * from {{ ref('rpt_hashtag_growth') }}
    where view_gain_per_day is not null
),

feeds as (
    select distinct
        hashtag_key,
        snapshot_date
    from {{ ref('fct_hashtag_feed_daily') }}
),

listings as (
    select
        bridge.hashtag_key,
        bridge.video_id,
        videos.creator_id,
        bridge.first_listed_date
    from {{ ref('bridge_video_hashtag') }} as bridge
    left join {{ ref('dim_video') }} as videos on bridge.video_id = videos.video_id
    where bridge.is_listed
),

earlier as (
    select
        growth.hashtag_key,
        growth.snapshot_date,
        past.view_gain_per_day
    from growth
    inner join growth as past
        on growth.hashtag_key = past.hashtag_key
        and growth.precision = past.precision
        and growth.snapshot_date - past.snapshot_date between 1 and {{ var('signal_days') }}
),

medians as (
    select
        hashtag_key,
        snapshot_date,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by view_gain_per_day) as median_gain_per_day
    from earlier
    group by hashtag_key, snapshot_date
),

deviations as (
    select
        medians.hashtag_key,
        medians.snapshot_date,
        percentile_cont(0.5) within group (
            order by abs(earlier.view_gain_per_day - medians.median_gain_per_day)
        ) as mad_gain_per_day
    from medians
    inner join earlier
        on medians.hashtag_key = earlier.hashtag_key
        and medians.snapshot_date = earlier.snapshot_date
    group by medians.hashtag_key, medians.snapshot_date
),

new_videos as (
    select
        hashtag_key,
        first_listed_date,
        count(*) as video_count
    from listings
    group by hashtag_key, first_listed_date
),

creators as (
    select
        hashtag_key,
        creator_id,
        min(first_listed_date) as first_listed_date
    from listings
    where creator_id is not null
    group by hashtag_key, creator_id
),

new_creators as (
    select
        hashtag_key,
        first_listed_date,
        count(*) as creator_count
    from creators
    group by hashtag_key, first_listed_date
),

scored as (
    select
        growth.hashtag_key,
        growth.snapshot_date,
        growth.hashtag_name,
        growth.precision,
        growth.view_gain_per_day,
        coalesce(medians.history_count, 0) as history_count,
        medians.median_gain_per_day,
        deviations.mad_gain_per_day,
        case
            when medians.history_count >= {{ var('signal_history') }}
                then 0.6745 * (growth.view_gain_per_day - medians.median_gain_per_day)
                    / nullif(deviations.mad_gain_per_day, 0)
        end as robust_z_score,
        case
            when feeds.hashtag_key is not null then coalesce(new_videos.video_count, 0)
        end as new_video_count,
        case
            when feeds.hashtag_key is not null then coalesce(new_creators.creator_count, 0)
        end as new_creator_count
    from growth
    left join feeds
        on growth.hashtag_key = feeds.hashtag_key
        and growth.snapshot_date = feeds.snapshot_date
    left join medians
        on growth.hashtag_key = medians.hashtag_key
        and growth.snapshot_date = medians.snapshot_date
    left join deviations
        on growth.hashtag_key = deviations.hashtag_key
        and growth.snapshot_date = deviations.snapshot_date
    left join new_videos
        on growth.hashtag_key = new_videos.hashtag_key
        and growth.snapshot_date = new_videos.first_listed_date
    left join new_creators
        on growth.hashtag_key = new_creators.hashtag_key
        and growth.snapshot_date = new_creators.first_listed_date
),

final as (
    select
        hashtag_key,
        snapshot_date,
        hashtag_name,
        precision,
        view_gain_per_day,
        history_count,
        median_gain_per_day,
        mad_gain_per_day,
        robust_z_score,
        coalesce(robust_z_score >= 3.5 and view_gain_per_day > 0, false) as is_signal,
        new_video_count,
        new_creator_count,
        cast(cast(view_gain_per_day as decimal(38, 0)) as text) || ' views a day'
        || coalesce(
            ', against a median of ' || cast(cast(median_gain_per_day as decimal(38, 0)) as text) || ' over '
            || cast(history_count as text) || ' earlier gains',
            ', no earlier gain to compare with'
        )
        || coalesce(' (robust z ' || cast(cast(robust_z_score as decimal(38, 1)) as text) || ')', '')
        || coalesce('; new in the feed: ' || cast(new_video_count as text) || ' videos', '')
        || coalesce(' by ' || cast(new_creator_count as text) || ' new creators', '') as evidence
    from scored
)

select * from final
