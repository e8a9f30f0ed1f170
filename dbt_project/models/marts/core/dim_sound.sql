{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sound_id',
    on_schema_change='append_new_columns',
    pre_hook='{{ truncate_unless(can_merge()) }}',
    post_hook='{{ remember_loads() }}',
) }}

{% set is_merge = can_merge() %}

with
observations as (
    select
        sound_id,
        sound_owner_id as owner_id,
        sound_title as title,
        sound_author_name as author_name,
        sound_owner_handle as owner_handle,
        is_original_sound as is_original,
        sound_duration_seconds as duration_seconds,
        sound_play_url as play_url,
        provider_rank,
        request_key,
        position,
        observed_at
    from {{ ref('int_video_observations') }}
    where sound_id is not null and {{ is_touched('videos') if is_merge else 'true' }}
),

{{ latest_versions('sound_id', [
    'owner_id', 'title', 'author_name', 'owner_handle', 'is_original', 'duration_seconds', 'play_url',
], is_merge=is_merge) }}

select * from versions
