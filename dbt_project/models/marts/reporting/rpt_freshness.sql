{% set tables = {
    'crawlora_hashtags': ['crawlora', 'hashtags', 'hashtag_key'],
    'crawlora_trends': ['crawlora', 'trends', 'hashtag_key'],
    'crawlora_creative_center': ['crawlora', 'trends', 'hashtag_key'],
    'tikliveapi_hashtags': ['tikliveapi', 'hashtags', 'hashtag_key'],
    'tikliveapi_search': ['tikliveapi', 'searches', 'hashtag_key'],
    'tikliveapi_videos': ['tikliveapi', 'videos', 'id'],
    'unifapi_videos': ['unifapi', 'videos', 'id'],
    'scraper_items': ['scraper', 'videos', 'aweme_id'],
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
    {% for table, (provider, entity, item) in tables.items() %}
    select
        '{{ provider }}' as provider,
        '{{ entity }}' as entity,
        snapshot_date,
        {{ item }} as item,
        observed_at
    from {{ table }}
    where snapshot_date = (select max({{ table }}.snapshot_date) from {{ table }})
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        provider,
        entity,
        snapshot_date,
        count(distinct item) as item_count,
        max(observed_at) as observed_at
    from observed
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
        aged.item_count as item_count_newest_date,
        cast(span.last_date - aged.snapshot_date as bigint) as age_days,
        aged.observed_at
    from aged
    cross join span
    where aged.age_rank = 1
)

select * from final
