with
hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

cuts as (
    select * from {{ ref('int_feed_cuts') }}
    where campaign = ''
),

growth as (
    select * from {{ ref('rpt_hashtag_growth') }}
),

memberships as (
    select
        bridge.campaign,
        hashtags.hashtag_key,
        hashtags.hashtag_name,
        hashtags.role,
        bool_or(hashtags.role = 'own') over (partition by bridge.campaign) as has_own
    from {{ ref('bridge_campaign_hashtag') }} as bridge
    inner join hashtags on bridge.hashtag_key = hashtags.hashtag_key
),

slices as (
    select
        hashtag_key,
        snapshot_date,
        language,
        region
    from cuts
    union
    select
        hashtag_key,
        snapshot_date,
        '' as language,
        '' as region
    from growth
),

hashtag_slices as (
    select
        memberships.campaign,
        memberships.hashtag_key,
        memberships.hashtag_name,
        memberships.role,
        slices.snapshot_date,
        slices.language,
        slices.region,
        growth.view_count,
        growth.view_gain_per_day,
        growth.growth_7d_rate,
        cuts.listed_video_count,
        cuts.creator_count,
        cuts.view_count as video_view_count,
        {{ ratio('cuts.engagement_count', 'cuts.engaged_view_count') }} as engagement_rate
    from memberships
    inner join slices on memberships.hashtag_key = slices.hashtag_key
    left join growth
        on slices.hashtag_key = growth.hashtag_key
        and slices.snapshot_date = growth.snapshot_date
        and slices.language = ''
        and slices.region = ''
    left join cuts
        on slices.hashtag_key = cuts.hashtag_key
        and slices.snapshot_date = cuts.snapshot_date
        and slices.language = cuts.language
        and slices.region = cuts.region
    where memberships.has_own
),

hashtag_slices_with_own_best as (
    select
        *,
        max(case when role = 'own' then view_count end) over by_slice as own_view_count,
        max(case when role = 'own' then view_gain_per_day end) over by_slice as own_gain_per_day
    from hashtag_slices
    window by_slice as (partition by campaign, snapshot_date, language, region)
),

final as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        language,
        region,
        hashtag_name,
        role,
        view_count,
        view_gain_per_day,
        growth_7d_rate,
        listed_video_count,
        creator_count,
        video_view_count,
        engagement_rate,
        {{ ratio('view_count', 'own_view_count') }} as view_count_vs_own,
        case when own_gain_per_day > 0 then view_gain_per_day / nullif(own_gain_per_day, 0) end as gain_vs_own
    from hashtag_slices_with_own_best
)

select * from final
