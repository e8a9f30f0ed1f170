with
source as (
    {{ completed_rows('crawlora_creative_center__industry_ids') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        list_index,
        value as industry_id,
        snapshot_date
    from source
)

select * from renamed
