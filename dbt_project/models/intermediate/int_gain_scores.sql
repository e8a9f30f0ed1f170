{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_since(first_touched_date(['hashtags', 'searches'])) }}",
    post_hook='{{ remember_loads() }}',
) }}

{% set first_date = first_touched_date(['hashtags', 'searches']) %}

with
gains as (
    select
        hashtag_key,
        snapshot_date,
        precision,
        view_gain_per_day
    from {{ ref('rpt_hashtag_growth') }}
    where view_gain_per_day is not null
        and {{ first_date }} - snapshot_date <= {{ var('signal_days') }}
),

scored as (
    select * from gains
    where snapshot_date >= {{ first_date }}
),

earlier as (
    select
        scored.hashtag_key,
        scored.snapshot_date,
        past.view_gain_per_day
    from scored
    inner join gains as past
        on scored.hashtag_key = past.hashtag_key
        and scored.precision = past.precision
        and scored.snapshot_date - past.snapshot_date between 1 and {{ var('signal_days') }}
),

medians as (
    select
        hashtag_key,
        snapshot_date,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by view_gain_per_day) as median_gain_per_day
    from earlier
    group by hashtag_key, snapshot_date
),

deviations as (
    select
        medians.hashtag_key,
        medians.snapshot_date,
        percentile_cont(0.5) within group (
            order by abs(earlier.view_gain_per_day - medians.median_gain_per_day)
        ) as mad_gain_per_day
    from medians
    inner join earlier
        on medians.hashtag_key = earlier.hashtag_key
        and medians.snapshot_date = earlier.snapshot_date
    group by medians.hashtag_key, medians.snapshot_date
),

final as (
    select
        scored.hashtag_key,
        scored.snapshot_date,
        scored.precision,
        scored.view_gain_per_day,
        coalesce(medians.history_count, 0) as history_count,
        medians.median_gain_per_day,
        deviations.mad_gain_per_day,
        case
            when medians.history_count >= {{ var('signal_history') }}
                then 0.6745 * (scored.view_gain_per_day - medians.median_gain_per_day)
                    / nullif(deviations.mad_gain_per_day, 0)
        end as robust_z_score
    from scored
    left join medians
        on scored.hashtag_key = medians.hashtag_key
        and scored.snapshot_date = medians.snapshot_date
    left join deviations
        on scored.hashtag_key = deviations.hashtag_key
        and scored.snapshot_date = deviations.snapshot_date
)

select * from final
