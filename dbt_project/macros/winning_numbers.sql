{#-
CTEs that end in `winners`: one row per entity and snapshot date, each measure decided on its own. Within one
provider and precision the larger number wins; then exact over rounded, then the latest, then the provider's
rank. A null never beats a number. Expects a CTE `observations` with provider, provider_rank, precision and
observed_at; these describe the winner's first measure. `told_precisions` names measures whose own precision is
a column too.
-#}
{% macro winning_numbers(entity, measures, told_precisions=[]) -%}
compared as (
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
    from compared
    group by {{ entity }}, snapshot_date, provider, precision
),

described as (
    select
        *,
        -- A row without the number still says who looked last: below every row that has it.
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
        {%- for measure in told_precisions %}
        {{ latest_known('precision', measure ~ '_precedence') }} as {{ measure }}_precision,
        {%- endfor %}
        {{ latest_known('precision', 'description_precedence') }} as precision,
        {{ latest_known('provider', 'description_precedence') }} as provider,
        {{ latest_known('coalesce(observed_at, last_observed_at)', 'description_precedence') }} as observed_at
    from described
    group by {{ entity }}, snapshot_date
)
{%- endmacro %}


{#- Exact before rounded, then the later, then the better rank, in one number (rank takes the last digit). -#}
{% macro precedence() -%}
    case when precision = 'exact' then 100000000000000000 else 0 end
    + {{ epoch_microseconds('observed_at') }} * 10
    + 9 - provider_rank
{%- endmacro %}
