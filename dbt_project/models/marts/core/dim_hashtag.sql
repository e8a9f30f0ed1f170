with
observations_with_age as (
    select
        *,
        row_number() over (
            partition by hashtag_key
            order by observed_at asc, provider_rank desc, request_key desc, position desc, precision asc
        ) as age_rank
    from {{ ref('int_hashtag_observations') }}
),

trends_with_age as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by observed_at asc, request_key desc, position desc
        ) as age_rank
    from {{ ref('stg_crawlora__trends') }}
    where hashtag_key is not null
),

tag_spellings as (
    select
        hashtag_key,
        hashtag_name,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from {{ ref('int_counted_video_hashtags') }}
    group by hashtag_key, hashtag_name
),

watchlist_with_age as (
    select
        *,
        row_number() over (
            partition by hashtag_key
            order by run_age desc, role desc nulls last, {{ bytewise('hashtag_name') }} desc nulls last
        ) as age_rank
    from {{ ref('int_watchlist') }}
),

hashtag_details as (
    select
        hashtag_key,
        {%- for attribute in [
            'hashtag_id', 'hashtag_name', 'description', 'is_commerce', 'announcement_title', 'announcement_body',
            'cover_url',
        ] %}
        {{ latest_known(attribute, 'age_rank') }} as {{ attribute }},
        {%- endfor %}
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at
    from observations_with_age
    group by hashtag_key
),

trend_hashtags as (
    select
        hashtag_key,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at
    from trends_with_age
    group by hashtag_key
),

tag_spellings_with_age as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by last_seen_at, {{ bytewise('hashtag_name') }}
        ) as age_rank
    from tag_spellings
),

tag_hashtags as (
    select
        hashtag_key,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from tag_spellings_with_age
    group by hashtag_key
),

feed_hashtags as (
    select
        hashtag_key,
        min(observed_at) as first_seen_at,
        max(observed_at) as last_seen_at
    from {{ ref('fct_hashtag_feed_daily') }}
    group by hashtag_key
),

watchlist_hashtags as (
    select
        hashtag_key,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        {{ latest_known('role', 'age_rank') }} as role,
        min(run_age) = 1 as is_watched
    from watchlist_with_age
    group by hashtag_key
),

sightings as (
    {% for source in ['hashtag_details', 'trend_hashtags', 'tag_hashtags', 'feed_hashtags'] -%}
    select
        hashtag_key,
        first_seen_at,
        last_seen_at
    from {{ source }}

    union all

    {% endfor -%}
    select
        hashtag_key,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_seen_at
    from watchlist_hashtags
),

hashtags as (
    select
        hashtag_key,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from sightings
    group by hashtag_key
),

final as (
    select
        hashtags.hashtag_key,
        hashtag_details.hashtag_id,
        coalesce(
            hashtag_details.hashtag_name,
            trend_hashtags.hashtag_name,
            tag_hashtags.hashtag_name,
            watchlist_hashtags.hashtag_name,
            hashtags.hashtag_key
        ) as hashtag_name,
        hashtag_details.description,
        hashtag_details.is_commerce,
        hashtag_details.announcement_title,
        hashtag_details.announcement_body,
        hashtag_details.cover_url,
        coalesce(watchlist_hashtags.is_watched, false) as is_watched,
        watchlist_hashtags.role,
        hashtags.first_seen_at,
        hashtags.last_seen_at
    from hashtags
    left join hashtag_details on hashtags.hashtag_key = hashtag_details.hashtag_key
    left join trend_hashtags on hashtags.hashtag_key = trend_hashtags.hashtag_key
    left join tag_hashtags on hashtags.hashtag_key = tag_hashtags.hashtag_key
    left join watchlist_hashtags on hashtags.hashtag_key = watchlist_hashtags.hashtag_key
)

select * from final
