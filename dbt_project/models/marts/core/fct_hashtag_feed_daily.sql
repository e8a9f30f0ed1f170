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
        observations.feed_position,
        observations.provider,
        -- A dataset is a feed of its own; an API has one per hashtag.
        coalesce(observations.dataset, '') as dataset,
        observations.provider_rank,
        observations.request_key,
        observations.observed_at
    from observations
    left join hashtag_ids on observations.requested_hashtag_id = hashtag_ids.hashtag_id
    where coalesce(observations.requested_hashtag, hashtag_ids.hashtag_key) is not null
),

repeats as (
    {{ earlier_repeats(
        'entries',
        ['snapshot_date', 'hashtag_key', 'provider', 'dataset'],
        item='video_id',
        position='feed_position',
    ) }}
),

entries_with_rank as (
    select
        entries.*,
        entries.feed_position - repeats.earlier_repeats as feed_rank
    from entries
    inner join repeats
        on entries.snapshot_date = repeats.snapshot_date
        and entries.hashtag_key = repeats.hashtag_key
        and entries.provider = repeats.provider
        and entries.dataset = repeats.dataset
        and entries.feed_position = repeats.feed_position
),

entries_with_place as (
    select
        *,
        row_number() over (
            partition by snapshot_date, hashtag_key, video_id
            order by feed_rank asc, provider_rank asc, feed_position asc, observed_at desc, request_key asc
        ) as place
    from entries_with_rank
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
