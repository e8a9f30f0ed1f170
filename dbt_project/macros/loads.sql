{#-
Incremental models take in whole loads, never a range of them: loads of different providers may complete out
of order. `transformed_loads` holds which model has taken in which load; a model's own row is written in the
transaction that writes its data, so a crash leaves both or neither.
-#}

{% macro transformed_loads() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='transformed_loads')) }}
{%- endmacro %}


{% macro create_transformed_loads() -%}
    create table if not exists {{ transformed_loads() }} (model text not null, load_id text not null)
{%- endmacro %}


{#- Loads that a model has not taken in yet. -#}
{% macro is_new_load() -%}
    load_id not in (select load_id from {{ transformed_loads() }} where model = '{{ this.identifier }}')
{%- endmacro %}


{#- Ids whose hashtag the new loads tell for the first time, or tell differently. -#}
{% macro renamed_hashtag_ids() -%}
    select hashtag_id
    from (
        {{ hashtag_ids() }}
        except
        {{ hashtag_ids('not (' ~ is_new_load() ~ ')') }}
    ) as renamed
{%- endmacro %}


{#- Post-hook: these loads are in the model now. Run again after a crash it adds nothing twice. -#}
{% macro remember_loads() -%}
    insert into {{ transformed_loads() }} (model, load_id)
    select distinct
        '{{ this.identifier }}',
        load_id
    from {{ ref('stg_tiktags__loads') }}
    where {{ is_new_load() }}
{%- endmacro %}


{#-
The snapshot dates that new loads touch, as a list. With `by_id`, also the dates on which a hashtag was asked
for by such an id alone.
-#}
{% macro touched_dates(subjects, by_id=false) -%}
    {% set query -%}
        select snapshot_date
        from {{ ref('stg_tiktags__loads') }}
        where subject in ('{{ subjects | join("', '") }}') and {{ is_new_load() }}
        union
        select snapshot_date
        from {{ ref('stg_tiktags__loads') }}
        where asked_hashtag_id in (
            {{ renamed_hashtag_ids() if by_id else "select '' where false" }}
        )
        order by snapshot_date
    {%- endset %}
    {{ return(run_query(query).columns[0].values() | map('string') | list) }}
{%- endmacro %}


{#- True for the rows of dates that new loads touch, as literals that reach the scan; true for all in a full build. -#}
{% macro is_touched(subjects, by_id=false) -%}
    {#- dbt learns of references only from what it meets while parsing, when nothing is incremental. -#}
    {% do ref('stg_tiktags__loads') -%}
    {% do ref('int_hashtag_observations') if by_id -%}
    {% set dates = touched_dates(subjects, by_id) if execute and is_incremental() else none -%}
    {% if dates is none -%}
        true
    {%- elif dates -%}
        snapshot_date in (date '{{ dates | join("', date '") }}')
    {%- else -%}
        false
    {%- endif %}
{%- endmacro %}


{#- Pre-hook: a build that cannot add to the model begins with an empty one. -#}
{% macro forget_unless(is_added_to) -%}
    {% if is_incremental() and not is_added_to -%}
        delete from {{ this }}
    {%- endif %}
{%- endmacro %}


{#- True if new loads touch only dates after the model's last, as its `last_date` says. -#}
{% macro only_new_dates(subjects, last_date, by_id=false) -%}
    {% do ref('stg_tiktags__loads') -%}
    {% do ref('int_hashtag_observations') if by_id -%}
    {% if not (execute and is_incremental()) -%}
        {{ return(false) }}
    {%- endif %}
    {% set last = run_query('select max(' ~ last_date ~ ') from ' ~ this).columns[0].values()[0] | string -%}
    {{ return(touched_dates(subjects, by_id) | select('le', last) | list | length == 0) }}
{%- endmacro %}


{#-
For models whose rows look back, never ahead: the first date that new loads touch, as a literal, from which on all is
written again. In a full build the first of all dates, in a build without new loads the last.
-#}
{% macro first_touched_date(subjects) -%}
    {% do ref('stg_tiktags__loads') -%}
    {% if not (execute and is_incremental()) -%}
        {{ return("date '0001-01-01'") }}
    {%- endif %}
    {{ return("date '" ~ (touched_dates(subjects) | first or '9999-12-31') ~ "'") }}
{%- endmacro %}


{#- Pre-hook: what is written again is deleted first. -#}
{% macro forget_since(first_date) -%}
    {% if is_incremental() -%}
        delete from {{ this }} where snapshot_date >= {{ first_date }}
    {%- endif %}
{%- endmacro %}


{#- Post-hook: rows of earlier builds take over what a dimension says now. -#}
{% macro follow_dimension(dimension, key, columns) -%}
    {% if is_incremental() -%}
        update {{ this }} set
        {%- for column in columns %}
            {{ column }} = dimension.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
        from {{ dimension }} as dimension
        where {{ this.identifier }}.{{ key }} = dimension.{{ key }}
            and (
                {%- for column in columns %}
                {{ 'or ' if not loop.first }}{{ differ(this.identifier ~ '.' ~ column, 'dimension.' ~ column) }}
                {%- endfor %}
            )
    {%- endif %}
{%- endmacro %}
