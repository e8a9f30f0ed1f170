{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook='{{ forget_since(first_uncounted_date()) }}',
    post_hook=[
        '{{ create_counted_videos() }}',
        '{{ create_counted_memberships() }}',
        '{{ forget_moved_videos() }}',
        '{{ remember_videos() }}',
        '{{ forget_memberships() }}',
        '{{ remember_memberships() }}',
        '{{ remember_loads() }}',
    ],
) }}

{% set first_date = first_uncounted_date() %}

with
members as (
    select
        campaign,
        '' as hashtag_key,
        hashtag_key as listed_hashtag_key
    from {{ ref('bridge_campaign_hashtag') }}

    union all

    select distinct
        '' as campaign,
        hashtag_key,
        hashtag_key as listed_hashtag_key
    from {{ ref('bridge_campaign_hashtag') }}
),

videos as (
    select * from {{ ref('dim_video') }}
),

feeds as (
    select * from {{ ref('fct_hashtag_feed_daily') }}
    where snapshot_date >= {{ first_date }}
),

stats as (
    select * from {{ ref('fct_video_stats_daily') }}
    where snapshot_date >= {{ first_date }}
),

listings as (
    select distinct
        members.campaign,
        members.hashtag_key,
        feeds.video_id,
        feeds.snapshot_date
    from feeds
    inner join members on feeds.hashtag_key = members.listed_hashtag_key
),

earlier as (
    select
        video_id,
        max(snapshot_date) as snapshot_date,
        {{ latest_known('view_count', 'snapshot_date') }} as view_count
    from {{ ref('fct_video_stats_daily') }}
    where snapshot_date < {{ first_date }}
        and view_count is not null
        and video_id in (select listings.video_id from listings)
    group by video_id
),

compared as (
    select
        video_id,
        snapshot_date,
        view_count,
        view_count - lag(view_count) over (partition by video_id order by snapshot_date) as view_gain
    from (
        select
            video_id,
            snapshot_date,
            view_count
        from stats
        where view_count is not null

        union all

        select
            video_id,
            snapshot_date,
            view_count
        from earlier
    ) as known
),

debuts as (
    select
        members.campaign,
        members.hashtag_key,
        listed.video_id,
        min(listed.first_listed_date) as video_debut_date
    from {{ ref('bridge_video_hashtag') }} as listed
    inner join members on listed.hashtag_key = members.listed_hashtag_key
    where listed.first_listed_date is not null
    group by members.campaign, members.hashtag_key, listed.video_id
),

creator_debuts as (
    select
        debuts.campaign,
        debuts.hashtag_key,
        videos.creator_id,
        min(debuts.video_debut_date) as creator_debut_date
    from debuts
    inner join videos on debuts.video_id = videos.video_id
    where videos.creator_id is not null
    group by debuts.campaign, debuts.hashtag_key, videos.creator_id
),

described as (
    select
        listings.campaign,
        listings.hashtag_key,
        listings.snapshot_date,
        listings.video_id,
        videos.creator_id,
        videos.language,
        videos.region,
        debuts.video_debut_date = listings.snapshot_date as is_new_video,
        case when creator_debuts.creator_debut_date = listings.snapshot_date then videos.creator_id end
            as new_creator_id,
        stats.view_count,
        stats.like_count,
        stats.comment_count,
        stats.share_count,
        stats.like_count + stats.comment_count + stats.share_count as engagement_count,
        compared.view_gain,
        row_number() over (
            partition by listings.campaign, listings.hashtag_key, listings.snapshot_date
            order by stats.view_count desc nulls last, {{ bytewise('listings.video_id') }}
        ) as place
    from listings
    left join videos on listings.video_id = videos.video_id
    left join stats
        on listings.video_id = stats.video_id
        and listings.snapshot_date = stats.snapshot_date
    left join compared
        on listings.video_id = compared.video_id
        and listings.snapshot_date = compared.snapshot_date
    left join debuts
        on listings.campaign = debuts.campaign
        and listings.hashtag_key = debuts.hashtag_key
        and listings.video_id = debuts.video_id
    left join creator_debuts
        on listings.campaign = creator_debuts.campaign
        and listings.hashtag_key = creator_debuts.hashtag_key
        and videos.creator_id = creator_debuts.creator_id
),

cuts as (
    {% for by_language, by_region in [(false, false), (true, false), (false, true), (true, true)] %}
    select
        described.*,
        {{ 'language' if by_language else "''" }} as cut_language,
        {{ 'region' if by_region else "''" }} as cut_region
    from described
    where {{ 'language is not null' if by_language else 'true' }}
        and {{ 'region is not null' if by_region else 'true' }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

by_creator as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        cut_language,
        cut_region,
        creator_id,
        cast(sum(view_count) as bigint) as view_count
    from cuts
    where creator_id is not null and view_count is not null
    group by campaign, hashtag_key, snapshot_date, cut_language, cut_region, creator_id
),

creator_places as (
    select
        *,
        row_number() over (
            partition by campaign, hashtag_key, snapshot_date, cut_language, cut_region
            order by view_count desc, {{ bytewise('creator_id') }}
        ) as place
    from by_creator
),

counted as (
    select
        campaign,
        hashtag_key,
        snapshot_date,
        cut_language,
        cut_region,
        count(*) as listed_video_count,
        count(case when is_new_video then 1 end) as new_video_count,
        count(distinct creator_id) as creator_count,
        count(distinct new_creator_id) as new_creator_count,
        cast(sum(view_count) as bigint) as view_count,
        cast(sum(like_count) as bigint) as like_count,
        cast(sum(comment_count) as bigint) as comment_count,
        cast(sum(share_count) as bigint) as share_count,
        cast(sum(case when view_count is not null then engagement_count end) as bigint) as engagement_count,
        cast(sum(case when engagement_count is not null then view_count end) as bigint) as engaged_view_count,
        cast(sum(view_gain) as bigint) as view_gain,
        {{ latest_known('case when view_count is not null then video_id end', '-place') }} as top_video_id
    from cuts
    group by campaign, hashtag_key, snapshot_date, cut_language, cut_region
),

final as (
    select
        counted.campaign,
        counted.hashtag_key,
        counted.snapshot_date,
        counted.cut_language as language,
        counted.cut_region as region,
        counted.top_video_id,
        creator_places.creator_id as top_creator_id,
        counted.listed_video_count,
        counted.new_video_count,
        counted.creator_count,
        counted.new_creator_count,
        counted.view_count,
        counted.like_count,
        counted.comment_count,
        counted.share_count,
        counted.engagement_count,
        counted.engaged_view_count,
        counted.view_gain,
        creator_places.view_count as top_creator_view_count
    from counted
    left join creator_places
        on counted.campaign = creator_places.campaign
        and counted.hashtag_key = creator_places.hashtag_key
        and counted.snapshot_date = creator_places.snapshot_date
        and counted.cut_language = creator_places.cut_language
        and counted.cut_region = creator_places.cut_region
        and creator_places.place = 1
)

select * from final
