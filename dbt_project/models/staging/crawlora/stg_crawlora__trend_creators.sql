-- A kill inside a load can leave rows twice; names that are joined into one text would be, too.
{% set key = ['snapshot_date', 'request_key', 'position', 'list_index', '_dlt_load_id'] %}

with
popular_trend as (
    {{ newest_rows('crawlora_trends__creators', key=key) }}
),

creative_center as (
    {{ newest_rows('crawlora_creative_center__top_creators', key=key) }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        list_index,
        nullif(nick_name, '') as display_name,
        avatar_url,
        snapshot_date
    from popular_trend

    union all

    select
        request_key,
        position,
        _dlt_load_id as load_id,
        list_index,
        nullif(nick_name, '') as display_name,
        avatar_url,
        snapshot_date
    from creative_center
)

select * from renamed
