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

trend_points as (
    select
        *,
        row_number() over (
            partition by snapshot_date, request_key, position, load_id, point_date
            order by list_index desc, relative_popularity desc nulls last
        ) as place
    from {{ ref('stg_crawlora__trend_points') }}
    where point_date is not null and {{ is_touched('trends') }}
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
        trend_points.point_date,
        trend_points.relative_popularity
    from trends
    inner join trend_points
        on trends.snapshot_date = trend_points.snapshot_date
        and trends.request_key = trend_points.request_key
        and trends.position = trend_points.position
        and trends.load_id = trend_points.load_id
    where trend_points.place = 1
)

select * from final
