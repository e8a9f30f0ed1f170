{#-
CTEs that end in `versions`: one row per state of an entity. They read a CTE `observations_with_age` with the key, the
attributes, observed_at, last_seen_at and an age_rank that no two rows of a key share. A state holds the latest known
value of each attribute, so a null changes nothing; of several changes at one moment only the last counts. `labels` keep
their latest value within a version and begin no new one.
-#}
{% macro attribute_versions(key, attributes, labels=[]) -%}
{% set columns = attributes + labels -%}
observations_with_previous as (
    select
        *,
        {%- for column in columns %}
        lag({{ column }}) over (partition by {{ key }} order by age_rank) as earlier_{{ column }},
        {%- endfor %}
        lag(age_rank) over (partition by {{ key }} order by age_rank) as earlier_age_rank,
        lag(last_seen_at) over (partition by {{ key }} order by age_rank) as earlier_seen_at,
        max(last_seen_at) over (partition by {{ key }}) as newest_seen_at
    from observations_with_age
),

-- Most observations repeat the one before; only the others go through the windows below.
observations_that_differ as (
    select
        {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        age_rank,
        observed_at,
        coalesce(
            lead(earlier_seen_at) over (partition by {{ key }} order by age_rank), newest_seen_at
        ) as last_seen_at
    from observations_with_previous
    where earlier_age_rank is null
        {%- for column in columns %}
        or {{ differ(column, 'earlier_' ~ column) }}
        {%- endfor %}
),

observations_with_value_numbers as (
    select
        *,
        {%- for column in columns %}
        count({{ column }}) over (partition by {{ key }} order by age_rank) as {{ column }}_number{{ ',' if not loop.last }}
        {%- endfor %}
    from observations_that_differ
),

observations_with_known_values as (
    select
        {{ key }},
        age_rank,
        observed_at,
        last_seen_at,
        {%- for column in columns %}
        first_value({{ column }}) over (
            partition by {{ key }}, {{ column }}_number order by age_rank
        ) as {{ column }},
        {%- endfor %}
        row_number() over (partition by {{ key }}, observed_at order by age_rank desc) as moment_rank
    from observations_with_value_numbers
),

moments_with_previous as (
    select
        *,
        {%- for attribute in attributes %}
        lag({{ attribute }}) over (partition by {{ key }} order by age_rank) as previous_{{ attribute }},
        {%- endfor %}
        lag(age_rank) over (partition by {{ key }} order by age_rank) as previous_age_rank
    from observations_with_known_values
    where moment_rank = 1
),

moments_with_change as (
    select
        *,
        case
            when previous_age_rank is null then 1
            {%- for attribute in attributes %}
            when {{ differ(attribute, 'previous_' ~ attribute) }} then 1
            {%- endfor %}
            else 0
        end as is_change
    from moments_with_previous
),

moments_with_version_number as (
    select
        *,
        sum(is_change) over (partition by {{ key }} order by age_rank) as version_number
    from moments_with_change
),

version_states as (
    select
        {{ key }},
        version_number,
        {%- for column in columns %}
        {{ latest_known(column, 'age_rank') }} as {{ column }},
        {%- endfor %}
        min(observed_at) as valid_from,
        max(last_seen_at) as last_seen_at
    from moments_with_version_number
    group by {{ key }}, version_number
),

versions as (
    select
        {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        lead(valid_from) over (partition by {{ key }} order by valid_from) is null as is_current,
        valid_from,
        lead(valid_from) over (partition by {{ key }} order by valid_from) as valid_to,
        last_seen_at
    from version_states
)
{%- endmacro %}
