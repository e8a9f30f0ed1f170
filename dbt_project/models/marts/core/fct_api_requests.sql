with
requests as (
    select * from {{ ref('stg_tiktags__api_requests') }}
),

final as (
    select
        request_id,
        request_key,
        walk_key,
        run_id,
        provider,
        endpoint,
        hashtag_key,
        status,
        outcome,
        is_replayed,
        credits,
        cost_usd,
        bytes,
        snapshot_date,
        requested_at,
        finished_at
    from requests
)

select * from final
