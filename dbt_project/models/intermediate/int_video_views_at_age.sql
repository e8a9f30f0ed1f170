{{ config(materialized='table') }}

with
period as (
    select max(snapshot_date) - {{ var('benchmark_days') }} as first_posted_date
    from {{ ref('fct_video_stats_daily') }}
),

videos as (
    select
        video_id,
        {{ epoch_microseconds('posted_at') }} as posted_microseconds
    from {{ ref('dim_video') }}
    where posted_at >= (select period.first_posted_date from period)
),

stats as (
    select * from {{ ref('fct_video_stats_daily') }}
    where view_count is not null
        and snapshot_date >= (select period.first_posted_date from period)
),

counts as (
    select
        videos.video_id,
        {{ epoch_microseconds('stats.observed_at') }} - videos.posted_microseconds as age,
        stats.view_count
    from videos
    inner join stats on videos.video_id = stats.video_id

    union all

    -- At its posting a video has no views.
    select
        video_id,
        0 as age,
        0 as view_count
    from videos
),

-- Two dates may hold one observation, of a dataset for instance.
ages as (
    select
        video_id,
        age,
        max(view_count) as view_count
    from counts
    where age >= 0
    group by video_id, age
),

intervals as (
    select
        video_id,
        age,
        view_count,
        lead(age) over (partition by video_id order by age) as next_age,
        lead(view_count) over (partition by video_id order by age) as next_view_count
    from ages
),

views as (
    select
        video_id,
        {{ views_at_age(1) }} as view_count_at_1d,
        {{ views_at_age(3) }} as view_count_at_3d,
        {{ views_at_age(7) }} as view_count_at_7d,
        {{ views_at_age(30) }} as view_count_at_30d
    from intervals
    group by video_id
)

select * from views
