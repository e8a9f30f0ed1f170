with
text_extra as (
    {{ completed_rows('scraper_items__text_extra') }}
),

cha_list as (
    {{ completed_rows('scraper_items__cha_list') }}
),

caption_hashtags as (
    {{ completed_rows('scraper_items__caption_hashtags') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        'list' as tag_source,
        hashtag_key,
        nullif(hashtag_name, '') as hashtag_name,
        list_index,
        snapshot_date
    from text_extra

    union all

    select
        request_key,
        position,
        _dlt_load_id as load_id,
        'list' as tag_source,
        hashtag_key,
        nullif(cha_name, '') as hashtag_name,
        list_index,
        snapshot_date
    from cha_list

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
