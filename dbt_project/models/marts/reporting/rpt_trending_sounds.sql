with
period as (
    select max(snapshot_date) as last_date
    from {{ ref('stg_tiktags__loads') }}
),

sounds as (
    select * from {{ ref('dim_sound') }}
),

totals as (
    select * from {{ ref('int_video_totals') }}
),

videos as (
    select
        videos.sound_id,
        videos.creator_id,
        totals.view_count,
        period.last_date - cast(coalesce(videos.posted_at, videos.first_seen_at) as date) as age_days
    from {{ ref('dim_video') }} as videos
    cross join period
    left join totals on videos.video_id = totals.video_id
    where videos.sound_id is not null
),

sound_counts as (
    select
        sound_id,
        count(*) as video_count,
        count(case when age_days between 0 and 6 then 1 end) as video_count_7d,
        count(case when age_days between 7 and 13 then 1 end) as video_count_previous_7d,
        count(distinct creator_id) as creator_count,
        cast(sum(view_count) as bigint) as view_count
    from videos
    group by sound_id
),

final as (
    select
        sound_counts.sound_id,
        sounds.title,
        sounds.author_name,
        sounds.is_original,
        row_number() over (
            order by
                sound_counts.video_count_7d desc,
                sound_counts.view_count desc nulls last,
                {{ bytewise('sound_counts.sound_id') }}
        ) as rank,
        sound_counts.video_count,
        sound_counts.video_count_7d,
        sound_counts.video_count_previous_7d,
        sound_counts.video_count_7d - sound_counts.video_count_previous_7d as adoption_change,
        {{ ratio(
            'sound_counts.video_count_7d - sound_counts.video_count_previous_7d', 'sound_counts.video_count_previous_7d'
        ) }} as adoption_change_rate,
        sound_counts.view_count,
        sound_counts.creator_count
    from sound_counts
    inner join sounds on sound_counts.sound_id = sounds.sound_id
)

select * from final
