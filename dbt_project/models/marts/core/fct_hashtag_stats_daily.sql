{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='snapshot_date',
    on_schema_change='append_new_columns',
    post_hook='{{ remember_loads() }}',
) }}

with
observations as (
    select * from {{ ref('int_hashtag_observations') }}
    where {{ is_touched(['hashtags', 'searches']) }}
),

{{ winning_numbers(
    'hashtag_key', ['view_count', 'video_count', 'creator_count'], told_precisions=['video_count'],
) }}

select * from winners
