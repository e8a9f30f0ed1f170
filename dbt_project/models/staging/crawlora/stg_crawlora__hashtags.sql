with
source as (
    {{ newest_rows('crawlora_hashtags') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        coalesce(hashtag_key, requested_hashtag) as hashtag_key,
        nullif(challenge_info__challenge__id, '') as hashtag_id,
        nullif(challenge_info__challenge__title, '') as hashtag_name,
        nullif(challenge_info__challenge__desc, '') as description,
        challenge_info__challenge__is_commerce as is_commerce,
        nullif(challenge_info__challenge_announcement__title, '') as announcement_title,
        nullif(challenge_info__challenge_announcement__body, '') as announcement_body,
        coalesce(
            nullif(challenge_info__challenge__cover_larger, ''),
            nullif(challenge_info__challenge__cover_medium, ''),
            nullif(challenge_info__challenge__cover_thumb, '')
        ) as cover_url,
        challenge_info__stats_v2__view_count as exact_view_count,
        challenge_info__stats_v2__video_count as exact_video_count,
        challenge_info__stats__view_count as rounded_view_count,
        nullif(challenge_info__stats__video_count, 0) as rounded_video_count,
        snapshot_date,
        observed_at
    from source
)

select * from renamed
