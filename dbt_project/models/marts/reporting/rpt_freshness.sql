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
{% for table in tables %}
{{ table }} as (
    {{ completed_rows(table) }}
),
{% endfor %}

newest_items as (
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

item_counts as (
    select
        provider,
        entity,
        snapshot_date,
        count(distinct item) as item_count,
        max(observed_at) as observed_at
    from newest_items
    group by provider, entity, snapshot_date
),

item_counts_with_age as (
    select
        *,
        row_number() over (partition by provider, entity order by snapshot_date desc) as age_rank
    from item_counts
),

final as (
    select
        item_counts_with_age.provider,
        item_counts_with_age.entity,
        item_counts_with_age.snapshot_date as newest_snapshot_date,
        item_counts_with_age.item_count as item_count_newest_date,
        cast({{ today() }} - item_counts_with_age.snapshot_date as bigint) as age_days,
        item_counts_with_age.observed_at
    from item_counts_with_age
    where item_counts_with_age.age_rank = 1
)

select * from final
