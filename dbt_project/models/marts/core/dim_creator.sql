{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='creator_id',
    on_schema_change='append_new_columns',
    pre_hook='{{ truncate_unless(can_merge()) }}',
    post_hook='{{ remember_loads() }}',
) }}

{% set is_merge = can_merge() %}

with
observations as (
    select
        creator_id,
        creator_handle as handle,
        creator_display_name as display_name,
        creator_bio as bio,
        creator_avatar_url as avatar_url,
        creator_region as region,
        creator_language as language,
        is_verified_creator as is_verified,
        creator_youtube_channel_id as youtube_channel_id,
        creator_youtube_channel_title as youtube_channel_title,
        provider_rank,
        request_key,
        position,
        observed_at
    from {{ ref('int_video_observations') }}
    where creator_id is not null and {{ is_touched('videos') if is_merge else 'true' }}
),

{{ latest_versions('creator_id', [
    'handle', 'display_name', 'bio', 'avatar_url', 'region', 'language', 'is_verified',
    'youtube_channel_id', 'youtube_channel_title',
], is_merge=is_merge) }}

select * from versions
