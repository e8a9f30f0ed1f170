{{ config(materialized='table') }}

with
stats as (
    select * from {{ ref('fct_video_stats_daily') }}
),

totals as (
    select
        video_id,
        {%- for measure in ['view_count', 'like_count', 'comment_count', 'share_count'] %}
        {{ latest_known(measure, 'snapshot_date') }} as {{ measure }},
        {%- endfor %}
        max(snapshot_date) as last_observed_date
    from stats
    group by video_id
)

select * from totals
