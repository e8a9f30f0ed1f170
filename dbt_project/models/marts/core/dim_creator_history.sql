with
observed as (
    select
        creator_id,
        creator_handle as handle,
        creator_display_name as display_name,
        creator_bio as bio,
        is_verified_creator as is_verified,
        creator_region as region,
        creator_language as language,
        observed_at,
        observed_at as last_seen_at,
        row_number() over (
            partition by creator_id
            order by observed_at asc, provider_rank desc, request_key desc, position desc
        ) as age_rank
    from {{ ref('int_video_observations') }}
    where creator_id is not null
),

{{ attribute_versions(
    'creator_id',
    attributes=['handle', 'display_name', 'bio', 'is_verified', 'region', 'language'],
) }}

select * from versions
