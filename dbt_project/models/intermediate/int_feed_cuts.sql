{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook='{{ delete_since(first_uncounted_date()) }}',
    post_hook=[
        "{{ delete_all(ref('int_counted_videos')) }}",
        "{{ insert_columns(ref('int_counted_videos'), counted_video_columns(), ref('dim_video')) }}",
        "{{ delete_all(ref('int_counted_memberships')) }}",
        "{{ insert_columns(ref('int_counted_memberships'), membership_columns(), ref('bridge_campaign_hashtag_daily')) }}",
        '{{ remember_loads() }}',
    ],
) }}
{% set first_date = first_uncounted_date() %}

with
listings as (
    select * from {{ ref('int_feed_listings') }}
    where snapshot_date >= {{ first_date }}
),

video_days as (
    select
        video_id,
        snapshot_date,
        view_count,
        like_count,
        comment_count,
        share_count
    from {{ ref('fct_video_stats_daily') }}
    where snapshot_date >= {{ first_date }}

    union all

    -- The last count before the first date, from which the next gain is measured.
    select
        video_id,
        max(snapshot_date) as snapshot_date,
        {{ latest_known('view_count', 'snapshot_date') }} as view_count,
        cast(null as bigint) as like_count,
        cast(null as bigint) as comment_count,
        cast(null as bigint) as share_count
    from {{ ref('fct_video_stats_daily') }}
    where snapshot_date < {{ first_date }} and view_count is not null
    group by video_id
),

video_days_with_gains as (
    select
        *,
        like_count + comment_count + share_count as engagement_count,
        view_count - lag(view_count) over (
            partition by video_id, view_count is null order by snapshot_date
        ) as view_gain
    from video_days
),

listings_with_counts as (
    select
        listings.*,
        stats.view_count,
        stats.like_count,
        stats.comment_count,
        stats.share_count,
        stats.engagement_count,
        stats.view_gain,
        row_number() over (
            partition by listings.campaign, listings.hashtag_key, listings.snapshot_date
            order by stats.view_count desc nulls last, {{ bytewise('listings.video_id') }}
        ) as view_rank
    from listings
    left join video_days_with_gains as stats
        on listings.video_id = stats.video_id
        and listings.snapshot_date = stats.snapshot_date
),

-- A video without a known language or region is only in the cuts for all of them.
cuts as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        coalesce(language, '') as cut_language,
        coalesce(region, '') as cut_region,
        count(*) as listed_video_count,
        cast(sum(cast(is_new_video as integer)) as bigint) as new_video_count,
        count(distinct creator_id) as creator_count,
        case
            when count(is_new_creator) > 0 then count(distinct case when is_new_creator then creator_id end)
        end as new_creator_count,
        cast(sum(view_count) as bigint) as view_count,
        cast(sum(like_count) as bigint) as like_count,
        cast(sum(comment_count) as bigint) as comment_count,
        cast(sum(share_count) as bigint) as share_count,
        cast(sum(case when view_count is not null then engagement_count end) as bigint) as engagement_count,
        cast(sum(case when engagement_count is not null then view_count end) as bigint) as engaged_view_count,
        cast(sum(view_gain) as bigint) as view_gain,
        {{ latest_known('case when view_count is not null then video_id end', '-view_rank') }} as top_video_id
    from listings_with_counts
    group by {{ feed_cuts([]) }}
    having {{ is_known_cut() }}
),

creator_cuts as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        coalesce(language, '') as cut_language,
        coalesce(region, '') as cut_region,
        creator_id,
        cast(sum(view_count) as bigint) as view_count
    from listings_with_counts
    where creator_id is not null and view_count is not null
    group by {{ feed_cuts(['creator_id']) }}
    having {{ is_known_cut() }}
),

creator_cuts_with_ranks as (
    select
        *,
        row_number() over (
            partition by campaign, hashtag_key, snapshot_date, cut_language, cut_region
            order by view_count desc, {{ bytewise('creator_id') }}
        ) as view_rank
    from creator_cuts
),

final as (
    select
        cuts.campaign,
        cuts.hashtag_key,
        cuts.snapshot_date,
        cuts.cut_language as language,
        cuts.cut_region as region,
        cuts.top_video_id,
        top_creators.creator_id as top_creator_id,
        cuts.listed_video_count,
        cuts.new_video_count,
        cuts.creator_count,
        cuts.new_creator_count,
        cuts.view_count,
        cuts.like_count,
        cuts.comment_count,
        cuts.share_count,
        cuts.engagement_count,
        cuts.engaged_view_count,
        cuts.view_gain,
        top_creators.view_count as top_creator_view_count
    from cuts
    left join creator_cuts_with_ranks as top_creators
        on cuts.campaign = top_creators.campaign
        and cuts.hashtag_key = top_creators.hashtag_key
        and cuts.snapshot_date = top_creators.snapshot_date
        and cuts.cut_language = top_creators.cut_language
        and cuts.cut_region = top_creators.cut_region
        and top_creators.view_rank = 1
)

select * from final
