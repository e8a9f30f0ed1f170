with
source as (
    {{ completed_rows('watchlist__campaigns') }}
),

renamed as (
    select
        run_id,
        hashtag_key,
        hashtag_id,
        campaign,
        snapshot_date,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
