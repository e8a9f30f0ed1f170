{#-
Incremental models take in whole loads, never a range of load ids, because loads of different providers may complete
out of order. int_transformed_loads holds the loads that each model has taken in. A model adds its rows in the
transaction that writes its data, so a crash leaves both or neither.

The macros below write their queries before they ask whether the build is incremental: dbt learns a model's references
while it parses, when no build is incremental.
-#}

{#- Condition: the model has not taken in the load yet. -#}
{% macro is_new_load() -%}
    load_id not in (
        select load_id from {{ ref('int_transformed_loads') }} where model = '{{ this.identifier }}'
    )
{%- endmacro %}


{#- Post-hook: the model has taken in all loads. Run again after a crash, it adds no row twice. -#}
{% macro remember_loads() -%}
    insert into {{ ref('int_transformed_loads') }} (model, load_id)
    select distinct
        '{{ this.identifier }}',
        load_id
    from {{ ref('stg_tiktags__loads') }}
    where {{ is_new_load() }}
{%- endmacro %}


{#- Ids of hashtags that new loads name for the first time, or by another name. -#}
{% macro renamed_hashtag_ids() -%}
    select hashtag_id
    from (
        {{ hashtag_ids() }}
        except
        {{ hashtag_ids('not (' ~ is_new_load() ~ ')') }}
    ) as renamed
{%- endmacro %}


{#-
The snapshot dates that new loads touch, as a list; none in a full build. With `by_id`, also the dates on which a
renamed hashtag was requested by its id alone.
-#}
{% macro touched_dates(subject, by_id=false) -%}
    {% set query -%}
        select distinct snapshot_date
        from {{ ref('stg_tiktags__loads') }}
        where subject = '{{ subject }}' and {{ is_new_load() }}
        {% if by_id -%}
        union
        select snapshot_date
        from {{ ref('stg_tiktags__loads') }}
        where asked_hashtag_id in ({{ renamed_hashtag_ids() }})
        {% endif -%}
        order by snapshot_date
    {%- endset %}
    {% if not (execute and is_incremental()) -%}
        {{ return(none) }}
    {%- endif %}
    {{ return(run_query(query).columns[0].values() | map('string') | list) }}
{%- endmacro %}


{#- Condition: the row's date is touched by new loads. The dates are literals, so that the filter reaches the scan. -#}
{% macro is_touched(subject, by_id=false) -%}
    {% set dates = touched_dates(subject, by_id) -%}
    {% if dates is none -%}
        true
    {%- elif dates -%}
        snapshot_date in (date '{{ dates | join("', date '") }}')
    {%- else -%}
        false
    {%- endif %}
{%- endmacro %}
