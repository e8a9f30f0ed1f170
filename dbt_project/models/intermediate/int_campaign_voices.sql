{{ config(materialized='table') }}

with
memberships as (
    select * from {{ ref('bridge_campaign_hashtag_daily') }}
),

stats as (
    select * from {{ ref('fct_hashtag_stats_daily') }}
),

gains as (
    select * from {{ ref('int_hashtag_gains') }}
),

members as (
    select
        memberships.campaign,
        memberships.hashtag_key,
        memberships.snapshot_date,
        stats.view_count,
        gains.view_gain_per_day,
        gains.view_gain_7d,
        gains.is_below_mark,
        -- Of a hashtag that no provider ever counted there is nothing to wait for.
        max(stats.view_count) over (
            partition by memberships.campaign, memberships.hashtag_key order by memberships.snapshot_date
        ) is not null as is_counted
    from memberships
    left join stats
        on memberships.hashtag_key = stats.hashtag_key
        and memberships.snapshot_date = stats.snapshot_date
    left join gains
        on memberships.hashtag_key = gains.hashtag_key
        and memberships.snapshot_date = gains.snapshot_date
),

members_with_totals as (
    select
        *,
        count(*) over by_day as hashtag_count,
        count(view_gain_per_day) over by_day as gain_count,
        bool_or(coalesce(is_below_mark, false)) over by_day as has_correction,
        count(view_count) over by_day as view_count_count,
        count(view_gain_7d) over by_day as week_gain_count,
        sum(view_gain_per_day) over in_order as campaign_gain_per_day,
        sum(view_gain_7d) over in_order as campaign_gain_7d,
        sum(view_count) over by_day as campaign_view_count
    from members
    where is_counted
    window
        by_day as (partition by campaign, snapshot_date),
        -- In one order, because a sum of doubles depends on it.
        in_order as (
            partition by campaign, snapshot_date
            order by {{ bytewise('hashtag_key') }}
            rows between unbounded preceding and unbounded following
        )
),

members_with_reason as (
    select
        *,
        case
            when has_correction then 'a count was corrected'
            when gain_count < hashtag_count then 'a hashtag has no gain'
            when campaign_gain_per_day = 0 then 'no hashtag gained'
        end as share_of_voice_reason
    from members_with_totals
),

final as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        view_count,
        view_gain_per_day,
        share_of_voice_reason,
        case
            when share_of_voice_reason is null then view_gain_per_day / campaign_gain_per_day
        end as share_of_voice,
        case
            when week_gain_count = hashtag_count then {{ ratio('view_gain_7d', 'campaign_gain_7d') }}
        end as share_of_voice_7d,
        case
            when view_count_count = hashtag_count then {{ ratio('view_count', 'campaign_view_count') }}
        end as share_of_voice_views
    from members_with_reason
)

select * from final
