{#- Days since the date that the last five digits of a number hold, as days since 1970. -#}
{% macro days_since(dated_number) -%}
    cast(snapshot_date - (date '1970-01-01' + cast({{ dated_number }} % 100000 as integer)) as bigint)
{%- endmacro %}
