{{ config(materialized='table') }}

-- A series is what one provider says of a hashtag in one precision; no numbers of two are ever subtracted.
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

dated_counts as (
    select
        *,
        -- A count and its date in one number, of which the date takes the last five digits.
        cast(view_count as decimal(38, 0)) * 100000 + (snapshot_date - date '1970-01-01') as dated_count
    from counts
    where view_count is not null
),

-- The highest count of a period, and the latest of its dates.
view_counts as (
    select
        *,
        lag(view_count) over by_series as previous_view_count,
        max(view_count) over before as mark_view_count,
        max(dated_count) over before as dated_mark,
        max(view_count) over week_ago as week_ago_view_count,
        max(dated_count) over week_ago as dated_week_ago,
        max(view_count) over month_ago as month_ago_view_count,
        max(dated_count) over month_ago as dated_month_ago
    from dated_counts
    window
        by_series as (partition by hashtag_key, provider, precision order by snapshot_date),
        before as (
            partition by hashtag_key, provider, precision order by snapshot_date
            range between interval '{{ var("gain_days") }} days' preceding and interval '1 day' preceding
        ),
        week_ago as (
            partition by hashtag_key, provider, precision order by snapshot_date
            range between interval '14 days' preceding and interval '7 days' preceding
        ),
        month_ago as (
            partition by hashtag_key, provider, precision order by snapshot_date
            range between interval '60 days' preceding and interval '30 days' preceding
        )
),

view_counts_with_days as (
    select
        *,
        {{ days_since('dated_mark') }} as days_since_mark,
        {{ days_since('dated_week_ago') }} as days_since_week_ago,
        {{ days_since('dated_month_ago') }} as days_since_month_ago,
        coalesce(view_count < mark_view_count, false) as is_below_mark
    from view_counts
),

-- A count that fell gains nothing until it passes its highest; the gain is then spread over the days since.
view_gains as (
    select
        *,
        case when not is_below_mark then view_count - mark_view_count end as view_gain,
        case when not is_below_mark then view_count - week_ago_view_count end as view_gain_since_week_ago,
        case when not is_below_mark then view_count - month_ago_view_count end as view_gain_since_month_ago
    from view_counts_with_days
),

view_gains_per_day as (
    select
        *,
        {{ ratio('view_gain', 'days_since_mark') }} as view_gain_per_day
    from view_gains
),

view_gains_with_choice as (
    select
        *,
        view_gain_per_day - lag(view_gain_per_day) over (
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
    from view_gains_per_day
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
        views.view_gain_per_day,
        {{ ratio('views.view_gain_since_week_ago * 7', 'views.days_since_week_ago') }} as view_gain_7d,
        views.view_acceleration,
        views.is_below_mark,
        case
            when views.mark_view_count is not null
                then nullif(views.view_count - views.previous_view_count - coalesce(views.view_gain, 0), 0)
        end as view_correction,
        {{ ratio('views.view_gain', 'views.mark_view_count') }} as growth_rate,
        {{ ratio('views.view_gain_since_week_ago', 'views.week_ago_view_count') }}
        * 7 / views.days_since_week_ago as growth_7d_rate,
        {{ ratio('views.view_gain_since_month_ago', 'views.month_ago_view_count') }}
        * 30 / views.days_since_month_ago as growth_30d_rate,
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
