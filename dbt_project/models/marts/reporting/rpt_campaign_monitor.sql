with
memberships as (
    select
        *,
        count(*) over (partition by hashtag_key, snapshot_date) as campaign_count
    from {{ ref('bridge_campaign_hashtag_daily') }}
),

cuts as (
    select * from {{ ref('int_feed_cuts') }}
    where campaign <> ''
),

feeds as (
    select distinct
        hashtag_key,
        snapshot_date
    from {{ ref('int_feed_cuts') }}
    where campaign = ''
),

growth as (
    select * from {{ ref('rpt_hashtag_growth') }}
),

creators as (
    select * from {{ ref('dim_creator') }}
),

costs as (
    select * from {{ ref('int_hashtag_costs') }}
),

completeness as (
    select * from {{ ref('int_campaign_completeness') }}
),

hashtag_days as (
    select
        hashtag_key,
        snapshot_date
    from feeds
    union
    select
        hashtag_key,
        snapshot_date
    from growth
    union
    select
        hashtag_key,
        snapshot_date
    from costs
    where hashtag_key is not null
),

campaign_days as (
    select
        memberships.campaign,
        hashtag_days.snapshot_date,
        count(*) as hashtag_count,
        count(growth.view_count) as counted_hashtag_count,
        cast(sum(growth.view_count) as bigint) as hashtag_view_count,
        -- As decimals, because a sum of doubles depends on their order.
        sum(cast(costs.cost_usd / memberships.campaign_count as decimal(38, 12))) as cost_usd,
        sum(cast(costs.credits / memberships.campaign_count as decimal(38, 12))) as credits
    from hashtag_days
    inner join memberships
        on hashtag_days.hashtag_key = memberships.hashtag_key
        and hashtag_days.snapshot_date = memberships.snapshot_date
    left join growth
        on hashtag_days.hashtag_key = growth.hashtag_key
        and hashtag_days.snapshot_date = growth.snapshot_date
    left join costs
        on hashtag_days.hashtag_key = costs.hashtag_key
        and hashtag_days.snapshot_date = costs.snapshot_date
    group by memberships.campaign, hashtag_days.snapshot_date
),

slices as (
    select
        campaign,
        snapshot_date,
        '' as language,
        '' as region
    from campaign_days
    union
    select
        campaign,
        snapshot_date,
        language,
        region
    from cuts
),

final as (
    select
        slices.campaign,
        slices.snapshot_date,
        slices.language,
        slices.region,
        cuts.top_video_id,
        cuts.top_creator_id,
        creators.handle as top_creator_handle,
        campaign_days.hashtag_count,
        campaign_days.counted_hashtag_count,
        completeness.provider_count,
        completeness.expected_provider_count,
        completeness.is_complete,
        cuts.listed_video_count,
        cuts.new_video_count,
        cuts.creator_count,
        cuts.new_creator_count,
        cuts.view_count,
        cuts.like_count,
        cuts.comment_count,
        cuts.share_count,
        {{ ratio('cuts.engagement_count', 'cuts.engaged_view_count') }} as engagement_rate,
        cuts.view_gain,
        {{ ratio('cuts.top_creator_view_count', 'cuts.view_count') }} as top_creator_view_share,
        case when slices.language = '' and slices.region = '' then campaign_days.hashtag_view_count end
            as hashtag_view_count,
        case
            when slices.language = '' and slices.region = ''
                then cast(campaign_days.cost_usd as {{ type_double() }})
        end as cost_usd,
        case
            when slices.language = '' and slices.region = ''
                then cast(campaign_days.credits as {{ type_double() }})
        end as credits
    from slices
    left join campaign_days
        on slices.campaign = campaign_days.campaign
        and slices.snapshot_date = campaign_days.snapshot_date
    left join completeness
        on slices.campaign = completeness.campaign
        and slices.snapshot_date = completeness.snapshot_date
    left join cuts
        on slices.campaign = cuts.campaign
        and slices.snapshot_date = cuts.snapshot_date
        and slices.language = cuts.language
        and slices.region = cuts.region
    left join creators on cuts.top_creator_id = creators.creator_id
)

select * from final
