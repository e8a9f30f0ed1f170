with
scores as (
    select * from {{ ref('int_gain_scores') }}
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

feeds as (
    select
        hashtag_key,
        snapshot_date,
        min(snapshot_date) over (partition by hashtag_key) as first_feed_date
    from {{ ref('fct_hashtag_feed_daily') }}
    group by hashtag_key, snapshot_date
),

listings as (
    select
        bridge.hashtag_key,
        bridge.video_id,
        videos.creator_id,
        bridge.first_listed_date
    from {{ ref('bridge_video_hashtag') }} as bridge
    left join {{ ref('dim_video') }} as videos on bridge.video_id = videos.video_id
    where bridge.is_listed
),

new_videos as (
    select
        hashtag_key,
        first_listed_date,
        count(*) as video_count
    from listings
    group by hashtag_key, first_listed_date
),

first_creator_dates as (
    select
        hashtag_key,
        creator_id,
        min(first_listed_date) as first_listed_date
    from listings
    where creator_id is not null
    group by hashtag_key, creator_id
),

new_creators as (
    select
        hashtag_key,
        first_listed_date,
        count(*) as creator_count
    from first_creator_dates
    group by hashtag_key, first_listed_date
),

scores_with_evidence as (
    select
        scores.*,
        hashtags.hashtag_name,
        case
            when feeds.hashtag_key is not null then coalesce(new_videos.video_count, 0)
        end as new_video_count,
        case
            when feeds.hashtag_key is not null then coalesce(new_creators.creator_count, 0)
        end as new_creator_count
    from scores
    inner join hashtags on scores.hashtag_key = hashtags.hashtag_key
    left join feeds
        on scores.hashtag_key = feeds.hashtag_key
        and scores.snapshot_date = feeds.snapshot_date
        -- All is new in a feed that is read for the first time, so nothing can be called new.
        and scores.snapshot_date > feeds.first_feed_date
    left join new_videos
        on scores.hashtag_key = new_videos.hashtag_key
        and scores.snapshot_date = new_videos.first_listed_date
    left join new_creators
        on scores.hashtag_key = new_creators.hashtag_key
        and scores.snapshot_date = new_creators.first_listed_date
),

final as (
    select
        hashtag_key,
        snapshot_date,
        hashtag_name,
        precision,
        view_gain_per_day,
        view_correction,
        history_count,
        median_gain_per_day,
        mad_gain_per_day,
        robust_z_score,
        two_day_z_score,
        z_threshold,
        is_signal,
        case
            when is_below_mark then 'corrected'
            when precision = 'rounded' then 'rounded'
            when not coalesce(has_history, false) then 'too short'
            when is_signal then 'unusual'
            else 'usual'
        end as verdict,
        new_video_count,
        new_creator_count,
        case
            when is_below_mark then 'the count is below an earlier one, so the gain is not known'
            else
                cast(cast(view_gain_per_day as decimal(38, 0)) as text) || ' views a day'
                || coalesce(
                    ', against a median of ' || cast(cast(median_gain_per_day as decimal(38, 0)) as text)
                    || ' over ' || cast(history_count as text) || ' earlier gains',
                    ', no earlier gain to compare with'
                )
                || coalesce(' (robust z ' || cast(cast(robust_z_score as decimal(38, 1)) as text) || ')', '')
        end
        || coalesce('; new in the feed: ' || cast(new_video_count as text) || ' videos', '')
        || coalesce(' by ' || cast(new_creator_count as text) || ' new creators', '') as evidence
    from scores_with_evidence
)

select * from final
