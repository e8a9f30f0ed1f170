{#- Expressions that differ between DuckDB and PostgreSQL. -#}

{% macro type_double() -%}
    {{ adapter.dispatch('type_double')() }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}


{#- Seconds since 1970 (UTC) as a timestamp without time zone; null outside 1970 to 2100. -#}
{% macro epoch_to_timestamp(seconds) -%}
    case
        when {{ seconds }} between 1 and 4102444800
            then {{ adapter.dispatch('epoch_to_timestamp')(seconds) }}
    end
{%- endmacro %}

{% macro default__epoch_to_timestamp(seconds) -%}
    timestamp '1970-01-01 00:00:00' + {{ seconds }} * interval '1 second'
{%- endmacro %}

{% macro duckdb__epoch_to_timestamp(seconds) -%}
    make_timestamp({{ seconds }} * 1000000)
{%- endmacro %}


{#- A timestamp as whole microseconds since 1970, to be combined with a rank in one sortable number. -#}
{% macro epoch_microseconds(moment) -%}
    {{ adapter.dispatch('epoch_microseconds')(moment) }}
{%- endmacro %}

{% macro default__epoch_microseconds(moment) -%}
    cast(extract(epoch from {{ moment }}) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__epoch_microseconds(moment) -%}
    epoch_us({{ moment }})
{%- endmacro %}


{#- Aggregate: the non-null value with the greatest non-null order. The caller ensures that no two orders are equal. -#}
{% macro latest_known(value, order) -%}
    {{ adapter.dispatch('latest_known')(value, order) }}
{%- endmacro %}

{% macro default__latest_known(value, order) -%}
    (
        array_agg({{ value }} order by {{ order }} desc)
        filter (where {{ value }} is not null and {{ order }} is not null)
    )[1]
{%- endmacro %}

{% macro duckdb__latest_known(value, order) -%}
    arg_max({{ value }}, {{ order }})
{%- endmacro %}


{#- Text ordered by its bytes, so that ties are broken the same way under every collation. -#}
{% macro bytewise(column) -%}
    {{ adapter.dispatch('bytewise')(column) }}
{%- endmacro %}

{% macro default__bytewise(column) -%}
    {{ column }} collate "C"
{%- endmacro %}

{% macro duckdb__bytewise(column) -%}
    {{ column }}
{%- endmacro %}


{#- True if two values differ, where null is a value; sqlfluff cannot parse `is distinct from` everywhere. -#}
{% macro differ(one, other) -%}
    coalesce({{ one }} <> {{ other }}, ({{ one }} is null) <> ({{ other }} is null))
{%- endmacro %}


{#- The UTC date of the build, or the date in the variable `today`. -#}
{% macro today() -%}
    {% if var('today') -%}
        cast('{{ var('today') }}' as date)
    {%- else -%}
        {{ adapter.dispatch('utc_date')() }}
    {%- endif %}
{%- endmacro %}

{% macro default__utc_date() -%}
    cast(now() at time zone 'UTC' as date)
{%- endmacro %}

{% macro duckdb__utc_date() -%}
    cast(make_timestamp(epoch_us(now())) as date)
{%- endmacro %}


{#- A UTC timestamp as the time on the clocks of the variable `timezone`; both are without time zone. -#}
{% macro local_time(moment) -%}
    {% if var('timezone') == 'UTC' -%}
        {{ moment }}
    {%- else -%}
        timezone('{{ var('timezone') }}', timezone('UTC', {{ moment }}))
    {%- endif %}
{%- endmacro %}
