{{ config(materialized='table') }}

{#- Days before a count in which the highest earlier one is looked for. -#}
{% set windows = {'mark': [var('gain_days'), 1], 'week_ago': [14, 7], 'month_ago': [60, 30]} %}

-- A series is what one provider says of a hashtag in one precision; only numbers of one series are subtracted.
with
observations as (
    select * from {{ ref('int_hashtag_observations') }}
),

counts as (
    select
        hashtag_key,
        provider,
        precision,
        snapshot_date,
        min(provider_rank) as provider_rank,
        max(view_count) as view_count,
        max(video_count) as video_count
    from observations
    group by hashtag_key, provider, precision, snapshot_date
),

-- The highest count of a window and the latest of its dates: both in one number, whose last five digits are the date.
dated_counts as (
    select
        *,
        cast(view_count as decimal(38, 0)) * 100000 + (snapshot_date - date '1970-01-01') as dated_view_count
    from counts
    where view_count is not null
),

view_counts as (
    select
        *,
        lag(view_count) over by_series as previous_view_count,
        {%- for window in windows %}
        max(view_count) over {{ window }} as {{ window }}_view_count,
        max(dated_view_count) over {{ window }} as {{ window }}_dated_view_count{{ ',' if not loop.last }}
        {%- endfor %}
    from dated_counts
    window
        by_series as (partition by hashtag_key, provider, precision order by snapshot_date),
        {%- for window, (first, last) in windows.items() %}
        {{ window }} as (
            partition by hashtag_key, provider, precision
            order by snapshot_date
            range between interval '{{ first }} days' preceding and interval '{{ last }} days' preceding
        ){{ ',' if not loop.last }}
        {%- endfor %}
),

view_counts_with_marks as (
    select
        *,
        {%- for window in windows %}
        cast(snapshot_date - (date '1970-01-01' + cast({{ window }}_dated_view_count % 100000 as integer)) as bigint)
            as days_since_{{ window }},
        {%- endfor %}
        coalesce(view_count < mark_view_count, false) as is_below_mark
    from view_counts
),

-- A count that fell gains nothing until it passes its highest mark; the gain is then spread over the days since.
view_gains as (
    select
        *,
        case when not is_below_mark then view_count - mark_view_count end as view_gain,
        {%- for window in windows %}
        case
            when not is_below_mark
                then {{ ratio('view_count - ' ~ window ~ '_view_count', 'days_since_' ~ window) }}
        end as gain_per_day_since_{{ window }}{{ ',' if not loop.last }}
        {%- endfor %}
    from view_counts_with_marks
),

view_gains_with_choice as (
    select
        *,
        gain_per_day_since_mark - lag(gain_per_day_since_mark) over (
            partition by hashtag_key, provider, precision, is_below_mark order by snapshot_date
        ) as view_acceleration,
        row_number() over (
            partition by hashtag_key, snapshot_date
            order by
                mark_view_count is null,
                case when precision = 'exact' then 0 else 1 end,
                days_since_mark,
                provider_rank
        ) as choice
    from view_gains
),

video_counts as (
    select
        *,
        video_count - lag(video_count) over by_series as video_gain,
        cast(snapshot_date - lag(snapshot_date) over by_series as bigint) as days_since_video_count
    from counts
    where video_count is not null
    window by_series as (partition by hashtag_key, provider, precision order by snapshot_date)
),

video_gains_with_choice as (
    select
        *,
        row_number() over (
            partition by hashtag_key, snapshot_date
            order by case when precision = 'exact' then 0 else 1 end, days_since_video_count, provider_rank
        ) as choice
    from video_counts
    where days_since_video_count <= {{ var('gain_days') }}
),

final as (
    select
        views.hashtag_key,
        views.snapshot_date,
        views.provider,
        views.precision,
        views.view_count,
        views.mark_view_count,
        views.days_since_mark,
        views.view_gain,
        views.gain_per_day_since_mark as view_gain_per_day,
        7 * views.gain_per_day_since_week_ago as view_gain_7d,
        views.view_acceleration,
        views.is_below_mark,
        nullif(views.view_count - views.previous_view_count - coalesce(views.view_gain, 0), 0) as view_correction,
        {{ ratio('views.view_gain', 'views.mark_view_count') }} as growth_rate,
        {{ ratio('7 * views.gain_per_day_since_week_ago', 'views.week_ago_view_count') }} as growth_7d_rate,
        {{ ratio('30 * views.gain_per_day_since_month_ago', 'views.month_ago_view_count') }} as growth_30d_rate,
        cast(videos.video_gain as bigint) as video_gain,
        {{ ratio('videos.video_gain', 'videos.days_since_video_count') }} as video_gain_per_day
    from view_gains_with_choice as views
    left join video_gains_with_choice as videos
        on views.hashtag_key = videos.hashtag_key
        and views.snapshot_date = videos.snapshot_date
        and videos.choice = 1
    where views.choice = 1
)

select * from final
