with
popular_trend as (
    {{ completed_rows('crawlora_trends__trend') }}
),

creative_center as (
    {{ completed_rows('crawlora_creative_center__popularity_curve') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        list_index,
        cast({{ epoch_to_timestamp('time') }} as date) as point_date,
        value as relative_popularity,
        snapshot_date
    from popular_trend

    union all

    select
        request_key,
        position,
        _dlt_load_id as load_id,
        list_index,
        cast({{ epoch_to_timestamp('"timestamp"') }} as date) as point_date,
        value as relative_popularity,
        snapshot_date
    from creative_center
),

dated as (
    select * from renamed
    where point_date is not null
)

select * from dated
