-- Feeds only: a file of a dataset comes when it comes, so nobody expects the scraper on a date.
with
memberships as (
    select * from {{ ref('bridge_campaign_hashtag_daily') }}
),

feed_walks as (
    select
        provider,
        hashtag_key,
        snapshot_date,
        bool_or(is_complete) as is_complete,
        max(items) as items
    from {{ ref('fct_walks') }}
    where endpoint = 'videos' and hashtag_key is not null
    group by provider, hashtag_key, snapshot_date
),

campaign_walks as (
    select
        memberships.campaign,
        memberships.snapshot_date,
        feed_walks.provider,
        bool_and(feed_walks.is_complete) as is_complete,
        max(feed_walks.items) as items
    from memberships
    inner join feed_walks
        on memberships.hashtag_key = feed_walks.hashtag_key
        and memberships.snapshot_date = feed_walks.snapshot_date
    group by memberships.campaign, memberships.snapshot_date, feed_walks.provider
),

campaign_dates as (
    select distinct
        campaign,
        snapshot_date
    from memberships
),

-- A provider is expected for a week after it last brought a feed of the campaign.
expected as (
    select
        campaign_dates.campaign,
        campaign_dates.snapshot_date,
        campaign_walks.provider,
        bool_or(campaign_walks.snapshot_date = campaign_dates.snapshot_date) as is_here,
        bool_or(
            campaign_walks.snapshot_date = campaign_dates.snapshot_date and campaign_walks.is_complete
        ) as is_complete
    from campaign_dates
    inner join campaign_walks
        on campaign_dates.campaign = campaign_walks.campaign
        and campaign_dates.snapshot_date - campaign_walks.snapshot_date between 0 and 7
    where campaign_walks.items > 0
    group by campaign_dates.campaign, campaign_dates.snapshot_date, campaign_walks.provider
),

final as (
    select
        campaign,
        snapshot_date,
        count(case when is_here then 1 end) as provider_count,
        count(*) as expected_provider_count,
        bool_and(is_complete) as is_complete
    from expected
    group by campaign, snapshot_date
)

select * from final
