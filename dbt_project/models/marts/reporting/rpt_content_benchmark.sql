{% set slices = {
    'all': [],
    'weekday': ['weekday'],
    'hour': ['hour'],
    'weekday_hour': ['weekday', 'hour'],
    'duration_band': ['duration_band'],
    'media_type': ['media_type'],
} %}
{% set cuts = {'weekday': 'bigint', 'hour': 'bigint', 'duration_band': 'text', 'media_type': 'text'} %}

with
period as (
    select max(snapshot_date) - {{ var('benchmark_days') }} as first_posted_date
    from {{ ref('fct_video_stats_daily') }}
),

videos as (
    select
        video_id,
        posted_at,
        first_seen_at,
        cast(extract(isodow from posted_at) as bigint) as weekday,
        cast(extract(hour from posted_at) as bigint) as hour,
        case
            when duration_seconds <= 0 then null
            when duration_seconds < 15 then '<15 s'
            when duration_seconds < 30 then '15-30 s'
            when duration_seconds < 60 then '30-60 s'
            when duration_seconds <= 180 then '60-180 s'
            when duration_seconds > 180 then '>180 s'
        end as duration_band,
        case when is_image_post then 'image' when not is_image_post then 'video' end as media_type
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

video_measures as (
    select
        videos.video_id,
        videos.weekday,
        videos.hour,
        videos.duration_band,
        videos.media_type,
        last_counts.view_count,
        last_counts.engagement_rate,
        cast(halves.half_date - cast(videos.posted_at as date) as {{ type_double() }}) as days_to_half_views
    from videos
    inner join last_counts on videos.video_id = last_counts.video_id
    left join half_dates as halves on videos.video_id = halves.video_id
),

feed_videos as (
    select
        hashtag_key,
        video_id
    from {{ ref('bridge_video_hashtag') }}
    where is_listed
),

hashtag_video_measures as (
    select
        '' as hashtag_key,
        video_measures.*
    from video_measures

    union all

    select
        feed_videos.hashtag_key,
        video_measures.*
    from video_measures
    inner join feed_videos on video_measures.video_id = feed_videos.video_id
),

{% for dimension, columns in slices.items() %}
by_{{ dimension }} as (
    select
        hashtag_key,
        '{{ dimension }}' as dimension,
        {%- for column, type in cuts.items() %}
        {{ column if column in columns else 'cast(null as ' ~ type ~ ')' }} as {{ column }},
        {%- endfor %}
        count(*) as video_count,
        percentile_cont(0.25) within group (order by view_count) as p25_view_count,
        percentile_cont(0.5) within group (order by view_count) as median_view_count,
        percentile_cont(0.75) within group (order by view_count) as p75_view_count,
        percentile_cont(0.9) within group (order by view_count) as p90_view_count,
        percentile_cont(0.5) within group (order by engagement_rate) as median_engagement_rate,
        percentile_cont(0.9) within group (order by engagement_rate) as p90_engagement_rate,
        percentile_cont(0.25) within group (order by days_to_half_views) as p25_days_to_half_views,
        percentile_cont(0.5) within group (order by days_to_half_views) as median_days_to_half_views,
        percentile_cont(0.75) within group (order by days_to_half_views) as p75_days_to_half_views,
        count(days_to_half_views) as half_views_video_count
    from hashtag_video_measures
    {%- if columns %}
    where {{ columns | join(' is not null and ') }} is not null
    {%- endif %}
    group by {{ (['hashtag_key'] + columns) | join(', ') }}
),

{% endfor -%}

slices as (
    {% for dimension in slices -%}
    select * from by_{{ dimension }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select * from slices
