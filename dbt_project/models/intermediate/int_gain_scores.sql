{{ config(materialized='table') }}

{#- Of the logarithms, whose noise is normal where it follows the gain; the spread is 5 % at least. -#}
{% set least_spread = 0.05 * 0.6745 %}
{% set threshold = '3.0 + 22.0 / history_count + 75.0 / (history_count * history_count)' %}

with
gains as (
    select
        hashtag_key,
        snapshot_date,
        precision,
        view_gain_per_day,
        view_correction,
        is_below_mark,
        ln(1 + view_gain_per_day) as log_gain,
        lag(ln(1 + view_gain_per_day)) over by_hashtag as previous_log_gain,
        lag(precision) over by_hashtag = precision
        and snapshot_date - lag(snapshot_date) over by_hashtag <= 3 as has_previous
    from {{ ref('int_hashtag_gains') }}
    where view_gain_per_day is not null or is_below_mark
    window by_hashtag as (partition by hashtag_key order by snapshot_date)
),

earlier_gains as (
    select
        gains.hashtag_key,
        gains.snapshot_date,
        earlier.view_gain_per_day,
        earlier.log_gain
    from gains
    inner join gains as earlier
        on gains.hashtag_key = earlier.hashtag_key
        and gains.precision = earlier.precision
        and gains.snapshot_date - earlier.snapshot_date between 1 and {{ var('signal_days') }}
    where earlier.log_gain is not null
),

medians as (
    select
        hashtag_key,
        snapshot_date,
        count(*) as history_count,
        percentile_cont(0.5) within group (order by view_gain_per_day) as median_gain_per_day,
        percentile_cont(0.5) within group (order by log_gain) as median_log_gain
    from earlier_gains
    group by hashtag_key, snapshot_date
),

deviations as (
    select
        medians.hashtag_key,
        medians.snapshot_date,
        percentile_cont(0.5) within group (
            order by abs(earlier_gains.view_gain_per_day - medians.median_gain_per_day)
        ) as mad_gain_per_day,
        percentile_cont(0.5) within group (
            order by abs(earlier_gains.log_gain - medians.median_log_gain)
        ) as mad_log_gain
    from medians
    inner join earlier_gains
        on medians.hashtag_key = earlier_gains.hashtag_key
        and medians.snapshot_date = earlier_gains.snapshot_date
    group by medians.hashtag_key, medians.snapshot_date
),

gains_with_history as (
    select
        gains.*,
        coalesce(medians.history_count, 0) as history_count,
        medians.median_gain_per_day,
        medians.median_log_gain,
        deviations.mad_gain_per_day,
        greatest(deviations.mad_log_gain, {{ least_spread }}) as spread,
        medians.history_count >= {{ var('signal_history') }} as has_history,
        gains.precision = 'exact' and medians.history_count >= {{ var('signal_history') }} as is_scored
    from gains
    left join medians
        on gains.hashtag_key = medians.hashtag_key
        and gains.snapshot_date = medians.snapshot_date
    left join deviations
        on gains.hashtag_key = deviations.hashtag_key
        and gains.snapshot_date = deviations.snapshot_date
),

scores as (
    select
        *,
        case when is_scored then 0.6745 * (log_gain - median_log_gain) / spread end as robust_z_score,
        -- Of two dates together, which finds what is too small to stand out on one.
        case
            when is_scored and has_previous
                then 0.6745 * ((log_gain + previous_log_gain) / 2 - median_log_gain) / spread * sqrt(2)
        end as two_day_z_score,
        case when is_scored then cast({{ threshold }} as {{ type_double() }}) end as z_threshold
    from gains_with_history
),

final as (
    select
        hashtag_key,
        snapshot_date,
        precision,
        view_gain_per_day,
        view_correction,
        is_below_mark,
        has_history,
        history_count,
        median_gain_per_day,
        mad_gain_per_day,
        robust_z_score,
        two_day_z_score,
        z_threshold,
        -- The ratio is asked of the date alone, so that the day after a spike is no signal.
        coalesce(
            greatest(robust_z_score, two_day_z_score) >= z_threshold
            and log_gain - median_log_gain >= ln({{ var('signal_ratio') }}),
            false
        ) as is_signal
    from scores
)

select * from final
