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
        free_credits_per_month
    from providers
)

select * from final
