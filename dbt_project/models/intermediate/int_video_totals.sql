{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='video_id',
    on_schema_change='append_new_columns',
    pre_hook="{{ truncate_unless(only_new_dates(['videos'], 'last_observed_date')) }}",
    post_hook='{{ remember_loads() }}',
) }}

{% set is_added = only_new_dates(['videos'], 'last_observed_date') %}
{% set measures = ['view_count', 'like_count', 'comment_count', 'share_count'] %}

with
stats as (
    select * from {{ ref('fct_video_stats_daily') }}
    where {{ is_touched(['videos']) if is_added else 'true' }}
),

known as (
    select
        video_id,
        {{ measures | join(',\n        ') }},
        snapshot_date as last_observed_date
    from stats

    {% if is_added %}
    union all

    select
        video_id,
        {{ measures | join(',\n        ') }},
        last_observed_date
    from {{ this }}
    where video_id in (select stats.video_id from stats)
    {% endif %}
),

totals as (
    select
        video_id,
        {%- for measure in measures %}
        {{ latest_known(measure, 'last_observed_date') }} as {{ measure }},
        {%- endfor %}
        max(last_observed_date) as last_observed_date
    from known
    group by video_id
)

select * from totals
