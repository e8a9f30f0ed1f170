{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='snapshot_date',
    on_schema_change='append_new_columns',
    post_hook='{{ remember_loads() }}',
) }}

with
observations as (
    select * from {{ ref('int_hashtag_observations') }}
    where {{ is_touched(['hashtags', 'searches']) }}
),

measured as (
    {% for measure in ['view_count', 'video_count', 'creator_count'] %}
    select
        hashtag_key,
        snapshot_date,
        '{{ measure }}' as measure,
        provider,
        provider_rank,
        precision,
        {{ measure }} as value
    from observations
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

largest as (
    select
        hashtag_key,
        snapshot_date,
        measure,
        provider,
        provider_rank,
        precision,
        max(value) as value
    from measured
    group by hashtag_key, snapshot_date, measure, provider, provider_rank, precision
),

told as (
    select
        *,
        row_number() over (
            partition by hashtag_key, snapshot_date, measure, provider order by precision
        ) as place
    from largest
),

final as (
    select
        told.hashtag_key,
        told.snapshot_date,
        told.measure,
        told.provider,
        others.provider as other_provider,
        told.precision = 'rounded' or others.precision = 'rounded' as is_rounded,
        told.value,
        others.value as other_value,
        others.value - told.value as difference,
        {{ ratio('others.value - told.value', 'told.value') }} as relative_difference
    from told
    inner join told as others
        on told.hashtag_key = others.hashtag_key
        and told.snapshot_date = others.snapshot_date
        and told.measure = others.measure
        and told.provider_rank < others.provider_rank
        and others.place = 1
    where told.place = 1
)

select * from final
