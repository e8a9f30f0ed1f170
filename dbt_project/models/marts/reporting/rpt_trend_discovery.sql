{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_since(first_touched_date(['trends', 'searches', 'hashtags', 'runs'])) }}",
    post_hook=[
        "{{ follow_dimension(ref('dim_hashtag'), 'hashtag_key', ['hashtag_name']) }}",
        "{{ follow_dimension(ref('dim_country'), 'country_code', ['country_name']) }}",
        "{{ follow_dimension(ref('dim_industry'), 'industry_id', ['industry_name']) }}",
        '{{ remember_loads() }}',
    ],
) }}

{% set first_date = first_touched_date(['trends', 'searches', 'hashtags', 'runs']) %}
{% set list = [
    'source_kind', 'keyword', 'trend_source', 'country_code', 'industry_id', 'period_days', 'is_new_on_board',
] %}

with
walks as (
    select
        case when endpoint = 'search' then 'search' else 'trend' end as source_kind,
        target,
        snapshot_date,
        bool_or(is_complete) as is_complete
    from {{ ref('fct_walks') }}
    where endpoint in ('trends', 'creative_center', 'search')
    group by case when endpoint = 'search' then 'search' else 'trend' end, target, snapshot_date
),

entries as (
    select
        'trend' as source_kind,
        '' as keyword,
        trend_source,
        country_code,
        industry_id,
        period_days,
        is_new_on_board,
        hashtag_key,
        snapshot_date,
        hashtag_industry_id,
        rank,
        publish_count,
        view_count as list_view_count
    from {{ ref('fct_trend_ranks') }}

    union all

    select
        'search' as source_kind,
        keyword,
        '' as trend_source,
        '' as country_code,
        cast(0 as bigint) as industry_id,
        cast(0 as bigint) as period_days,
        false as is_new_on_board,
        hashtag_key,
        snapshot_date,
        cast(null as bigint) as hashtag_industry_id,
        rank,
        cast(null as bigint) as publish_count,
        cast(null as bigint) as list_view_count
    from {{ ref('fct_search_ranks') }}
),

lists as (
    select distinct
        {{ list | join(',\n        ') }}
    from entries
),

targets as (
    select
        *,
        case when source_kind = 'search' then keyword else {{ trend_list_label() }} end as target
    from lists

    union all

    -- A list that was asked for without a country stands under the country of its items.
    select
        *,
        {{ trend_list_label("'all countries'") }} as target
    from lists
    where source_kind = 'trend'
),

dates as (
    select
        {{ list | join(',\n        ') }},
        snapshot_date,
        cast(null as boolean) as is_complete
    from entries

    union all

    select
        {%- for column in list %}
        targets.{{ column }},
        {%- endfor %}
        walks.snapshot_date,
        walks.is_complete
    from targets
    inner join walks
        on targets.source_kind = walks.source_kind
        and targets.target = walks.target
),

snapshots as (
    select
        {{ list | join(',\n        ') }},
        snapshot_date,
        case when coalesce(bool_and(is_complete), false) then snapshot_date end as complete_date
    from dates
    group by {{ list | join(', ') }}, snapshot_date
),

surrounded as (
    select
        *,
        min(complete_date) over (
            partition by {{ list | join(', ') }}
            order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ) as earlier_complete_date,
        min(complete_date) over (
            partition by {{ list | join(', ') }}
            order by snapshot_date
            rows between 1 following and unbounded following
        ) as next_complete_date
    from snapshots
),

placed as (
    select
        entries.*,
        surrounded.earlier_complete_date,
        surrounded.next_complete_date,
        lag(entries.snapshot_date) over by_hashtag as previous_date,
        lag(entries.rank) over by_hashtag as previous_rank,
        lag(surrounded.next_complete_date) over by_hashtag as left_date,
        lead(entries.snapshot_date) over by_hashtag as next_date,
        row_number() over by_hashtag as days_on_list,
        min(entries.snapshot_date) over by_hashtag as first_listed_date
    from entries
    inner join surrounded
        on entries.snapshot_date = surrounded.snapshot_date
        {%- for column in list %}
        and entries.{{ column }} = surrounded.{{ column }}
        {%- endfor %}
    window by_hashtag as (
        partition by
            {% for column in list -%}
            entries.{{ column }},
            {% endfor -%}
            entries.hashtag_key
        order by entries.snapshot_date
    )
),

known as (
    select
        *,
        -- Absence is known where a complete walk before this date did not list it.
        previous_date is null and earlier_complete_date is not null
        or coalesce(left_date < snapshot_date, false) as has_entered
    from placed
),

moved as (
    select
        {{ list | join(',\n        ') }},
        hashtag_key,
        snapshot_date,
        hashtag_industry_id,
        rank,
        case when not has_entered then previous_rank end as previous_rank,
        case when not has_entered then previous_rank - rank end as rank_move,
        case
            when has_entered then 'entered'
            when previous_rank = rank then 'stayed'
            when previous_rank > rank then 'up'
            when previous_rank < rank then 'down'
        end as status,
        false as is_gone,
        days_on_list,
        first_listed_date,
        publish_count,
        list_view_count
    from known

    union all

    select
        {{ list | join(',\n        ') }},
        hashtag_key,
        next_complete_date as snapshot_date,
        hashtag_industry_id,
        cast(null as bigint) as rank,
        rank as previous_rank,
        cast(null as bigint) as rank_move,
        'left' as status,
        true as is_gone,
        days_on_list,
        first_listed_date,
        cast(null as bigint) as publish_count,
        cast(null as bigint) as list_view_count
    from known
    where next_complete_date < coalesce(next_date, date '9999-12-31')
),

stats as (
    select
        hashtag_key,
        view_count,
        snapshot_date,
        lead(snapshot_date, 1, date '9999-12-31') over (
            partition by hashtag_key order by snapshot_date
        ) as next_date
    from {{ ref('fct_hashtag_stats_daily') }}
    where view_count is not null
),

gains as (
    select
        hashtag_key,
        view_gain_per_day,
        snapshot_date,
        lead(snapshot_date, 1, date '9999-12-31') over (
            partition by hashtag_key order by snapshot_date
        ) as next_date
    from {{ ref('rpt_hashtag_growth') }}
    where view_gain_per_day is not null
),

measured as (
    select
        moved.*,
        hashtags.hashtag_name,
        countries.country_name,
        industries.industry_name,
        stats.view_count as real_view_count,
        gains.view_gain_per_day
    from moved
    inner join {{ ref('dim_hashtag') }} as hashtags on moved.hashtag_key = hashtags.hashtag_key
    left join {{ ref('dim_country') }} as countries on moved.country_code = countries.country_code
    left join {{ ref('dim_industry') }} as industries
        on moved.industry_id = industries.industry_id
    left join stats
        on moved.hashtag_key = stats.hashtag_key
        and moved.snapshot_date >= stats.snapshot_date
        and moved.snapshot_date < stats.next_date
    left join gains
        on moved.hashtag_key = gains.hashtag_key
        and moved.snapshot_date >= gains.snapshot_date
        and moved.snapshot_date < gains.next_date
    where moved.snapshot_date >= {{ first_date }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by {{ list | join(', ') }}, snapshot_date, is_gone
            order by real_view_count desc nulls last, rank asc nulls last, {{ bytewise('hashtag_key') }}
        ) as reach_rank,
        row_number() over (
            partition by {{ list | join(', ') }}, snapshot_date, is_gone
            order by view_gain_per_day desc nulls last, rank asc nulls last, {{ bytewise('hashtag_key') }}
        ) as momentum_rank
    from measured
),

final as (
    select
        source_kind,
        hashtag_key,
        hashtag_name,
        snapshot_date,
        keyword,
        country_code,
        country_name,
        industry_id,
        industry_name,
        hashtag_industry_id,
        period_days,
        is_new_on_board,
        trend_source,
        rank,
        previous_rank,
        rank_move,
        status,
        days_on_list,
        first_listed_date,
        publish_count,
        list_view_count,
        real_view_count,
        view_gain_per_day,
        case when not is_gone then reach_rank end as reach_rank,
        case when not is_gone then momentum_rank end as momentum_rank
    from ranked
)

select * from final
