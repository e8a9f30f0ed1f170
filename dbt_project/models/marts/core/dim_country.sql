with
countries as (
    select * from {{ ref('countries') }}
),

trends_with_age as (
    select
        *,
        row_number() over (
            partition by country_code order by observed_at asc, request_key desc, position desc
        ) as age_rank
    from {{ ref('stg_crawlora__trends') }}
),

list_countries as (
    select
        country_code,
        {{ latest_known('country_name', 'age_rank') }} as country_name
    from trends_with_age
    group by country_code
),

final as (
    select
        coalesce(countries.country_code, list_countries.country_code) as country_code,
        coalesce(
            countries.country_name, list_countries.country_name, list_countries.country_code
        ) as country_name
    from countries
    full outer join list_countries on countries.country_code = list_countries.country_code
)

select * from final
