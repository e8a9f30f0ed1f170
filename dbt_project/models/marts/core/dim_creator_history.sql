{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['creator_id', 'valid_from'],
    on_schema_change='append_new_columns',
    pre_hook='{{ truncate_unless(can_merge()) }}',
    post_hook='{{ remember_loads() }}',
) }}

{% set attributes = ['handle', 'display_name', 'bio', 'is_verified', 'region', 'language'] %}
{% set is_merge = can_merge() %}

with
observations as (
    select
        creator_id,
        creator_handle as handle,
        creator_display_name as display_name,
        creator_bio as bio,
        is_verified_creator as is_verified,
        creator_region as region,
        creator_language as language,
        provider_rank,
        request_key,
        position,
        observed_at
    from {{ ref('int_video_observations') }}
    where creator_id is not null and {{ is_touched('videos') if is_merge else 'true' }}
),

observations_with_age as (
    select
        creator_id,
        {{ attributes | join(',\n        ') }},
        observed_at,
        observed_at as last_seen_at,
        row_number() over (
            partition by creator_id
            order by observed_at asc, provider_rank desc, request_key desc, position desc
        ) as age_rank
    from observations

    {% if is_merge %}
    union all

    -- The current version counts as an observation before the new ones.
    select
        creator_id,
        {{ attributes | join(',\n        ') }},
        valid_from as observed_at,
        last_seen_at,
        0 as age_rank
    from {{ this }}
    where is_current and creator_id in (select observations.creator_id from observations)
    {% endif %}
),

{{ attribute_versions('creator_id', attributes) }}

select * from versions
