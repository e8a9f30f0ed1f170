{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='video_id',
    pre_hook='{{ truncate_unless(can_merge()) }}',
    post_hook='{{ remember_loads() }}',
) }}

{% set is_merge = can_merge() %}
{% set is_read = is_touched('videos') if is_merge else 'true' %}

with
observations as (
    select * from {{ ref('int_video_observations') }}
    where {{ is_read }}
),

video_hashtags as (
    {% for provider in ['unifapi', 'tikliveapi', 'scraper'] %}
    select * from {{ ref('stg_' ~ provider ~ '__video_hashtags') }}
    where {{ is_read }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

tag_observations as (
    select
        observations.video_id,
        video_hashtags.hashtag_key,
        video_hashtags.tag_source,
        video_hashtags.hashtag_name,
        observations.observed_at as first_seen_at,
        observations.observed_at as last_seen_at,
        observations.snapshot_date as first_seen_date,
        observations.snapshot_date as last_seen_date,
        row_number() over (
            partition by observations.video_id, video_hashtags.hashtag_key, video_hashtags.tag_source
            order by
                observations.observed_at asc,
                observations.provider_rank desc,
                observations.request_key desc,
                observations.position desc,
                video_hashtags.list_index desc,
                {{ bytewise('video_hashtags.hashtag_name') }} desc
        ) as age_rank
    from observations
    inner join video_hashtags
        on observations.snapshot_date = video_hashtags.snapshot_date
        and observations.request_key = video_hashtags.request_key
        and observations.position = video_hashtags.position
        and observations.load_id = video_hashtags.load_id
    where video_hashtags.hashtag_key is not null

    {% if is_merge %}
    union all

    select
        video_id,
        hashtag_key,
        tag_source,
        hashtag_name,
        first_seen_at,
        last_seen_at,
        first_seen_date,
        last_seen_date,
        0 as age_rank
    from {{ this }}
    where video_id in (select observations.video_id from observations)
    {% endif %}
),

tags as (
    select
        video_id,
        hashtag_key,
        tag_source,
        {{ latest_known('hashtag_name', 'age_rank') }} as hashtag_name,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from tag_observations
    group by video_id, hashtag_key, tag_source
)

select * from tags
