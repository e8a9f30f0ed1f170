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

ranks as (
    select
        keyword,
        hashtag_key,
        snapshot_date,
        min(position) as rank,
        max(view_count) as view_count,
        max(creator_count) as creator_count
    from searches
    group by keyword, hashtag_key, snapshot_date
)

select * from ranks
