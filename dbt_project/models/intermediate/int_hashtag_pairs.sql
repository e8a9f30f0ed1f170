with
hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

period as (
    select max(snapshot_date) - {{ var('cooccurrence_days') }} as first_date
    from {{ ref('stg_tiktags__loads') }}
),

views as (
    select * from {{ ref('int_video_views_at_age') }}
),

unlisted_videos as (
    select distinct unlisted.video_id
    from {{ ref('int_unlisted_videos') }} as unlisted
    cross join period
    where unlisted.snapshot_date > period.first_date
),

recent_video_hashtags as (
    select
        bridge.video_id,
        bridge.hashtag_key,
        coalesce(bridge.last_listed_date > period.first_date, false) as is_listed
    from {{ ref('bridge_video_hashtag') }} as bridge
    cross join period
    where bridge.last_seen_date > period.first_date
),

listing_counts as (
    select
        video_id,
        sum(case when is_listed then 1 else 0 end) as listing_count
    from recent_video_hashtags
    group by video_id
),

-- Each feed that lists a video is a source of it, and so are all datasets without a hashtag together.
sources as (
    select
        listing_counts.video_id,
        case
            when listing_counts.listing_count = 0 then 1
            when unlisted_videos.video_id is not null then listing_counts.listing_count + 1
            else listing_counts.listing_count
        end as source_count
    from listing_counts
    left join unlisted_videos on listing_counts.video_id = unlisted_videos.video_id
),

video_hashtags as (
    select
        recent_video_hashtags.*,
        sources.source_count
    from recent_video_hashtags
    inner join sources on recent_video_hashtags.video_id = sources.video_id
),

corpus as (
    select count(*) as video_count
    from sources
),

sizes as (
    select
        hashtag_key,
        count(*) as video_count,
        count(case when is_listed and source_count = 1 then 1 end) as own_video_count
    from video_hashtags
    group by hashtag_key
),

-- In the columns' names `own` is the feed of the hashtag, `other` that of the other one.
pairs as (
    select
        ours.hashtag_key,
        others.hashtag_key as other_hashtag_key,
        count(*) as video_count,
        count(case when ours.is_listed and ours.source_count = 1 then 1 end) as only_own_count,
        count(case when others.is_listed and ours.source_count = 1 then 1 end) as only_other_count,
        count(
            case when ours.is_listed and others.is_listed and ours.source_count = 2 then 1 end
        ) as only_both_count,
        percentile_cont(0.5) within group (
            order by case when not others.is_listed or ours.source_count > 1 then views.view_count_at_7d end
        ) as median_view_count_at_7d
    from video_hashtags as ours
    inner join hashtags on ours.hashtag_key = hashtags.hashtag_key
    inner join video_hashtags as others on ours.video_id = others.video_id
    left join views on ours.video_id = views.video_id
    where hashtags.is_watched and ours.hashtag_key <> others.hashtag_key
    group by ours.hashtag_key, others.hashtag_key
),

final as (
    select
        pairs.hashtag_key,
        pairs.other_hashtag_key,
        pairs.video_count - pairs.only_other_count as video_count,
        sizes.video_count - pairs.only_other_count as hashtag_video_count,
        other_sizes.video_count
        - other_sizes.own_video_count
        - pairs.only_own_count
        - pairs.only_both_count as base_other_count,
        corpus.video_count
        - sizes.own_video_count
        - other_sizes.own_video_count
        - pairs.only_both_count as base_video_count,
        sizes.video_count
        - sizes.own_video_count
        - pairs.only_other_count
        - pairs.only_both_count as overlap_count,
        pairs.median_view_count_at_7d
    from pairs
    inner join sizes on pairs.hashtag_key = sizes.hashtag_key
    inner join sizes as other_sizes on pairs.other_hashtag_key = other_sizes.hashtag_key
    cross join corpus
    where pairs.video_count > pairs.only_other_count
)

select * from final
