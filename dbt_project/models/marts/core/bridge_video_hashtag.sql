with
tags as (
    select * from {{ ref('int_counted_video_hashtags') }}
),

feeds as (
    select * from {{ ref('fct_hashtag_feed_daily') }}
),

tags_and_listings as (
    select
        video_id,
        hashtag_key,
        true as is_tagged,
        false as is_listed,
        first_seen_date,
        last_seen_date,
        cast(null as date) as first_listed_date,
        cast(null as date) as last_listed_date
    from tags

    union all

    select
        video_id,
        hashtag_key,
        false as is_tagged,
        true as is_listed,
        min(snapshot_date) as first_seen_date,
        max(snapshot_date) as last_seen_date,
        min(snapshot_date) as first_listed_date,
        max(snapshot_date) as last_listed_date
    from feeds
    group by video_id, hashtag_key
),

video_hashtags as (
    select
        video_id,
        hashtag_key,
        bool_or(is_tagged) as is_tagged,
        bool_or(is_listed) as is_listed,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date,
        min(first_listed_date) as first_listed_date,
        max(last_listed_date) as last_listed_date
    from tags_and_listings
    group by video_id, hashtag_key
)

select * from video_hashtags
