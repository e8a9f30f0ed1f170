{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='snapshot_date',
    on_schema_change='append_new_columns',
    post_hook='{{ remember_loads() }}',
) }}

with
observations as (
    select
        *,
        'exact' as precision
    from {{ ref('int_video_observations') }}
    where {{ is_touched('videos') }}
),

{{ winning_numbers('video_id', [
    'view_count', 'like_count', 'comment_count', 'share_count', 'save_count', 'download_count',
]) }},

final as (
    select
        video_id,
        snapshot_date,
        provider,
        view_count,
        like_count,
        comment_count,
        share_count,
        save_count,
        download_count,
        observed_at
    from winners
)

select * from final
