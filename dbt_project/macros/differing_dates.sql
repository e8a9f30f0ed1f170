{#-
One row of a claim and a date for each date on which the terms do not add up to 0. A term is a relation with a
snapshot_date and the number that each of its rows adds.
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
    ) as dated_terms
    group by snapshot_date
    having sum(difference) <> 0
{%- endmacro %}
