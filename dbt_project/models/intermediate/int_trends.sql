with
trends as (
    select * from {{ ref('stg_crawlora__trends') }}
),

trends_with_place as (
    select
        *,
        row_number() over (
            partition by
                snapshot_date,
                trend_source,
                country_code,
                industry_id,
                period_days,
                is_new_on_board,
                hashtag_key
            order by rank asc nulls last, position asc, request_key asc
        ) as place
    from trends
    where hashtag_key is not null
),

best_places as (
    select * from trends_with_place
    where place = 1
)

select * from best_places
