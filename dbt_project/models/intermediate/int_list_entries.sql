with
trend_ranks as (
    select * from {{ ref('fct_trend_ranks') }}
),

search_ranks as (
    select * from {{ ref('fct_search_ranks') }}
),

entries as (
    select
        'trend ' || {{ trend_list_label() }} as list_key,
        -- A list requested without a country is stored under the country of its items.
        'trend ' || {{ trend_list_label("'all countries'") }} as all_countries_list_key,
        'trend' as source_kind,
        '' as keyword,
        trend_source,
        country_code,
        industry_id,
        period_days,
        is_new_on_board,
        hashtag_key,
        snapshot_date,
        hashtag_industry_id,
        rank,
        publish_count,
        view_count as list_view_count
    from trend_ranks

    union all

    select
        'search ' || keyword as list_key,
        cast(null as text) as all_countries_list_key,
        'search' as source_kind,
        keyword,
        '' as trend_source,
        '' as country_code,
        cast(0 as bigint) as industry_id,
        cast(0 as bigint) as period_days,
        false as is_new_on_board,
        hashtag_key,
        snapshot_date,
        cast(null as bigint) as hashtag_industry_id,
        rank,
        cast(null as bigint) as publish_count,
        cast(null as bigint) as list_view_count
    from search_ranks
)

select * from entries
