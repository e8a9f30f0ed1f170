{#-
CTEs that end in `versions`, from a CTE `observed` with the key, the attributes, observed_at, last_seen_at and an
age_rank that no two rows of a key share: one row per state that an entity was in. A state holds the latest known
value of each attribute, so a null says nothing; what changes within one moment counts as the last said. `labels`
go along with their latest value, but make no version.
-#}
{% macro attribute_versions(key, attributes, labels=[]) -%}
{% set carried = attributes + labels -%}
sequenced as (
    select
        *,
        {%- for column in carried %}
        lag({{ column }}) over (partition by {{ key }} order by age_rank) as earlier_{{ column }},
        {%- endfor %}
        lag(age_rank) over (partition by {{ key }} order by age_rank) as earlier_age_rank,
        lag(last_seen_at) over (partition by {{ key }} order by age_rank) as earlier_seen_at,
        max(last_seen_at) over (partition by {{ key }}) as newest_seen_at
    from observed
),

-- Most observations repeat the one before; only what differs goes through the windows below.
told as (
    select
        {{ key }},
        {%- for column in carried %}
        {{ column }},
        {%- endfor %}
        age_rank,
        observed_at,
        coalesce(
            lead(earlier_seen_at) over (partition by {{ key }} order by age_rank), newest_seen_at
        ) as last_seen_at
    from sequenced
    where earlier_age_rank is null
        {%- for column in carried %}
        or {{ differ(column, 'earlier_' ~ column) }}
        {%- endfor %}
),

numbered as (
    select
        *,
        {%- for column in carried %}
        count({{ column }}) over (partition by {{ key }} order by age_rank) as {{ column }}_number{{ ',' if not loop.last }}
        {%- endfor %}
    from told
),

known as (
    select
        {{ key }},
        age_rank,
        observed_at,
        last_seen_at,
        {%- for column in carried %}
        first_value({{ column }}) over (
            partition by {{ key }}, {{ column }}_number order by age_rank
        ) as {{ column }},
        {%- endfor %}
        row_number() over (partition by {{ key }}, observed_at order by age_rank desc) as moment_rank
    from numbered
),

followed as (
    select
        *,
        {%- for attribute in attributes %}
        lag({{ attribute }}) over (partition by {{ key }} order by age_rank) as previous_{{ attribute }},
        {%- endfor %}
        lag(age_rank) over (partition by {{ key }} order by age_rank) as previous_age_rank
    from known
    where moment_rank = 1
),

compared as (
    select
        *,
        case
            when previous_age_rank is null then 1
            {%- for attribute in attributes %}
            when {{ differ(attribute, 'previous_' ~ attribute) }} then 1
            {%- endfor %}
            else 0
        end as is_change
    from followed
),

counted as (
    select
        *,
        sum(is_change) over (partition by {{ key }} order by age_rank) as version_number
    from compared
),

states as (
    select
        {{ key }},
        version_number,
        {%- for column in carried %}
        {{ latest_known(column, 'age_rank') }} as {{ column }},
        {%- endfor %}
        min(observed_at) as valid_from,
        max(last_seen_at) as last_seen_at
    from counted
    group by {{ key }}, version_number
),

versions as (
    select
        {{ key }},
        {%- for column in carried %}
        {{ column }},
        {%- endfor %}
        lead(valid_from) over (partition by {{ key }} order by valid_from) is null as is_current,
        valid_from,
        lead(valid_from) over (partition by {{ key }} order by valid_from) as valid_to,
        last_seen_at
    from states
)
{%- endmacro %}
