with
source as (
    {{ newest_rows('unifapi_videos') }}
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
        video_description as caption,
        title,
        nullif(region, '') as region,
        {{ epoch_to_timestamp('create_time') }} as posted_at,
        duration as duration_seconds,
        width,
        height,
        is_image_post,
        nullif(play_url, '') as play_url,
        nullif(cover_image_url, '') as cover_url,
        nullif(embed_link, '') as embed_url,
        nullif(share_url, '') as share_url,
        nullif(author__id, '') as creator_id,
        nullif(author__username, '') as creator_handle,
        nullif(author__display_name, '') as creator_display_name,
        nullif(author__avatar_url, '') as creator_avatar_url,
        nullif(music__id, '') as sound_id,
        nullif(music__title, '') as sound_title,
        nullif(music__author, '') as sound_author_name,
        music__is_original as is_original_sound,
        view_count,
        like_count,
        comment_count,
        share_count,
        snapshot_date,
        observed_at
    from source
)

select * from renamed
