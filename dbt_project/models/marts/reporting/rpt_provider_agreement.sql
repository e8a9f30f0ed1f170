with
observations as (
    select * from {{ ref('int_hashtag_observations') }}
),

observed_values as (
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

largest_values as (
    select
        hashtag_key,
        snapshot_date,
        measure,
        provider,
        provider_rank,
        precision,
        max(value) as value
    from observed_values
    group by hashtag_key, snapshot_date, measure, provider, provider_rank, precision
),

values_with_preference as (
    select
        *,
        row_number() over (
            partition by hashtag_key, snapshot_date, measure, provider order by precision
        ) as place
    from largest_values
),

final as (
    select
        one.hashtag_key,
        one.snapshot_date,
        one.measure,
        one.provider,
        other.provider as other_provider,
        one.precision = 'rounded' or other.precision = 'rounded' as is_rounded,
        one.value,
        other.value as other_value,
        other.value - one.value as difference,
        {{ ratio('other.value - one.value', 'one.value') }} as relative_difference
    from values_with_preference as one
    inner join values_with_preference as other
        on one.hashtag_key = other.hashtag_key
        and one.snapshot_date = other.snapshot_date
        and one.measure = other.measure
        and one.provider_rank < other.provider_rank
        and other.place = 1
    where one.place = 1
)

select * from final
