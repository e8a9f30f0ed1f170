{{ config(materialized='table') }}

{% set subjects = raw_subjects() %}

with
{% for table, subject in subjects.items() %}
{{ table }} as (
    {{ completed_rows(table) }}
),
{% endfor %}

load_rows as (
    {% for table, subject in subjects.items() %}
    select
        _dlt_load_id as load_id,
        '{{ subject }}' as subject,
        snapshot_date,
        {% if table in ['tikliveapi_videos', 'unifapi_videos'] -%}
        case when requested_hashtag is null then requested_hashtag_id end as asked_hashtag_id
        {%- else -%}
        cast(null as text) as asked_hashtag_id
        {%- endif %},
        {% if subject == 'videos' -%}
        observed_at
        {%- else -%}
        cast(null as timestamp) as observed_at
        {%- endif %}
    from {{ table }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

distinct_loads as (
    select
        load_id,
        subject,
        snapshot_date,
        asked_hashtag_id,
        min(observed_at) as first_observed_at
    from load_rows
    group by load_id, subject, snapshot_date, asked_hashtag_id
)

select * from distinct_loads
