{#- The columns of a raw table as the sources' YAML declares them. -#}
{% macro raw_columns(name) -%}
    {% set sources = graph.sources.values() | selectattr('source_name', 'equalto', 'raw') -%}
    {{ return((sources | selectattr('name', 'equalto', name) | first).columns.values() | list) }}
{%- endmacro %}


{#- A raw table with its declared columns; a table that was never loaded is empty, a missing column is null. -#}
{% macro raw_table(name) -%}
    {% set relation = source('raw', name) -%}
    {% if not execute -%}
        select * from {{ relation }}
    {%- else -%}
        {% set loaded = load_relation(relation) -%}
        {% set present = adapter.get_columns_in_relation(loaded) | map(attribute='name') | list if loaded else [] -%}
        select
        {%- for column in raw_columns(name) %}
            {% if column.name in present -%}
                {{ adapter.quote(column.name) }}
            {%- else -%}
                {% set type = type_double() if column.data_type == 'double' else column.data_type -%}
                cast(null as {{ type }}) as {{ adapter.quote(column.name) }}
            {%- endif -%}
            {{ ',' if not loop.last }}
        {%- endfor %}
        {{ 'from ' ~ loaded if loaded else 'where false' }}
    {%- endif %}
{%- endmacro %}


{#- The rows of completed loads; the rows of a load in progress are invisible. -#}
{% macro completed_rows(name) -%}
    select *
    from ({{ raw_table(name) }}) as loaded
    where _dlt_load_id in (
        select load_id
        from ({{ raw_table('_dlt_loads') }}) as loads
        where status = 0
    )
{%- endmacro %}


{#- The newest copy of each row. The default key has the date, so that filters on it reach the scan. -#}
{% macro newest_rows(name, key=['snapshot_date', 'request_key', 'position']) -%}
    select *
    from (
        select
            *,
            row_number() over (partition by {{ key | join(', ') }} order by _dlt_load_id desc) as copy_number
        from ({{ completed_rows(name) }}) as completed
    ) as copies
    where copy_number = 1
{%- endmacro %}
