{#- Statements for the hooks of incremental models; they run in the transaction that writes the model. -#}

{#- Pre-hook: a build that cannot merge into the model empties it first. -#}
{% macro truncate_unless(is_merge) -%}
    {% if is_incremental() and not is_merge -%}
        delete from {{ this }}
    {%- endif %}
{%- endmacro %}


{#- Pre-hook: delete the dates that the build writes again. -#}
{% macro delete_since(first_date) -%}
    {% if is_incremental() -%}
        delete from {{ this }} where snapshot_date >= {{ first_date }}
    {%- endif %}
{%- endmacro %}


{% macro delete_all(relation) -%}
    delete from {{ relation }}
{%- endmacro %}


{% macro insert_columns(target, columns, source) -%}
    insert into {{ target }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ source }}
{%- endmacro %}
