{#-
Incremental models with one row per entity keep the latest known attributes. If all new observations are later than the
model's last one, a build merges them: the model's row counts as one more observation, older than the new ones. Any
other build (a date loaded again, an older date) starts from all observations.
-#}

{#- True if the new loads hold only observations later than the model's last one. -#}
{% macro can_merge() -%}
    {% set query -%}
        select 1
        from {{ ref('stg_tiktags__loads') }}
        where subject = 'videos'
            and {{ is_touched('videos') }}
            and first_observed_at <= (select max(last_seen_at) from {{ this }})
        limit 1
    {%- endset %}
    {{ return(execute and is_incremental() and run_query(query).rows | length == 0) }}
{%- endmacro %}


{#-
CTEs that end in `versions`: one row per entity with the latest known value of each attribute; a flag is true if it is
true in any observation. They read a CTE `observations` with provider_rank, request_key, position and observed_at: the
new observations with `is_merge`, else all of them.
-#}
{% macro latest_versions(key, attributes, flags=[], is_merge=false) -%}
observations_with_age as (
    select
        {{ key }},
        {%- for column in attributes + flags %}
        {{ column }},
        {%- endfor %}
        observed_at as first_seen_at,
        observed_at as last_seen_at,
        row_number() over (
            partition by {{ key }} order by observed_at asc, provider_rank desc, request_key desc, position desc
        ) as age_rank
    from observations
    {%- if is_merge %}
    union all
    select
        {{ key }},
        {%- for column in attributes + flags %}
        {{ column }},
        {%- endfor %}
        first_seen_at,
        last_seen_at,
        0 as age_rank
    from {{ this }}
    where {{ key }} in (select {{ key }} from observations)
    {%- endif %}
),

versions as (
    select
        {{ key }},
        {%- for attribute in attributes %}
        {{ latest_known(attribute, 'age_rank') }} as {{ attribute }},
        {%- endfor %}
        {%- for flag in flags %}
        coalesce(bool_or({{ flag }}), false) as {{ flag }},
        {%- endfor %}
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from observations_with_age
    group by {{ key }}
)
{%- endmacro %}
