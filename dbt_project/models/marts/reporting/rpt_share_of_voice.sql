with
memberships as (
    select * from {{ ref('bridge_campaign_hashtag') }}
),

growth as (
    select * from {{ ref('rpt_hashtag_growth') }}
),

campaign_growth as (
    select
        memberships.campaign,
        growth.hashtag_key,
        growth.snapshot_date,
        growth.hashtag_name,
        growth.role,
        growth.view_count,
        growth.view_gain_per_day
    from memberships
    inner join growth on memberships.hashtag_key = growth.hashtag_key
),

campaign_growth_with_totals as (
    select
        *,
        -- In one order, because a sum of doubles depends on it.
        sum(case when view_gain_per_day > 0 then view_gain_per_day end) over (
            partition by campaign, snapshot_date
            order by {{ bytewise('hashtag_key') }}
            rows between unbounded preceding and unbounded following
        ) as campaign_gain_per_day,
        sum(view_count) over (partition by campaign, snapshot_date) as campaign_view_count
    from campaign_growth
),

final as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        hashtag_name,
        role,
        view_count,
        view_gain_per_day,
        view_gain_per_day / nullif(campaign_gain_per_day, 0) as share_of_voice,
        {{ ratio('view_count', 'campaign_view_count') }} as share_of_voice_views
    from campaign_growth_with_totals
)

select * from final
