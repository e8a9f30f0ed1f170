with
hashtags as (
    {{ completed_rows('unifapi_videos__hashtags') }}
),

caption_hashtags as (
    {{ completed_rows('unifapi_videos__caption_hashtags') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        'list' as tag_source,
        hashtag_key,
        nullif(value, '') as hashtag_name,
        list_index,
        snapshot_date
    from hashtags

    union all

    select
        request_key,
        position,
        _dlt_load_id as load_id,
        'caption' as tag_source,
        hashtag_key,
        nullif(value, '') as hashtag_name,
        list_index,
        snapshot_date
    from caption_hashtags
)

select * from renamed
