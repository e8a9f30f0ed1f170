{#- The hashtag of each id, from the latest of its details and search results. -#}
{% macro hashtag_ids(condition='true') -%}
    select
        hashtag_id,
        hashtag_key
    from (
        select
            hashtag_id,
            hashtag_key,
            row_number() over (
                partition by hashtag_id
                order by observed_at desc, provider_rank asc, request_key asc, position asc, precision asc
            ) as recency
        from {{ ref('int_hashtag_observations') }}
        where hashtag_id is not null and hashtag_key is not null and {{ condition }}
    ) as observations_with_recency
    where recency = 1
{%- endmacro %}
