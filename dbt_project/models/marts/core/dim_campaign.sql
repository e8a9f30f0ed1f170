with
memberships as (
    select * from {{ ref('bridge_campaign_hashtag') }}
),

campaigns as (
    select
        campaign,
        bool_or(is_current) as is_current,
        count(*) as hashtag_count,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date
    from memberships
    group by campaign
)

select * from campaigns
