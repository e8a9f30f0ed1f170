{#- The lower (-) or upper (+) end of Wilson's 95 % interval of a share; null if the whole is 0. -#}
{% macro wilson(part, whole, sign) -%}
    ({{ part }} + 1.9208 {{ sign }} 1.96 * sqrt({{ ratio(part ~ ' * (' ~ whole ~ ' - ' ~ part ~ ')', whole) }} + 0.9604))
    / nullif({{ whole }} + 3.8416, 0)
{%- endmacro %}
