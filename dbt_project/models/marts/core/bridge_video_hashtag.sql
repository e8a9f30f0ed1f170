{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='video_id',
    on_schema_change='append_new_columns',
    pre_hook="{{ truncate_unless(only_new_dates(['videos'], 'last_seen_date', by_id=true)) }}",
    post_hook='{{ remember_loads() }}',
) }}

{% set is_merged = only_new_dates(['videos'], 'last_seen_date', by_id=true) %}
{% set is_new = is_touched(['videos'], by_id=true) if is_merged else 'true' %}

with
observed as (
    select distinct video_id
    from {{ ref('fct_video_stats_daily') }}
    where {{ is_new }}
),

tags as (
    select * from {{ ref('int_counted_video_hashtags') }}
    where video_id in (select observed.video_id from observed)
),

feeds as (
    select
        video_id,
        hashtag_key,
        snapshot_date as first_listed_date,
        snapshot_date as last_listed_date
    from {{ ref('fct_hashtag_feed_daily') }}
    where {{ is_new }}

    {% if is_merged %}
    union all

    select
        video_id,
        hashtag_key,
        first_listed_date,
        last_listed_date
    from {{ this }}
    where is_listed and video_id in (select observed.video_id from observed)
    {% endif %}
),

unioned as (
    select
        video_id,
        hashtag_key,
        true as is_tagged,
        false as is_listed,
        first_seen_date,
        last_seen_date,
        cast(null as date) as first_listed_date,
        cast(null as date) as last_listed_date
    from tags

    union all

    select
        video_id,
        hashtag_key,
        false as is_tagged,
        true as is_listed,
        min(first_listed_date) as first_seen_date,
        max(last_listed_date) as last_seen_date,
        min(first_listed_date) as first_listed_date,
        max(last_listed_date) as last_listed_date
    from feeds
    group by video_id, hashtag_key
),

merged as (
    select
        video_id,
        hashtag_key,
        bool_or(is_tagged) as is_tagged,
        bool_or(is_listed) as is_listed,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date,
        min(first_listed_date) as first_listed_date,
        max(last_listed_date) as last_listed_date
    from unioned
    group by video_id, hashtag_key
)

select * from merged
