with
source as (
    {{ newest_rows('api_requests', key=['request_id']) }}
),

renamed as (
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
    from source
)

select * from renamed
