{% set attributes = [
    'request_key', 'position', 'load_id', 'hashtag_key', 'hashtag_id', 'hashtag_name', 'description',
    'is_commerce', 'announcement_title', 'announcement_body', 'cover_url', 'snapshot_date', 'observed_at',
] %}

with
crawlora as (
    select * from {{ ref('stg_crawlora__hashtags') }}
    where coalesce(hashtag_id, hashtag_name) is not null
        or coalesce(exact_view_count, exact_video_count, rounded_view_count, rounded_video_count) is not null
),

{% for model in hashtag_models() %}
{{ model }} as (
    select * from {{ ref(model) }}
),
{% endfor %}

providers as (
    select * from {{ ref('providers') }}
),

observations as (
    select
        {{ attributes | join(',\n        ') }},
        'crawlora' as provider,
        'exact' as precision,
        exact_view_count as view_count,
        exact_video_count as video_count,
        cast(null as bigint) as creator_count
    from crawlora
    where coalesce(exact_view_count, exact_video_count) is not null

    union all

    select
        {{ attributes | join(',\n        ') }},
        'crawlora' as provider,
        'rounded' as precision,
        rounded_view_count as view_count,
        rounded_video_count as video_count,
        cast(null as bigint) as creator_count
    from crawlora

    {% for model, provider in hashtag_models().items() %}
    union all

    select
        request_key,
        position,
        load_id,
        hashtag_key,
        hashtag_id,
        hashtag_name,
        description,
        cast(null as boolean) as is_commerce,
        cast(null as text) as announcement_title,
        cast(null as text) as announcement_body,
        cover_url,
        snapshot_date,
        observed_at,
        '{{ provider }}' as provider,
        'exact' as precision,
        view_count,
        cast(null as bigint) as video_count,
        creator_count
    from {{ model }}
    {% endfor %}
),

observations_with_rank as (
    select
        observations.*,
        providers.rank as provider_rank
    from observations
    inner join providers on observations.provider = providers.provider
    where observations.hashtag_key is not null
)

select * from observations_with_rank
