with
providers as (
    select * from {{ ref('providers') }}
),

final as (
    select
        provider,
        provider_name,
        rank,
        billed_per,
        credits_per_unit,
        minimum_credits,
        credit_usd,
        lowest_credit_usd,
        highest_credit_usd,
        free_credits_per_month,
        free_credits_per_day,
        lowest_requests_per_minute,
        highest_requests_per_minute,
        price_plans,
        prices_read_in
    from providers
)

select * from final
