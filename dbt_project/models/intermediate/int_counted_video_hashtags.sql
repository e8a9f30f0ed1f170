with
video_hashtags as (
    select * from {{ ref('int_video_hashtags') }}
),

videos as (
    select * from {{ ref('dim_video') }}
),

hashtags_that_count as (
    select video_hashtags.*
    from video_hashtags
    inner join videos on video_hashtags.video_id = videos.video_id
    where video_hashtags.tag_source = 'list' or not videos.has_hashtag_list
)

select * from hashtags_that_count
