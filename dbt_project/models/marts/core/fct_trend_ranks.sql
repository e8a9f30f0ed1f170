{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='snapshot_date',
    on_schema_change='append_new_columns',
    post_hook='{{ remember_loads() }}',
) }}

with
trends as (
    select * from {{ ref('int_trends') }}
    where {{ is_touched('trends') }}
),

trend_industries as (
    select
        *,
        row_number() over (
            partition by snapshot_date, request_key, position, load_id order by list_index, industry_id
        ) as place
    from {{ ref('stg_crawlora__trend_industries') }}
    where {{ is_touched('trends') }}
),

trend_creators as (
    select
        snapshot_date,
        request_key,
        position,
        load_id,
        string_agg(display_name, ', ' order by list_index, {{ bytewise('display_name') }}) as creators
    from {{ ref('stg_crawlora__trend_creators') }}
    where {{ is_touched('trends') }}
    group by snapshot_date, request_key, position, load_id
),

final as (
    select
        trends.hashtag_key,
        trends.country_code,
        trends.industry_id,
        trends.period_days,
        trends.is_new_on_board,
        trends.trend_source,
        trends.snapshot_date,
        coalesce(trends.hashtag_industry_id, trend_industries.industry_id) as hashtag_industry_id,
        trends.is_promoted,
        trend_creators.creators,
        trends.rank,
        trends.rank_change,
        trends.rank_change_type,
        trends.publish_count,
        trends.view_count,
        trends.observed_at
    from trends
    left join trend_industries
        on trends.snapshot_date = trend_industries.snapshot_date
        and trends.request_key = trend_industries.request_key
        and trends.position = trend_industries.position
        and trends.load_id = trend_industries.load_id
        and trend_industries.place = 1
    left join trend_creators
        on trends.snapshot_date = trend_creators.snapshot_date
        and trends.request_key = trend_creators.request_key
        and trends.position = trend_creators.position
        and trends.load_id = trend_creators.load_id
)

select * from final
