with
source as (
    {{ newest_rows('tikliveapi_videos') }}
),

renamed as (
    select
        request_key,
        position,
        position as feed_position,
        _dlt_load_id as load_id,
        requested_hashtag,
        requested_hashtag_id,
        has_hashtag_list,
        id as video_id,
        title as caption,
        nullif(region, '') as region,
        {{ epoch_to_timestamp('create_time') }} as posted_at,
        duration as duration_seconds,
        nullif(play, '') as play_url,
        nullif(play, '') as watermark_free_url,
        nullif(wmplay, '') as download_url,
        coalesce(nullif(origin_cover, ''), nullif(cover, '')) as cover_url,
        nullif(author__id, '') as creator_id,
        nullif(author__unique_id, '') as creator_handle,
        nullif(author__nickname, '') as creator_display_name,
        nullif(author__avatar, '') as creator_avatar_url,
        nullif(music_info__id, '') as sound_id,
        nullif(music_info__title, '') as sound_title,
        nullif(music_info__author, '') as sound_author_name,
        music_info__original as is_original_sound,
        music_info__duration as sound_duration_seconds,
        nullif(music, '') as sound_play_url,
        play_count as view_count,
        digg_count as like_count,
        comment_count,
        share_count,
        collect_count as save_count,
        download_count,
        snapshot_date,
        observed_at
    from source
)

select * from renamed
