{#-
Models that compare a date with those before it write every date again from the first that new loads touch: later
dates may compare with it. A usual day touches the last date alone.
-#}

{#- The first date that loads not yet taken in touch, as text; none in a full build or where nothing is new. -#}
{% macro first_touched_date(subjects, by_id=false) -%}
    {#- dbt learns of references only from what it meets while parsing, when nothing is incremental. -#}
    {% do ref('stg_tiktags__loads') -%}
    {% do ref('int_hashtag_observations') if by_id -%}
    {% if not (execute and is_incremental()) -%}
        {{ return(none) }}
    {%- endif %}
    {{ return(touched_dates(subjects, by_id) | sort | first | default(none)) }}
{%- endmacro %}


{#- True for the rows from a date on; without one, for all rows in a full build and for none in another. -#}
{% macro is_since(first_date) -%}
    {%- if first_date -%}
        snapshot_date >= date '{{ first_date }}'
    {%- else -%}
        {{ 'false' if is_incremental() else 'true' }}
    {%- endif -%}
{%- endmacro %}


{#- True if every touched date is later than all that the model has taken in. -#}
{% macro only_later_dates() -%}
    {% set since = first_touched_date(['videos']) -%}
    {% if not (execute and is_incremental()) -%}
        {{ return(false) }}
    {%- elif since is none -%}
        {{ return(true) }}
    {%- endif %}
    {% set query -%}
        select 1 from {{ this }} where last_observed_date >= date '{{ since }}' limit 1
    {%- endset %}
    {{ return(run_query(query).rows | length == 0) }}
{%- endmacro %}


{#- Pre-hook: a build that reads all dates begins with an empty model. -#}
{% macro forget_unless_adding() -%}
    {% if is_incremental() and not only_later_dates() -%}
        delete from {{ this }}
    {%- endif %}
{%- endmacro %}
