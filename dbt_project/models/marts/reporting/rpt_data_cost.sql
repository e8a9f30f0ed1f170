with
requests as (
    select
        snapshot_date,
        provider,
        endpoint,
        count(case when outcome <> 'replayed' then 1 end) as request_count,
        count(case when outcome = 'replayed' then 1 end) as replayed_count,
        count(case when outcome not in ('ok', 'replayed', 'not_found', 'unknown') then 1 end) as failed_count,
        count(case when outcome = 'unknown' then 1 end) as unknown_count,
        count(case when cost_usd is null then 1 end) as unpriced_count,
        cast(sum(credits) as bigint) as credits,
        sum(cost_usd) as cost_usd,
        cast(sum(bytes) as bigint) as bytes
    from {{ ref('fct_api_requests') }}
    group by snapshot_date, provider, endpoint
),

-- A resumed walk receives its first pages a second time, from the journal.
walks as (
    select
        snapshot_date,
        provider,
        endpoint,
        walk_key,
        sum(items) as item_count,
        max(items) as observation_count,
        -- Only feeds are compared with earlier dates.
        sum(case when endpoint = 'videos' then new_items end) as new_item_count
    from {{ ref('fct_walks') }}
    group by snapshot_date, provider, endpoint, walk_key
),

items as (
    select
        snapshot_date,
        provider,
        endpoint,
        cast(sum(item_count) as bigint) as item_count,
        cast(sum(observation_count) as bigint) as new_observation_count,
        cast(sum(new_item_count) as bigint) as new_item_count
    from walks
    group by snapshot_date, provider, endpoint
),

final as (
    select
        coalesce(requests.snapshot_date, items.snapshot_date) as snapshot_date,
        coalesce(requests.provider, items.provider) as provider,
        coalesce(requests.endpoint, items.endpoint) as endpoint,
        coalesce(requests.request_count, 0) as request_count,
        coalesce(requests.replayed_count, 0) as replayed_count,
        coalesce(requests.failed_count, 0) as failed_count,
        coalesce(requests.unknown_count, 0) as unknown_count,
        coalesce(requests.unpriced_count, 0) as unpriced_count,
        requests.credits,
        requests.cost_usd,
        requests.bytes,
        items.item_count,
        items.new_observation_count,
        items.new_item_count,
        requests.cost_usd * 1000 / nullif(items.new_observation_count, 0) as usd_per_1000_new_observations
    from requests
    full outer join items
        on requests.snapshot_date = items.snapshot_date
        and requests.provider = items.provider
        and requests.endpoint = items.endpoint
)

select * from final
