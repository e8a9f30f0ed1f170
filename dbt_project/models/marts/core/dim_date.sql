with recursive
loads as (
    select * from {{ ref('stg_tiktags__loads') }}
),

trend_points as (
    select * from {{ ref('fct_trend_points') }}
),

observed_dates as (
    select snapshot_date as date_day from loads
    union
    select point_date as date_day from trend_points
),

days as (
    select
        min(date_day) as date_day,
        max(date_day) as last_day
    from observed_dates
    having min(date_day) is not null

    union all

    select
        date_day + 1 as date_day,
        last_day
    from days
    where date_day < last_day
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as bigint) as year,
        cast(extract(quarter from date_day) as bigint) as quarter,
        cast(extract(month from date_day) as bigint) as month,
        cast(extract(day from date_day) as bigint) as day_of_month,
        cast(extract(isodow from date_day) as bigint) as day_of_week,
        cast(extract(week from date_day) as bigint) as iso_week,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        extract(isodow from date_day) in (6, 7) as is_weekend
    from days
)

select * from final
