{#- The target of a trend list's walk, from the columns of the list. A test compares it with the watchlist's label. -#}
{% macro trend_list_label(country='country_code') -%}
    trend_source || ' ' || {{ country }} || ' ' || cast(period_days as text) || ' days'
    || case when industry_id <> 0 then ' industry ' || cast(industry_id as text) else '' end
    || case when is_new_on_board then ' new on board' else '' end
{%- endmacro %}
