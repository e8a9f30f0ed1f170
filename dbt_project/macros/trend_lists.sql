{#- A trend list as its walk's target says it, from columns of the list; a test holds it against the walk's words. -#}
{% macro trend_list_label(country='country_code') -%}
    trend_source || ' ' || {{ country }} || ' ' || cast(period_days as text) || ' days'
    || case when industry_id <> 0 then ' industry ' || cast(industry_id as text) else '' end
    || case when is_new_on_board then ' new on board' else '' end
{%- endmacro %}
