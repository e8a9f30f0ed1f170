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
    select * from {{ ref('bridge_campaign_hashtag_daily') }}
),

-- Each campaign and each of its hashtags, with the hashtags whose feeds count for it on a date.
members as (
    select
        campaign,
        '' as hashtag_key,
        hashtag_key as listed_hashtag_key,
        snapshot_date
    from memberships
    union
    select
        '' as campaign,
        memberships.hashtag_key,
        memberships.hashtag_key as listed_hashtag_key,
        feeds.snapshot_date
    from memberships
    inner join feeds on memberships.hashtag_key = feeds.hashtag_key
),

listings as (
    select distinct
        members.campaign,
        members.hashtag_key,
        feeds.video_id,
        feeds.snapshot_date
    from feeds
    inner join members
        on feeds.hashtag_key = members.listed_hashtag_key
        and feeds.snapshot_date = members.snapshot_date
),

first_feed_dates as (
    select
        hashtag_key,
        min(snapshot_date) as snapshot_date
    from feeds
    group by hashtag_key
),

-- The dates on which a feed was read for the first time, or counts for a campaign for the first time.
first_dates as (
    select
        members.campaign,
        members.hashtag_key,
        greatest(min(members.snapshot_date), min(first_feed_dates.snapshot_date)) as snapshot_date
    from members
    inner join first_feed_dates on members.listed_hashtag_key = first_feed_dates.hashtag_key
    group by members.campaign, members.hashtag_key, members.listed_hashtag_key
),

distinct_first_dates as (
    select distinct
        campaign,
        hashtag_key,
        snapshot_date
    from first_dates
),

all_members as (
    select distinct
        campaign,
        hashtag_key,
        listed_hashtag_key
    from members
),

first_video_dates as (
    select
        members.campaign,
        members.hashtag_key,
        video_hashtags.video_id,
        min(video_hashtags.first_listed_date) as first_date
    from video_hashtags
    inner join all_members as members on video_hashtags.hashtag_key = members.listed_hashtag_key
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
        -- On a first date all is seen for the first time, so nothing can be called new.
        case
            when first_dates.snapshot_date is null then first_video_dates.first_date = listings.snapshot_date
        end as is_new_video,
        case
            when first_dates.snapshot_date is null
                then coalesce(first_creator_dates.first_date = listings.snapshot_date, false)
        end as is_new_creator
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
    left join distinct_first_dates as first_dates
        on listings.campaign = first_dates.campaign
        and listings.hashtag_key = first_dates.hashtag_key
        and listings.snapshot_date = first_dates.snapshot_date
)

select * from final
