with
stats as (
    select
        *,
        view_count is null as is_unknown,
        video_count is null as is_video_count_unknown
    from {{ ref('fct_hashtag_stats_daily') }}
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

campaigns as (
    select
        hashtag_key,
        min({{ bytewise('campaign') }}) as campaign
    from {{ ref('bridge_campaign_hashtag') }}
    group by hashtag_key
),

stats_with_earlier_counts as (
    select
        *,
        lag(snapshot_date) over by_precision as previous_date,
        lag(view_count) over by_precision as previous_view_count,
        last_value(snapshot_date) over week_ago as week_ago_date,
        last_value(view_count) over week_ago as week_ago_view_count,
        last_value(snapshot_date) over month_ago as month_ago_date,
        last_value(view_count) over month_ago as month_ago_view_count,
        video_count - lag(video_count) over by_video_precision as video_gain,
        snapshot_date - lag(snapshot_date) over by_video_precision as days_since_video_count
    from stats
    window
        by_precision as (partition by hashtag_key, precision, is_unknown order by snapshot_date),
        by_video_precision as (
            partition by hashtag_key, video_count_precision, is_video_count_unknown order by snapshot_date
        ),
        week_ago as (
            partition by hashtag_key, precision, is_unknown
            order by snapshot_date
            range between unbounded preceding and interval '7 days' preceding
        ),
        month_ago as (
            partition by hashtag_key, precision, is_unknown
            order by snapshot_date
            range between unbounded preceding and interval '30 days' preceding
        )
),

gains as (
    select
        *,
        view_count - previous_view_count as view_gain,
        case
            when view_count is not null then cast(snapshot_date - previous_date as bigint)
        end as days_since_previous,
        cast(view_count - previous_view_count as {{ type_double() }})
        / nullif(snapshot_date - previous_date, 0) as view_gain_per_day,
        cast(video_gain as {{ type_double() }}) / nullif(days_since_video_count, 0) as video_gain_per_day
    from stats_with_earlier_counts
),

gains_with_names as (
    select
        gains.*,
        hashtags.hashtag_name,
        hashtags.role,
        campaigns.campaign,
        gains.view_gain_per_day
        - lag(gains.view_gain_per_day) over (
            partition by gains.hashtag_key, gains.precision, gains.is_unknown order by gains.snapshot_date
        ) as view_acceleration
    from gains
    inner join hashtags on gains.hashtag_key = hashtags.hashtag_key
    left join campaigns on gains.hashtag_key = campaigns.hashtag_key
),

gains_with_campaign_totals as (
    select
        *,
        -- In one order, because a sum of doubles depends on it.
        sum(case when view_gain_per_day > 0 then view_gain_per_day end) over (
            partition by campaign, snapshot_date
            order by {{ bytewise('hashtag_key') }}
            rows between unbounded preceding and unbounded following
        ) as campaign_gain_per_day,
        sum(view_count) over (partition by campaign, snapshot_date) as campaign_view_count
    from gains_with_names
),

final as (
    select
        hashtag_key,
        snapshot_date,
        hashtag_name,
        role,
        campaign,
        provider,
        precision,
        view_count,
        video_count,
        creator_count,
        view_gain,
        days_since_previous,
        view_gain_per_day,
        cast(view_gain as {{ type_double() }}) / nullif(previous_view_count, 0) as growth_rate,
        cast(view_count - week_ago_view_count as {{ type_double() }})
        / nullif(week_ago_view_count, 0)
        * 7 / nullif(snapshot_date - week_ago_date, 0) as growth_7d_rate,
        cast(view_count - month_ago_view_count as {{ type_double() }})
        / nullif(month_ago_view_count, 0)
        * 30 / nullif(snapshot_date - month_ago_date, 0) as growth_30d_rate,
        view_acceleration,
        cast(video_gain as bigint) as video_gain,
        video_gain_per_day,
        case
            when campaign is not null then view_gain_per_day / nullif(campaign_gain_per_day, 0)
        end as share_of_voice,
        case
            when campaign is not null
                then cast(view_count as {{ type_double() }}) / nullif(campaign_view_count, 0)
        end as share_of_voice_views
    from gains_with_campaign_totals
)

select * from final
