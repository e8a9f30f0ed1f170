with
walks as (
    select * from {{ ref('stg_tiktags__walks') }}
),

hashtag_ids as (
    select * from {{ ref('int_hashtag_ids') }}
),

final as (
    select
        walks.run_id,
        walks.walk_key,
        walks.provider,
        walks.endpoint,
        coalesce(walks.hashtag_key, hashtag_ids.hashtag_key) as hashtag_key,
        walks.hashtag_id,
        walks.target,
        walks.snapshot_date,
        walks.stop_reason,
        walks.is_complete,
        walks.error,
        walks.pages,
        walks.items,
        walks.new_items,
        walks.credits,
        walks.started_at,
        walks.finished_at
    from walks
    left join hashtag_ids on walks.hashtag_id = hashtag_ids.hashtag_id
)

select * from final
