{#-
Ranks count an item of a list once, at its first position; the items after a repeat move up. Returns the number of
repeats before each position, as the query of a CTE with the list's columns, `position` and `earlier_repeats`.

A position that held different items in several requests is a repeat only if each of them has an earlier position. A
position without a readable item still counts.
-#}
{% macro earlier_repeats(entries, list_keys, item, position='position') -%}
    {% set list_columns = list_keys | join(', ') -%}
    select
        {{ list_columns }},
        {{ position }},
        cast(
            sum(is_repeat) over (partition by {{ list_columns }} order by {{ position }}) as bigint
        ) as earlier_repeats
    from (
        select
            {{ list_columns }},
            {{ position }},
            min(case when {{ position }} = first_position then 0 else 1 end) as is_repeat
        from (
            select
                {{ list_columns }},
                {{ position }},
                min({{ position }}) over (partition by {{ list_columns }}, {{ item }}) as first_position
            from {{ entries }}
        ) as entries_with_first_position
        group by {{ list_columns }}, {{ position }}
    ) as positions
{%- endmacro %}
