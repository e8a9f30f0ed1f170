with
source as (
    {{ completed_rows('watchlist') }}
),

renamed as (
    select
        run_id,
        hashtag_key,
        hashtag_id,
        hashtag_name,
        kind,
        role,
        region,
        providers,
        trend_source,
        country as country_code,
        industry_id,
        period_days,
        new_on_board as is_new_on_board,
        keyword,
        dataset,
        max_videos as max_video_count,
        max_items as max_item_count,
        snapshot_date,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
