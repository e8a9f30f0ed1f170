{% set slices = {
    'all': [],
    'weekday': ['weekday'],
    'hour': ['hour'],
    'weekday_hour': ['weekday', 'hour'],
    'duration_band': ['duration_band'],
    'media_type': ['media_type'],
} %}
{% set ages = [1, 3, 7, 30] %}
{% set cuts = {'weekday': 'bigint', 'hour': 'bigint', 'duration_band': 'text', 'media_type': 'text'} %}

with
last_counts as (
    select * from {{ ref('int_video_last_counts') }}
),

views as (
    select * from {{ ref('int_video_views_at_age') }}
),

videos as (
    select
        video_id,
        cast(extract(isodow from {{ local_time('posted_at') }}) as bigint) as weekday,
        cast(extract(hour from {{ local_time('posted_at') }}) as bigint) as hour,
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
),

video_measures as (
    select
        videos.*,
        {%- for days in ages %}
        views.view_count_at_{{ days }}d,
        {%- endfor %}
        last_counts.engagement_rate,
        last_counts.days_to_half_views
    from videos
    inner join last_counts on videos.video_id = last_counts.video_id
    left join views on videos.video_id = views.video_id
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
        count(view_count_at_7d) >= {{ var('reliable_videos') }} as is_reliable,
        {%- for name, fraction in {'p25': 0.25, 'p75': 0.75, 'p90': 0.9}.items() %}
        percentile_cont({{ fraction }}) within group (order by view_count_at_7d)
            as {{ name }}_view_count_at_7d,
        {%- endfor %}
        {%- for days in ages %}
        percentile_cont(0.5) within group (order by view_count_at_{{ days }}d)
            as median_view_count_at_{{ days }}d,
        count(view_count_at_{{ days }}d) as video_count_at_{{ days }}d,
        {%- endfor %}
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
