{#-
CTEs that end in `winners`: one row per entity and snapshot date, with a winner for each measure. Within one provider
and precision the larger number wins; then exact beats rounded, the latest beats the earlier, and the provider's rank
decides. A null never beats a number. They read a CTE `observations` with provider, provider_rank, precision and
observed_at; in the result these describe the first measure. Each measure in `precision_columns` also gets a column for
its own precision.
-#}
{% macro winning_numbers(entity, measures, precision_columns=[]) -%}
observations_with_largest as (
    select
        {{ entity }},
        snapshot_date,
        provider,
        provider_rank,
        precision,
        observed_at,
        {%- for measure in measures %}
        {{ measure }},
        max({{ measure }}) over (
            partition by {{ entity }}, snapshot_date, provider, precision
        ) as largest_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from observations
),

candidates as (
    select
        {{ entity }},
        snapshot_date,
        provider,
        precision,
        {%- for measure in measures %}
        max({{ measure }}) as {{ measure }},
        max(case when {{ measure }} = largest_{{ measure }} then {{ precedence() }} end) as {{ measure }}_precedence,
        {%- endfor %}
        max(case when {{ measures[0] }} = largest_{{ measures[0] }} then observed_at end) as observed_at,
        max(observed_at) as last_observed_at,
        max({{ precedence() }}) as last_precedence
    from observations_with_largest
    group by {{ entity }}, snapshot_date, provider, precision
),

candidates_with_precedence as (
    select
        *,
        -- A row without the number names the last observer, below every row that has the number.
        coalesce({{ measures[0] }}_precedence, last_precedence - 1000000000000000000) as description_precedence
    from candidates
),

winners as (
    select
        {{ entity }},
        snapshot_date,
        {%- for measure in measures %}
        {{ latest_known(measure, measure ~ '_precedence') }} as {{ measure }},
        {%- endfor %}
        {%- for measure in precision_columns %}
        {{ latest_known('precision', measure ~ '_precedence') }} as {{ measure }}_precision,
        {%- endfor %}
        {{ latest_known('precision', 'description_precedence') }} as precision,
        {{ latest_known('provider', 'description_precedence') }} as provider,
        {{ latest_known('coalesce(observed_at, last_observed_at)', 'description_precedence') }} as observed_at
    from candidates_with_precedence
    group by {{ entity }}, snapshot_date
)
{%- endmacro %}


{#- Exact before rounded, then the later, then the better rank, in one number; the rank takes the last digit. -#}
{% macro precedence() -%}
    case when precision = 'exact' then 100000000000000000 else 0 end
    + {{ epoch_microseconds('observed_at') }} * 10
    + 9 - provider_rank
{%- endmacro %}
