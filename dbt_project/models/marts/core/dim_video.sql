{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='video_id',
    on_schema_change='append_new_columns',
    pre_hook='{{ truncate_unless(can_merge()) }}',
    post_hook='{{ remember_loads() }}',
) }}

{% set is_merge = can_merge() %}

with
observations as (
    select * from {{ ref('int_video_observations') }}
    where {{ is_touched('videos') if is_merge else 'true' }}
),

{{ latest_versions('video_id', [
    'creator_id', 'sound_id', 'playlist_id', 'caption', 'title', 'language', 'region', 'posted_at',
    'duration_seconds', 'width', 'height', 'is_image_post', 'has_watermark', 'play_url', 'watermark_free_url',
    'download_url', 'cover_url', 'embed_url', 'share_url', 'allows_comment', 'allows_share', 'allows_download',
    'allows_duet', 'allows_stitch', 'allows_react', 'is_private', 'is_in_review', 'is_reviewed',
    'is_prohibited', 'is_risk_sink', 'has_risk_vote', 'has_risk_warning', 'risk_type', 'risk_content',
    'playlist_name', 'playlist_video_count',
], flags=['has_hashtag_list'], is_merge=is_merge) }}

select * from versions
