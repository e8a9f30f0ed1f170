{#-
The two lists that a new provider extends, beside its folder in models/staging and its row in seeds/providers.csv.
A provider of videos also gets its columns in int_video_observations and its name in int_video_hashtags.
-#}

{#- The subject of each raw table: incremental models take in the loads of their subjects. -#}
{% macro raw_subjects() -%}
    {{ return({
        'crawlora_hashtags': 'hashtags',
        'crawlora_trends': 'trends',
        'crawlora_creative_center': 'trends',
        'tikliveapi_hashtags': 'hashtags',
        'tikliveapi_search': 'searches',
        'tikliveapi_videos': 'videos',
        'unifapi_videos': 'videos',
        'scraper_items': 'videos',
        'watchlist': 'runs',
        'walks': 'runs',
        'api_requests': 'runs',
    }) }}
{%- endmacro %}


{#- The provider of each staging model with exact counts of hashtags; all have the columns of the first. -#}
{% macro hashtag_models() -%}
    {{ return({
        'stg_tikliveapi__hashtags': 'tikliveapi',
        'stg_tikliveapi__searches': 'tikliveapi',
    }) }}
{%- endmacro %}
