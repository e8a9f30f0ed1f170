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

unioned as (
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

ordered as (
    select
        *,
        row_number() over (
            partition by industry_id order by observed_at asc nulls first, request_key desc, position desc
        ) as age_rank
    from unioned
    where industry_id is not null
),

observed as (
    select
        industry_id,
        {{ latest_known('industry_name', 'age_rank') }} as industry_name
    from ordered
    group by industry_id
),

final as (
    select
        coalesce(industries.industry_id, observed.industry_id) as industry_id,
        coalesce(observed.industry_name, industries.industry_name) as industry_name
    from industries
    full outer join observed on industries.industry_id = observed.industry_id
)

select * from final
