with
source as (
    {{ newest_rows('hashscope_hashtags') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        coalesce(hashtag_key, requested_hashtag) as hashtag_key,
        nullif(id, '') as hashtag_id,
        nullif(name, '') as hashtag_name,
        nullif(about, '') as description,
        cast(null as text) as cover_url,
        views as view_count,
        creators as creator_count,
        snapshot_date,
        observed_at
    from source
)

select * from renamed
