{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='snapshot_date',
    on_schema_change='append_new_columns',
    post_hook='{{ remember_loads() }}',
) }}

with
searches as (
    select * from {{ ref('stg_tikliveapi__searches') }}
    where keyword is not null
        and hashtag_key is not null
        and {{ is_touched('searches') }}
),

repeats as (
    {{ earlier_repeats('searches', ['keyword', 'snapshot_date'], item='hashtag_key') }}
),

ranks as (
    select
        searches.keyword,
        searches.hashtag_key,
        searches.snapshot_date,
        min(searches.position - repeats.earlier_repeats) as rank,
        max(searches.view_count) as view_count,
        max(searches.creator_count) as creator_count
    from searches
    inner join repeats
        on searches.keyword = repeats.keyword
        and searches.snapshot_date = repeats.snapshot_date
        and searches.position = repeats.position
    group by searches.keyword, searches.hashtag_key, searches.snapshot_date
)

select * from ranks
