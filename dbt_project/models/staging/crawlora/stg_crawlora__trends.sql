with
popular_trend as (
    {{ newest_rows('crawlora_trends') }}
),

creative_center as (
    {{ newest_rows('crawlora_creative_center') }}
),

renamed as (
    select
        request_key,
        position,
        _dlt_load_id as load_id,
        'popular_trend' as trend_source,
        coalesce(nullif(requested_country, ''), nullif(country_info__id, ''), 'ZZ') as country_code,
        case
            when coalesce(nullif(requested_country, ''), country_info__id) = country_info__id
                then nullif(country_info__value, '')
        end as country_name,
        coalesce(requested_industry_id, 0) as industry_id,
        coalesce(requested_period_days, 7) as period_days,
        coalesce(requested_new_on_board, false) as is_new_on_board,
        hashtag_key,
        nullif(hashtag_name, '') as hashtag_name,
        industry_info__id as hashtag_industry_id,
        nullif(industry_info__value, '') as hashtag_industry_name,
        is_promoted,
        rank,
        rank_diff as rank_change,
        rank_diff_type as rank_change_type,
        publish_cnt as publish_count,
        video_views as view_count,
        snapshot_date,
        observed_at
    from popular_trend

    union all

    select
        request_key,
        position,
        _dlt_load_id as load_id,
        'creative_center' as trend_source,
        coalesce(nullif(requested_country, ''), 'ZZ') as country_code,
        cast(null as text) as country_name,
        coalesce(requested_industry_id, 0) as industry_id,
        coalesce(requested_period_days, 7) as period_days,
        coalesce(requested_new_on_board, false) as is_new_on_board,
        hashtag_key,
        nullif(hashtag_name, '') as hashtag_name,
        cast(null as bigint) as hashtag_industry_id,
        cast(null as text) as hashtag_industry_name,
        cast(null as boolean) as is_promoted,
        rank,
        cast(null as bigint) as rank_change,
        cast(null as bigint) as rank_change_type,
        publish_count,
        video_views as view_count,
        snapshot_date,
        observed_at
    from creative_center
)

select * from renamed
