{#-
Rows of a claim and a date, for each date on which the terms of some relations do not add up to 0: a term is a relation
with a snapshot_date and what each of its rows adds.
-#}
{% macro differing_dates(claim, terms) -%}
    select
        '{{ claim }}' as claim,
        cast(snapshot_date as text) as place
    from (
        {%- for relation, term in terms %}
        select
            snapshot_date,
            {{ term }} as difference
        from {{ relation }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as counted
    group by snapshot_date
    having sum(difference) <> 0
{%- endmacro %}
