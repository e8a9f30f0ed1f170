with
source as (
    {{ newest_rows('scraper_items') }}
),

renamed as (
    select
        request_key,
        position,
        -- A dataset may hold several hashtags one after the other: each has places of its own.
        row_number() over (
            partition by snapshot_date, dataset, input_hashtag_key order by position, request_key
        ) as feed_position,
        _dlt_load_id as load_id,
        dataset,
        input_hashtag_key as requested_hashtag,
        has_hashtag_list,
        aweme_id as video_id,
        "desc" as caption,
        nullif(desc_language, '') as language,
        nullif(region, '') as region,
        {{ epoch_to_timestamp('create_time') }} as posted_at,
        cast(video__duration * 0.001 as {{ type_double() }}) as duration_seconds,
        video__width as width,
        video__height as height,
        video__has_watermark as has_watermark,
        coalesce(
            nullif(video__play_addr__first_url, ''), nullif(video__play_addr_bytevc1__first_url, '')
        ) as play_url,
        case
            when not video__has_watermark then nullif(video__play_addr__first_url, '')
        end as watermark_free_url,
        nullif(video__download_addr__first_url, '') as download_url,
        coalesce(
            nullif(video__origin_cover__first_url, ''),
            nullif(video__cover__first_url, ''),
            nullif(video__dynamic_cover__first_url, '')
        ) as cover_url,
        nullif(share_info__share_url, '') as share_url,
        status__allow_comment as allows_comment,
        status__allow_share as allows_share,
        coalesce(
            video_control__allow_download,
            aweme_acl__download_general__code = 0,
            status__download_status = 0
        ) as allows_download,
        video_control__allow_duet as allows_duet,
        video_control__allow_stitch as allows_stitch,
        video_control__allow_react as allows_react,
        status__private_status <> 0 as is_private,
        status__in_reviewing as is_in_review,
        status__reviewed as is_reviewed,
        status__is_prohibited as is_prohibited,
        is_hash_tag <> 0 as has_hashtag,
        nullif(label_top__first_url, '') as label_url,
        nullif(risk_infos__content, '') as risk_content,
        risk_infos__type as risk_type,
        risk_infos__risk_sink as is_risk_sink,
        risk_infos__vote as has_risk_vote,
        risk_infos__warn as has_risk_warning,
        nullif(playlist_info__mix_id, '') as playlist_id,
        nullif(playlist_info__name, '') as playlist_name,
        playlist_info__item_total as playlist_video_count,
        nullif(author__uid, '') as creator_id,
        nullif(author__unique_id, '') as creator_handle,
        nullif(author__nickname, '') as creator_display_name,
        nullif(author__signature, '') as creator_bio,
        coalesce(
            nullif(author__avatar_larger__first_url, ''),
            nullif(author__avatar_medium__first_url, ''),
            nullif(author__avatar_thumb__first_url, '')
        ) as creator_avatar_url,
        nullif(author__region, '') as creator_region,
        nullif(author__language, '') as creator_language,
        case
            when coalesce(author__custom_verify, author__enterprise_verify_reason) is not null
                or author__verification_type is not null
                then coalesce(author__custom_verify, '') <> ''
                    or coalesce(author__enterprise_verify_reason, '') <> ''
                    or coalesce(author__verification_type, 0) > 0
        end as is_verified_creator,
        nullif(author__youtube_channel_id, '') as creator_youtube_channel_id,
        nullif(author__youtube_channel_title, '') as creator_youtube_channel_title,
        {% for column, name in {
            'id': 'sound_id',
            'title': 'sound_title',
            'author': 'sound_author_name',
            'owner_handle': 'sound_owner_handle',
            'owner_id': 'sound_owner_id',
            'play_url__first_url': 'sound_play_url',
        }.items() -%}
        case
            when nullif(music__id, '') is not null then nullif(music__{{ column }}, '')
            else nullif(added_sound_music_info__{{ column }}, '')
        end as {{ name }},
        {% endfor -%}
        case
            when nullif(music__id, '') is not null then coalesce(music__is_original_sound, music__is_original)
            else coalesce(added_sound_music_info__is_original_sound, added_sound_music_info__is_original)
        end as is_original_sound,
        case
            when nullif(music__id, '') is not null then music__duration
            else added_sound_music_info__duration
        end as sound_duration_seconds,
        statistics__play_count as view_count,
        statistics__digg_count as like_count,
        statistics__comment_count as comment_count,
        statistics__share_count as share_count,
        statistics__collect_count as save_count,
        snapshot_date,
        observed_at
    from source
)

select * from renamed
