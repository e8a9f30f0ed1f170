with
stats as (
    select * from {{ ref('fct_hashtag_stats_daily') }}
    where view_count is not null
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

compared as (
    select
        hashtag_key,
        snapshot_date,
        precision,
        view_count,
        lag(snapshot_date) over by_precision as previous_date,
        lag(view_count) over by_precision as previous_view_count,
        last_value(snapshot_date) over week_ago as week_ago_date,
        last_value(view_count) over week_ago as week_ago_view_count
    from stats
    window
        by_precision as (partition by hashtag_key, precision order by snapshot_date),
        week_ago as (
            partition by hashtag_key, precision
            order by snapshot_date
            range between unbounded preceding and interval '7 days' preceding
        )
),

final as (
    select
        compared.hashtag_key,
        compared.snapshot_date,
        hashtags.hashtag_name,
        compared.precision,
        compared.view_count,
        compared.view_count - compared.previous_view_count as view_gain,
        cast(compared.snapshot_date - compared.previous_date as bigint) as days_since_previous,
        cast(compared.view_count - compared.previous_view_count as {{ type_double() }})
        / nullif(compared.snapshot_date - compared.previous_date, 0) as view_gain_per_day,
        cast(compared.view_count - compared.previous_view_count as {{ type_double() }})
        / nullif(compared.previous_view_count, 0) as growth_rate,
        cast(compared.view_count - compared.week_ago_view_count as {{ type_double() }})
        / nullif(compared.week_ago_view_count, 0)
        * 7 / nullif(compared.snapshot_date - compared.week_ago_date, 0) as growth_7d_rate
    from compared
    inner join hashtags on compared.hashtag_key = hashtags.hashtag_key
)

select * from final
