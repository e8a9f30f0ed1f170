{% set attributes = [
    'hashtag_id', 'hashtag_name', 'description', 'is_commerce', 'announcement_title', 'announcement_body',
    'cover_url',
] %}

with
observations as (
    select
        *,
        row_number() over (
            partition by hashtag_key
            order by observed_at asc, provider_rank desc, request_key desc, position desc, precision asc
        ) as age_rank
    from {{ ref('int_hashtag_observations') }}
),

trends as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by observed_at asc, request_key desc, position desc
        ) as age_rank
    from {{ ref('stg_crawlora__trends') }}
    where hashtag_key is not null
),

tags as (
    select
        hashtag_key,
        hashtag_name,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from {{ ref('int_counted_video_hashtags') }}
    group by hashtag_key, hashtag_name
),

feeds as (
    select * from {{ ref('fct_hashtag_feed_daily') }}
),

watchlist as (
    select
        *,
        row_number() over (
            partition by hashtag_key
            order by run_age desc, role desc nulls last, {{ bytewise('hashtag_name') }} desc nulls last
        ) as age_rank
    from {{ ref('int_watchlist') }}
),

observed as (
    select
        hashtag_key,
        {%- for attribute in attributes %}
        {{ latest_known(attribute, 'age_rank') }} as {{ attribute }},
        {%- endfor %}
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at
    from observations
    group by hashtag_key
),

trending as (
    select
        hashtag_key,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at
    from trends
    group by hashtag_key
),

spelled as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by last_seen_at, {{ bytewise('hashtag_name') }}
        ) as age_rank
    from tags
),

tagged as (
    select
        hashtag_key,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from spelled
    group by hashtag_key
),

fed as (
    select
        hashtag_key,
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at
    from feeds
    group by hashtag_key
),

watched as (
    select
        hashtag_key,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        {{ latest_known('role', 'age_rank') }} as role,
        min(run_age) = 1 as is_watched
    from watchlist
    group by hashtag_key
),

seen as (
    select
        hashtag_key,
        first_seen_at,
        last_seen_at
    from observed

    union all

    select
        hashtag_key,
        first_seen_at,
        last_seen_at
    from trending

    union all

    select
        hashtag_key,
        first_seen_at,
        last_seen_at
    from tagged

    union all

    select
        hashtag_key,
        first_seen_at,
        last_seen_at
    from fed

    union all

    select
        hashtag_key,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_seen_at
    from watched
),

hashtags as (
    select
        hashtag_key,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from seen
    group by hashtag_key
),

final as (
    select
        hashtags.hashtag_key,
        observed.hashtag_id,
        coalesce(
            observed.hashtag_name,
            trending.hashtag_name,
            tagged.hashtag_name,
            watched.hashtag_name,
            hashtags.hashtag_key
        ) as hashtag_name,
        observed.description,
        observed.is_commerce,
        observed.announcement_title,
        observed.announcement_body,
        observed.cover_url,
        coalesce(watched.is_watched, false) as is_watched,
        watched.role,
        hashtags.first_seen_at,
        hashtags.last_seen_at
    from hashtags
    left join observed on hashtags.hashtag_key = observed.hashtag_key
    left join trending on hashtags.hashtag_key = trending.hashtag_key
    left join tagged on hashtags.hashtag_key = tagged.hashtag_key
    left join watched on hashtags.hashtag_key = watched.hashtag_key
)

select * from final
