{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='snapshot_date',
    on_schema_change='append_new_columns',
    post_hook='{{ remember_loads() }}',
) }}

with
observations as (
    select * from {{ ref('int_video_observations') }}
    where {{ is_touched('videos', by_id=true) }}
),

hashtag_ids as (
    select * from {{ ref('int_hashtag_ids') }}
),

entries as (
    select
        coalesce(observations.requested_hashtag, hashtag_ids.hashtag_key) as hashtag_key,
        observations.video_id,
        observations.snapshot_date,
        observations.feed_position as feed_rank,
        observations.provider,
        observations.provider_rank,
        observations.request_key,
        observations.observed_at
    from observations
    left join hashtag_ids on observations.requested_hashtag_id = hashtag_ids.hashtag_id
),

entries_with_place as (
    select
        *,
        row_number() over (
            partition by snapshot_date, hashtag_key, video_id
            order by feed_rank asc, provider_rank asc, observed_at desc, request_key asc
        ) as place
    from entries
    where hashtag_key is not null
),

best_entries as (
    select
        hashtag_key,
        video_id,
        snapshot_date,
        provider,
        feed_rank,
        observed_at
    from entries_with_place
    where place = 1
)

select * from best_entries
