{% set columns = [
    ('stg_tiktags__loads', 'snapshot_date'),
    ('fct_trend_points', 'point_date'),
    ('fct_trend_ranks', 'observed_at'),
    ('fct_hashtag_stats_daily', 'observed_at'),
    ('fct_api_requests', 'requested_at'),
    ('fct_api_requests', 'finished_at'),
    ('fct_walks', 'started_at'),
    ('fct_walks', 'finished_at'),
    ('dim_hashtag', 'first_seen_at'),
    ('dim_hashtag', 'last_seen_at'),
    ('dim_video', 'first_seen_at'),
    ('dim_video', 'last_seen_at'),
    ('dim_video', 'posted_at'),
] %}

with
digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

dates as (
    {% for relation, column in columns -%}
    select
        cast(min({{ column }}) as date) as first_date,
        cast(max({{ column }}) as date) as last_date
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

period as (
    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from dates
),

-- Timestamps lie between 1970 and 2100, so five digits are enough.
offsets as (
    select
        ones.digit
        + 10 * tens.digit
        + 100 * hundreds.digit
        + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as day_count
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

days as (
    select cast(period.first_date + offsets.day_count as date) as date_day
    from offsets
    cross join period
    where offsets.day_count <= period.last_date - period.first_date
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as bigint) as year,
        cast(extract(quarter from date_day) as bigint) as quarter,
        cast(extract(month from date_day) as bigint) as month,
        cast(extract(day from date_day) as bigint) as day_of_month,
        cast(extract(isodow from date_day) as bigint) as day_of_week,
        cast(extract(isoyear from date_day) as bigint) as iso_year,
        cast(extract(week from date_day) as bigint) as iso_week,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        extract(isodow from date_day) in (6, 7) as is_weekend
    from days
)

select * from final
