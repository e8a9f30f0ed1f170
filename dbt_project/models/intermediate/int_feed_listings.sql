with
videos as (
    select * from {{ ref('dim_video') }}
),

feeds as (
    select * from {{ ref('fct_hashtag_feed_daily') }}
),

video_hashtags as (
    select * from {{ ref('bridge_video_hashtag') }}
),

memberships as (
    select * from {{ ref('bridge_campaign_hashtag') }}
),

-- Each campaign and each of its hashtags, with the hashtags whose feeds count for it.
members as (
    select
        campaign,
        '' as hashtag_key,
        hashtag_key as listed_hashtag_key
    from memberships
    union
    select
        '' as campaign,
        hashtag_key,
        hashtag_key as listed_hashtag_key
    from memberships
),

listings as (
    select distinct
        members.campaign,
        members.hashtag_key,
        feeds.video_id,
        feeds.snapshot_date
    from feeds
    inner join members on feeds.hashtag_key = members.listed_hashtag_key
),

first_video_dates as (
    select
        members.campaign,
        members.hashtag_key,
        video_hashtags.video_id,
        min(video_hashtags.first_listed_date) as first_date
    from video_hashtags
    inner join members on video_hashtags.hashtag_key = members.listed_hashtag_key
    where video_hashtags.first_listed_date is not null
    group by members.campaign, members.hashtag_key, video_hashtags.video_id
),

first_creator_dates as (
    select
        first_video_dates.campaign,
        first_video_dates.hashtag_key,
        videos.creator_id,
        min(first_video_dates.first_date) as first_date
    from first_video_dates
    inner join videos on first_video_dates.video_id = videos.video_id
    where videos.creator_id is not null
    group by first_video_dates.campaign, first_video_dates.hashtag_key, videos.creator_id
),

final as (
    select
        listings.campaign,
        listings.hashtag_key,
        listings.snapshot_date,
        listings.video_id,
        videos.creator_id,
        videos.language,
        videos.region,
        first_video_dates.first_date = listings.snapshot_date as is_new_video,
        coalesce(first_creator_dates.first_date = listings.snapshot_date, false) as is_new_creator
    from listings
    left join videos on listings.video_id = videos.video_id
    left join first_video_dates
        on listings.campaign = first_video_dates.campaign
        and listings.hashtag_key = first_video_dates.hashtag_key
        and listings.video_id = first_video_dates.video_id
    left join first_creator_dates
        on listings.campaign = first_creator_dates.campaign
        and listings.hashtag_key = first_creator_dates.hashtag_key
        and videos.creator_id = first_creator_dates.creator_id
)

select * from final
