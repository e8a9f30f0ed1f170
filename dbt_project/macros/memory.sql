{#-
What the dates of int_feed_cuts were counted with. A video that changes its creator, language or region, or a
hashtag that joins a campaign, changes dates that no load touches: those from its first listing on.
-#}

{% macro counted_videos() -%}
    {{ return(api.Relation.create(database=target.database, schema='intermediate', identifier='counted_videos')) }}
{%- endmacro %}


{% macro counted_memberships() -%}
    {{ return(api.Relation.create(database=target.database, schema='intermediate', identifier='counted_memberships')) }}
{%- endmacro %}


{#- The first date that has to be counted anew, as a literal, in the way of first_touched_date. -#}
{% macro first_uncounted_date() -%}
    {#- dbt learns of references only from what it meets while parsing, when nothing is incremental. -#}
    {% do [ref('stg_tiktags__loads'), ref('int_hashtag_observations'), ref('bridge_video_hashtag')] -%}
    {% do [ref('bridge_campaign_hashtag'), ref('dim_video')] -%}
    {% if not (execute and is_incremental()) -%}
        {{ return("date '0001-01-01'") }}
    {%- endif %}
    {% set query -%}
        with
        moved as (
            select videos.video_id
            from {{ ref('dim_video') }} as videos
            inner join {{ counted_videos() }} as counted on videos.video_id = counted.video_id
            where not ({{ is_counted_so() }})
        ),

        joined as (
            (
                select campaign, hashtag_key from {{ ref('bridge_campaign_hashtag') }}
                except
                select campaign, hashtag_key from {{ counted_memberships() }}
            )
            union all
            (
                select campaign, hashtag_key from {{ counted_memberships() }}
                except
                select campaign, hashtag_key from {{ ref('bridge_campaign_hashtag') }}
            )
        )

        select min(first_listed_date) as first_date
        from {{ ref('bridge_video_hashtag') }}
        where video_id in (select video_id from moved)
            or hashtag_key in (select hashtag_key from joined)
        having min(first_listed_date) is not null
    {%- endset %}
    {% set changed = run_query(query).columns[0].values() | map('string') | list -%}
    {{ return("date '" ~ ((changed + touched_dates(['videos'], by_id=true)) | min or '9999-12-31') ~ "'") }}
{%- endmacro %}


{% macro is_counted_so() -%}
    videos.creator_id is not distinct from counted.creator_id
    and videos.language is not distinct from counted.language
    and videos.region is not distinct from counted.region
{%- endmacro %}


{#- Post-hooks: what the dates are counted with now. -#}
{% macro create_counted_videos() -%}
    create table if not exists {{ counted_videos() }} (video_id text, creator_id text, language text, region text)
{%- endmacro %}


{% macro create_counted_memberships() -%}
    create table if not exists {{ counted_memberships() }} (campaign text, hashtag_key text)
{%- endmacro %}


{% macro forget_moved_videos() -%}
    delete from {{ counted_videos() }}
    where video_id not in (
        select videos.video_id
        from {{ ref('dim_video') }} as videos
        inner join {{ counted_videos() }} as counted on videos.video_id = counted.video_id
        where {{ is_counted_so() }}
    )
{%- endmacro %}


{% macro remember_videos() -%}
    insert into {{ counted_videos() }} (video_id, creator_id, language, region)
    select
        video_id,
        creator_id,
        language,
        region
    from {{ ref('dim_video') }}
    where video_id not in (select video_id from {{ counted_videos() }})
{%- endmacro %}


{% macro forget_memberships() -%}
    delete from {{ counted_memberships() }}
{%- endmacro %}


{% macro remember_memberships() -%}
    insert into {{ counted_memberships() }} (campaign, hashtag_key)
    select
        campaign,
        hashtag_key
    from {{ ref('bridge_campaign_hashtag') }}
{%- endmacro %}
