{#- Fails for each slice of the benchmark that occurs twice; a column that a dimension lacks is null. -#}
{% test unique_slices(model) %}
select
    hashtag_key,
    dimension,
    weekday,
    hour,
    duration_band,
    media_type,
    count(*) as row_count
from {{ model }}
group by hashtag_key, dimension, weekday, hour, duration_band, media_type
having count(*) > 1
{% endtest %}
