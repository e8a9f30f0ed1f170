{#- Fails for each key that the referenced table does not have; nulls pass. -#}
{% test known_keys(model, keys) %}
{% for key in keys -%}
select
    '{{ key.column }}' as key_column,
    cast(facts.{{ key.column }} as text) as key_value
from (select distinct {{ key.column }} from {{ model }}) as facts
where facts.{{ key.column }} is not null
    and facts.{{ key.column }} not in (
        select dimension.{{ key.field or key.column }}
        from {{ key.to }} as dimension
    )
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
