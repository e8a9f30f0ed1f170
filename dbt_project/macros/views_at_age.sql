{#- Aggregate over the intervals between a video's counts: its views so many days after posting, null if unknown. -#}
{% macro views_at_age(days) -%}
    {% set at = days * 86400000000 -%}
    max(
        case
            when age = {{ at }} then view_count
            when age < {{ at }} and next_age > {{ at }} and next_age - age <= {{ var('age_gap_ratio') }} * {{ at }}
                then view_count
                    + cast(next_view_count - view_count as {{ type_double() }}) * ({{ at }} - age) / (next_age - age)
        end
    )
{%- endmacro %}
