with
observations_with_age as (
    select
        *,
        observed_at as last_seen_at,
        row_number() over (
            partition by hashtag_key
            order by observed_at asc, provider_rank desc, request_key desc, position desc, precision asc
        ) as age_rank
    from {{ ref('int_hashtag_observations') }}
),

{{ attribute_versions(
    'hashtag_key',
    attributes=['hashtag_id', 'description', 'is_commerce', 'announcement_title', 'announcement_body'],
    labels=['hashtag_name'],
) }},

final as (
    select
        hashtag_key,
        hashtag_id,
        hashtag_name,
        description,
        is_commerce,
        announcement_title,
        announcement_body,
        is_current,
        valid_from,
        valid_to,
        last_seen_at
    from versions
)

select * from final
