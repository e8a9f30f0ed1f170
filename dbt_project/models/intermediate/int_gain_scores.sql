{{ config(materialized='table') }}

with
gains as (
    select
        hashtag_key,
        snapshot_date,
        precision,
        view_gain_per_day
    from {{ ref('rpt_hashtag_growth') }}
    where view_gain_per_day is not null
),

earlier_gains as (
    select
        gains.hashtag_key,
        gains.snapshot_date,
        earlier.view_gain_per_day
    from gains
    inner join gains as earlier
        on gains.hashtag_key = earlier.hashtag_key
        and gains.precision = earlier.precision
        and gains.snapshot_date - earlier.snapshot_date between 1 and {{ var('signal_days') }}
),

medians as (
    select
        hashtag_key,
        snapshot_date,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by view_gain_per_day) as median_gain_per_day
    from earlier_gains
    group by hashtag_key, snapshot_date
),

deviations as (
    select
        medians.hashtag_key,
        medians.snapshot_date,
        percentile_cont(0.5) within group (
            order by abs(earlier_gains.view_gain_per_day - medians.median_gain_per_day)
        ) as mad_gain_per_day
    from medians
    inner join earlier_gains
        on medians.hashtag_key = earlier_gains.hashtag_key
        and medians.snapshot_date = earlier_gains.snapshot_date
    group by medians.hashtag_key, medians.snapshot_date
),

final as (
    select
        gains.hashtag_key,
        gains.snapshot_date,
        gains.precision,
        gains.view_gain_per_day,
        coalesce(medians.history_count, 0) as history_count,
        medians.median_gain_per_day,
        deviations.mad_gain_per_day,
        case
            when medians.history_count >= {{ var('signal_history') }}
                then 0.6745 * (gains.view_gain_per_day - medians.median_gain_per_day)
                    / nullif(deviations.mad_gain_per_day, 0)
        end as robust_z_score
    from gains
    left join medians
        on gains.hashtag_key = medians.hashtag_key
        and gains.snapshot_date = medians.snapshot_date
    left join deviations
        on gains.hashtag_key = deviations.hashtag_key
        and gains.snapshot_date = deviations.snapshot_date
)

select * from final
