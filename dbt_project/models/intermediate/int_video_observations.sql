{#- Staging names these columns; each provider's CTE below adds those that the provider does not have. -#}
{% set columns = [
    'provider', 'dataset', 'request_key', 'position', 'feed_position', 'load_id', 'video_id', 'requested_hashtag',
    'has_hashtag_list', 'caption', 'region', 'posted_at', 'duration_seconds', 'play_url', 'cover_url',
    'creator_id', 'creator_handle', 'creator_display_name', 'creator_avatar_url', 'sound_id', 'sound_title',
    'sound_author_name', 'is_original_sound', 'view_count', 'like_count', 'comment_count', 'share_count',
    'requested_hashtag_id', 'title', 'language', 'width', 'height', 'is_image_post', 'has_watermark',
    'watermark_free_url', 'download_url', 'embed_url', 'share_url', 'allows_comment', 'allows_share',
    'allows_download', 'allows_duet', 'allows_stitch', 'allows_react', 'is_private', 'is_in_review',
    'is_reviewed', 'is_prohibited', 'risk_content', 'risk_type', 'is_risk_sink', 'has_risk_vote',
    'has_risk_warning', 'playlist_id', 'playlist_name', 'playlist_video_count', 'creator_bio', 'creator_region',
    'creator_language', 'is_verified_creator', 'creator_youtube_channel_id', 'creator_youtube_channel_title',
    'sound_owner_handle', 'sound_owner_id', 'sound_duration_seconds', 'sound_play_url', 'save_count',
    'download_count', 'snapshot_date', 'observed_at',
] %}

with
unifapi as (
    select
        *,
        'unifapi' as provider,
        cast(null as text) as dataset,
        cast(null as text) as language,
        cast(null as boolean) as has_watermark,
        cast(null as text) as watermark_free_url,
        cast(null as text) as download_url,
        cast(null as boolean) as allows_comment,
        cast(null as boolean) as allows_share,
        cast(null as boolean) as allows_download,
        cast(null as boolean) as allows_duet,
        cast(null as boolean) as allows_stitch,
        cast(null as boolean) as allows_react,
        cast(null as boolean) as is_private,
        cast(null as boolean) as is_in_review,
        cast(null as boolean) as is_reviewed,
        cast(null as boolean) as is_prohibited,
        cast(null as text) as risk_content,
        cast(null as bigint) as risk_type,
        cast(null as boolean) as is_risk_sink,
        cast(null as boolean) as has_risk_vote,
        cast(null as boolean) as has_risk_warning,
        cast(null as text) as playlist_id,
        cast(null as text) as playlist_name,
        cast(null as bigint) as playlist_video_count,
        cast(null as text) as creator_bio,
        cast(null as text) as creator_region,
        cast(null as text) as creator_language,
        cast(null as boolean) as is_verified_creator,
        cast(null as text) as creator_youtube_channel_id,
        cast(null as text) as creator_youtube_channel_title,
        cast(null as text) as sound_owner_handle,
        cast(null as text) as sound_owner_id,
        cast(null as {{ type_double() }}) as sound_duration_seconds,
        cast(null as text) as sound_play_url,
        cast(null as bigint) as save_count,
        cast(null as bigint) as download_count
    from {{ ref('stg_unifapi__videos') }}
),

tikliveapi as (
    select
        *,
        'tikliveapi' as provider,
        cast(null as text) as dataset,
        cast(null as text) as title,
        cast(null as text) as language,
        cast(null as bigint) as width,
        cast(null as bigint) as height,
        cast(null as boolean) as is_image_post,
        cast(null as boolean) as has_watermark,
        cast(null as text) as embed_url,
        cast(null as text) as share_url,
        cast(null as boolean) as allows_comment,
        cast(null as boolean) as allows_share,
        cast(null as boolean) as allows_download,
        cast(null as boolean) as allows_duet,
        cast(null as boolean) as allows_stitch,
        cast(null as boolean) as allows_react,
        cast(null as boolean) as is_private,
        cast(null as boolean) as is_in_review,
        cast(null as boolean) as is_reviewed,
        cast(null as boolean) as is_prohibited,
        cast(null as text) as risk_content,
        cast(null as bigint) as risk_type,
        cast(null as boolean) as is_risk_sink,
        cast(null as boolean) as has_risk_vote,
        cast(null as boolean) as has_risk_warning,
        cast(null as text) as playlist_id,
        cast(null as text) as playlist_name,
        cast(null as bigint) as playlist_video_count,
        cast(null as text) as creator_bio,
        cast(null as text) as creator_region,
        cast(null as text) as creator_language,
        cast(null as boolean) as is_verified_creator,
        cast(null as text) as creator_youtube_channel_id,
        cast(null as text) as creator_youtube_channel_title,
        cast(null as text) as sound_owner_handle,
        cast(null as text) as sound_owner_id
    from {{ ref('stg_tikliveapi__videos') }}
),

scraper as (
    select
        *,
        'scraper' as provider,
        cast(null as text) as requested_hashtag_id,
        cast(null as text) as title,
        cast(null as boolean) as is_image_post,
        cast(null as text) as embed_url,
        cast(null as bigint) as download_count
    from {{ ref('stg_scraper__videos') }}
),

providers as (
    select * from {{ ref('providers') }}
),

observations as (
    {% for provider in ['unifapi', 'tikliveapi', 'scraper'] %}
    select
        {{ columns | join(',\n        ') }}
    from {{ provider }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

observations_with_rank as (
    select
        observations.*,
        providers.rank as provider_rank
    from observations
    inner join providers on observations.provider = providers.provider
    where observations.video_id is not null
)

select * from observations_with_rank
