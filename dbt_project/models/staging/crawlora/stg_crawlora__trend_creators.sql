with
popular_trend as (
    {{ completed_rows('crawlora_trends__creators') }}
),

creative_center as (
    {{ completed_rows('crawlora_creative_center__top_creators') }}
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
