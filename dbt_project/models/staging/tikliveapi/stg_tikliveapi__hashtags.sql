with
source as (
    {{ newest_rows('tikliveapi_hashtags') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        coalesce(hashtag_key, requested_hashtag) as hashtag_key,
        nullif(id, '') as hashtag_id,
        nullif(cha_name, '') as hashtag_name,
        nullif("desc", '') as description,
        nullif(cover, '') as cover_url,
        view_count,
        user_count as creator_count,
        snapshot_date,
        observed_at
    from source
)

select * from renamed
