with
walk_hashtags as (
    select
        walk_key,
        min({{ bytewise('hashtag_key') }}) as hashtag_key
    from {{ ref('fct_walks') }}
    group by walk_key
),

-- The cost of failed requests is in rpt_data_cost; a page that was bought twice counts once.
pages as (
    select
        *,
        row_number() over (
            partition by request_key order by requested_at desc, request_id desc
        ) as copy_number
    from {{ ref('fct_api_requests') }}
    where outcome = 'ok' and not is_replayed
),

costs as (
    select
        coalesce(requests.hashtag_key, walk_hashtags.hashtag_key) as hashtag_key,
        requests.snapshot_date,
        -- As a decimal, because a sum of doubles depends on their order.
        cast(sum(cast(requests.cost_usd as decimal(38, 12))) as {{ type_double() }}) as cost_usd,
        cast(sum(requests.credits) as {{ type_double() }}) as credits
    from pages as requests
    left join walk_hashtags on requests.walk_key = walk_hashtags.walk_key
    where requests.copy_number = 1
    group by coalesce(requests.hashtag_key, walk_hashtags.hashtag_key), requests.snapshot_date
)

select * from costs
