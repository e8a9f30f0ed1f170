{% set tables = {
    'crawlora_hashtags': ['crawlora', 'hashtags'],
    'crawlora_trends': ['crawlora', 'trends'],
    'crawlora_creative_center': ['crawlora', 'trends'],
    'tikliveapi_hashtags': ['tikliveapi', 'hashtags'],
    'tikliveapi_search': ['tikliveapi', 'searches'],
    'tikliveapi_videos': ['tikliveapi', 'videos'],
    'unifapi_videos': ['unifapi', 'videos'],
    'scraper_items': ['scraper', 'videos'],
} %}

with
span as (
    select max(snapshot_date) as last_date
    from {{ ref('stg_tiktags__loads') }}
),

{% for table in tables %}
{{ table }} as (
    {{ completed_rows(table) }}
),
{% endfor %}

observed as (
    {% for table, (provider, entity) in tables.items() %}
    select
        '{{ provider }}' as provider,
        '{{ entity }}' as entity,
        snapshot_date,
        request_key,
        position,
        observed_at
    from {{ table }}
    where snapshot_date = (select max({{ table }}.snapshot_date) from {{ table }})
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A row that was decoded anew is there twice.
rows_once as (
    select
        provider,
        entity,
        snapshot_date,
        request_key,
        position,
        max(observed_at) as observed_at
    from observed
    group by provider, entity, snapshot_date, request_key, position
),

counted as (
    select
        provider,
        entity,
        snapshot_date,
        count(*) as row_count,
        max(observed_at) as newest_observed_at
    from rows_once
    group by provider, entity, snapshot_date
),

aged as (
    select
        *,
        row_number() over (partition by provider, entity order by snapshot_date desc) as age_rank
    from counted
),

final as (
    select
        aged.provider,
        aged.entity,
        aged.snapshot_date as newest_snapshot_date,
        aged.row_count as row_count_newest_date,
        cast(span.last_date - aged.snapshot_date as bigint) as age_days,
        aged.newest_observed_at
    from aged
    cross join span
    where aged.age_rank = 1
)

select * from final
