with
source as (
    {{ newest_rows('walks', key=['run_id', 'walk_key']) }}
),

renamed as (
    select
        run_id,
        walk_key,
        provider,
        endpoint,
        hashtag_key,
        hashtag_id,
        target,
        stop_reason,
        is_complete,
        error,
        pages,
        items,
        new_items,
        credits,
        snapshot_date,
        started_at,
        finished_at
    from source
)

select * from renamed
