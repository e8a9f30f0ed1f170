with
industries as (
    select * from {{ ref('industries') }}
),

trends as (
    select * from {{ ref('stg_crawlora__trends') }}
),

trend_industries as (
    select * from {{ ref('stg_crawlora__trend_industries') }}
),

industry_names as (
    select
        hashtag_industry_id as industry_id,
        hashtag_industry_name as industry_name,
        observed_at,
        request_key,
        position
    from trends

    union all

    select
        industry_id,
        cast(null as text) as industry_name,
        observed_at,
        request_key,
        position
    from trends

    union all

    select
        industry_id,
        cast(null as text) as industry_name,
        cast(null as timestamp) as observed_at,
        request_key,
        position
    from trend_industries
),

industry_names_with_age as (
    select
        *,
        row_number() over (
            partition by industry_id order by observed_at asc nulls first, request_key desc, position desc
        ) as age_rank
    from industry_names
    where industry_id is not null
),

list_industries as (
    select
        industry_id,
        {{ latest_known('industry_name', 'age_rank') }} as industry_name
    from industry_names_with_age
    group by industry_id
),

final as (
    select
        coalesce(industries.industry_id, list_industries.industry_id) as industry_id,
        coalesce(list_industries.industry_name, industries.industry_name) as industry_name
    from industries
    full outer join list_industries on industries.industry_id = list_industries.industry_id
)

select * from final
