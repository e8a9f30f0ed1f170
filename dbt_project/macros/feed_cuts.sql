{#-
int_feed_cuts counts a date with the traits (creator, language, region) and the campaigns of its videos. A trait or a
membership that becomes known later changes dates that no load touches: those from the first listing on.
int_counted_videos and int_counted_memberships hold the values of the last count. The hooks of int_feed_cuts write them
in its own transaction, so a crash leaves all of it or nothing.
-#}

{% macro counted_video_columns() -%}
    {{ return(['video_id', 'creator_id', 'language', 'region']) }}
{%- endmacro %}


{% macro membership_columns() -%}
    {{ return(['campaign', 'hashtag_key', 'snapshot_date']) }}
{%- endmacro %}


{#- The first date to count again, as a literal: 0001-01-01 in a full build, 9999-12-31 if nothing changed. -#}
{% macro first_uncounted_date() -%}
    {% set traits = counted_video_columns() | join(', ') -%}
    {% set membership = membership_columns() | join(', ') -%}
    {% set query -%}
        with
        videos_with_other_traits as (
            select {{ traits }} from {{ ref('dim_video') }}
            except
            select {{ traits }} from {{ ref('int_counted_videos') }}
        ),

        new_memberships as (
            select {{ membership }} from {{ ref('bridge_campaign_hashtag_daily') }}
            except
            select {{ membership }} from {{ ref('int_counted_memberships') }}
        ),

        ended_memberships as (
            select {{ membership }} from {{ ref('int_counted_memberships') }}
            except
            select {{ membership }} from {{ ref('bridge_campaign_hashtag_daily') }}
        ),

        -- A hashtag that is new to a campaign also changes what was new to the campaign before.
        changed_pairs as (
            (
                select campaign, hashtag_key from new_memberships
                except
                select campaign, hashtag_key from {{ ref('int_counted_memberships') }}
            )
            union all
            (
                select campaign, hashtag_key from ended_memberships
                except
                select campaign, hashtag_key from {{ ref('bridge_campaign_hashtag_daily') }}
            )
        ),

        changed_dates as (
            select min(first_listed_date) as changed_date
            from {{ ref('bridge_video_hashtag') }}
            where video_id in (select video_id from videos_with_other_traits)
                or hashtag_key in (select hashtag_key from changed_pairs)
            union all
            select min(snapshot_date) as changed_date from new_memberships
            union all
            select min(snapshot_date) as changed_date from ended_memberships
        )

        select min(changed_date) as first_date
        from changed_dates
        having min(changed_date) is not null
    {%- endset %}
    {% set touched = touched_dates('videos', by_id=true) -%}
    {% if touched is none -%}
        {{ return("date '0001-01-01'") }}
    {%- endif %}
    {% set changed = run_query(query).columns[0].values() | map('string') | list -%}
    {{ return("date '" ~ ((changed + touched) | min or '9999-12-31') ~ "'") }}
{%- endmacro %}


{#- Grouping sets of the four cuts: all videos, by language, by region, by both. -#}
{% macro feed_cuts(more_columns) -%}
    grouping sets (
        {%- for cut in [[], ['language'], ['region'], ['language', 'region']] %}
        ({{ (['campaign', 'hashtag_key', 'snapshot_date'] + cut + more_columns) | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{#- False for the group of the videos whose language or region is unknown. -#}
{% macro is_known_cut() -%}
    (grouping(language) = 1 or language is not null) and (grouping(region) = 1 or region is not null)
{%- endmacro %}
