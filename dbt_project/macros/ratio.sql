{#- A share as a double; null if either number is unknown or the whole is 0. -#}
{% macro ratio(part, whole) -%}
    cast({{ part }} as {{ type_double() }}) / nullif({{ whole }}, 0)
{%- endmacro %}
