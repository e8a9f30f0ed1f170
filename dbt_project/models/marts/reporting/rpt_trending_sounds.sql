with
loads as (
    select
        snapshot_date,
        max(snapshot_date) over () as last_date
    from {{ ref('stg_tiktags__loads') }}
    where subject = 'videos'
),

-- The last date is not over, so it is in neither week.
period as (
    select
        max(last_date) as last_date,
        max(last_date) - 14 as first_date,
        max(case when snapshot_date = last_date - 7 then 1 else 0 end) as was_read_a_week_before
    from loads
),

sounds as (
    select * from {{ ref('dim_sound') }}
),

totals as (
    select * from {{ ref('int_video_totals') }}
),

listings as (
    select
        video_id,
        min(first_listed_date) over (partition by hashtag_key) as feed_start_date
    from {{ ref('bridge_video_hashtag') }}
    where is_listed
),

video_feeds as (
    select
        video_id,
        min(feed_start_date) as feed_start_date
    from listings
    group by video_id
),

videos as (
    select
        videos.sound_id,
        videos.creator_id,
        totals.view_count,
        period.last_date - cast(videos.posted_at as date) as age_days,
        period.last_date - cast(videos.first_seen_at as date) as known_days,
        coalesce(
            video_feeds.feed_start_date,
            -- Videos of no feed come from datasets without a hashtag, which count as one feed.
            min(cast(videos.first_seen_at as date)) over (partition by video_feeds.video_id)
        ) >= period.first_date as is_of_new_feed
    from {{ ref('dim_video') }} as videos
    cross join period
    left join video_feeds on videos.video_id = video_feeds.video_id
    left join totals on videos.video_id = totals.video_id
),

sound_counts as (
    select
        sound_id,
        count(*) as video_count,
        count(case when age_days between 1 and 7 then 1 end) as video_count_7d,
        -- As known a week before: both weeks have had the same time to be found.
        count(case when age_days between 8 and 14 and known_days >= 7 then 1 end) as video_count_previous_7d,
        bool_or(coalesce(age_days between 1 and 14 and is_of_new_feed, false)) as has_new_feed,
        count(distinct creator_id) as creator_count,
        cast(sum(view_count) as bigint) as view_count
    from videos
    where sound_id is not null
    group by sound_id
),

sounds_with_reason as (
    select
        sound_counts.*,
        sounds.title,
        sounds.author_name,
        sounds.is_original,
        case
            when period.was_read_a_week_before = 0 then 'no videos were read a week before the last date'
            when cast(sounds.first_seen_at as date) >= period.first_date
                then 'the sound was first seen in the two weeks'
            when sound_counts.has_new_feed then 'a feed was first read in the two weeks'
        end as adoption_reason
    from sound_counts
    inner join sounds on sound_counts.sound_id = sounds.sound_id
    cross join period
),

sounds_with_comparison as (
    select
        *,
        case when adoption_reason is null then video_count_previous_7d end as known_video_count_previous_7d
    from sounds_with_reason
),

final as (
    select
        sound_id,
        title,
        author_name,
        is_original,
        row_number() over (
            order by video_count_7d desc, view_count desc nulls last, {{ bytewise('sound_id') }}
        ) as rank,
        video_count,
        video_count_7d,
        known_video_count_previous_7d as video_count_previous_7d,
        video_count_7d - known_video_count_previous_7d as adoption_change,
        {{ ratio('video_count_7d - known_video_count_previous_7d', 'known_video_count_previous_7d') }}
            as adoption_change_rate,
        adoption_reason,
        view_count,
        creator_count
    from sounds_with_comparison
)

select * from final
