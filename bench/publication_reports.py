"""The statements that make the tables of the schema `reporting` in a publication of `publication.py`."""

from __future__ import annotations

REPORTING = (
    """
    create table reporting.rpt_hashtag_growth as
    select
        stats.hashtag_key,
        stats.snapshot_date,
        hashtags.hashtag_name,
        'own' as role,
        cast(null as varchar) as campaign,
        'exact' as precision,
        'exact' as gain_precision,
        stats.view_count,
        cast(stats.view_count / 1000 as bigint) as video_count,
        cast(null as bigint) as creator_count,
        cast(stats.view_count - lag(stats.view_count) over days as double) as view_gain_per_day,
        cast(1 as double) as video_gain_per_day,
        case when row_number() over days > 1 then 1 end as days_since_previous,
        (stats.view_count - lag(stats.view_count) over days) / lag(stats.view_count) over days as growth_rate,
        (stats.view_count - lag(stats.view_count, 7) over days) / lag(stats.view_count, 7) over days as growth_7d_rate,
        cast(null as double) as growth_30d_rate,
        cast(null as double) as view_acceleration
    from marts.fct_hashtag_stats_daily as stats
    inner join marts.dim_hashtag as hashtags on stats.hashtag_key = hashtags.hashtag_key
    window days as (partition by stats.hashtag_key order by stats.snapshot_date)
    """,
    """
    create table reporting.rpt_early_signals as
    select
        hashtag_key,
        snapshot_date,
        hashtag_name,
        view_gain_per_day,
        8 as history_count,
        view_gain_per_day / 4 as median_gain_per_day,
        cast(4.2 as double) as robust_z_score,
        true as is_signal,
        3 as new_video_count,
        2 as new_creator_count
    from reporting.rpt_hashtag_growth
    where view_gain_per_day is not null
    """,
    """
    create table reporting.rpt_trend_discovery as
    select
        'trend' as source_kind,
        'trend' || i as hashtag_key,
        case when i < {texts} then (select text from texts where place = i) else 'trend' || i end as hashtag_name,
        cast({day} - cast(d as integer) as date) as snapshot_date,
        '' as keyword,
        'C' || l as country_code,
        'Country ' || l as country_name,
        0 as industry_id,
        'All industries' as industry_name,
        7 as period_days,
        false as is_new_on_board,
        'popular_trend' as trend_source,
        (i + d * (1 + i % 3)) % 100 + 1 as rank,
        i + 1 as previous_rank,
        i % 5 - 2 as rank_move,
        'up' as status,
        31 as days_on_list,
        {day} as first_listed_date,
        1000 as publish_count,
        100000 as list_view_count,
        cast(null as bigint) as real_view_count,
        cast(null as double) as view_gain_per_day
    from range(100) as t (i), range(least({days}, 31)) as u (d), range({lists}) as v (l)
    """,
    """
    create table reporting.rpt_content_benchmark as
    select
        tags.hashtag_key,
        'weekday_hour' as dimension,
        w + 1 as weekday,
        h as hour,
        cast(null as varchar) as duration_band,
        cast(null as varchar) as media_type,
        h as video_count,
        h as video_count_at_7d,
        h >= 10 as is_reliable,
        cast(h * 1000 + w as double) as median_view_count_at_7d,
        cast(h * 5000 as double) as p90_view_count_at_7d,
        cast(null as double) as median_view_count_at_1d,
        cast(null as double) as median_view_count_at_30d,
        0.05 as median_engagement_rate,
        cast(null as double) as median_days_to_half_views
    from (select '' as hashtag_key union all select hashtag_key from marts.dim_hashtag) as tags,
        range(7) as t (w), range(24) as u (h)
    where h <> 3 and {videos} > 0
    union all by name
    select
        tags.hashtag_key,
        'all' as dimension,
        {videos} as video_count,
        {videos} as video_count_at_7d,
        true as is_reliable,
        cast(9000 as double) as median_view_count_at_7d,
        cast(90000 as double) as p90_view_count_at_7d
    from (select '' as hashtag_key union all select hashtag_key from marts.dim_hashtag) as tags
    where {videos} > 0
    """,
    """
    create table reporting.rpt_top_creators as
    select
        '' as hashtag_key,
        cast(substr(creator_id, 2) as bigint) + 1 as rank,
        creator_id,
        handle,
        display_name,
        'US' as region,
        cast(null as boolean) as is_verified,
        10 as video_count,
        1000000 - cast(substr(creator_id, 2) as bigint) as view_count,
        1000 as like_count,
        0.05 as engagement_rate,
        500 as view_gain_7d,
        cast({day} as timestamp) as last_posted_at
    from marts.dim_creator
    """,
    """
    create table reporting.rpt_trending_sounds as
    select
        row_number() over (order by sound_id) as rank,
        sound_id,
        title,
        cast(null as varchar) as author_name,
        true as is_original,
        7 as video_count,
        2 as video_count_7d,
        5 as video_count_previous_7d,
        -3 as adoption_change,
        cast(null as varchar) as adoption_reason,
        4 as creator_count,
        100000 as view_count
    from marts.dim_sound
    where {videos} > 0
    """,
    """
    create table reporting.rpt_hashtag_cooccurrence as
    select
        one.hashtag_key,
        other.hashtag_key as other_hashtag_key,
        row_number() over (partition by one.hashtag_key order by other.hashtag_key) as rank,
        5 as video_count,
        0.25 as share_of_videos,
        1.5 as lift,
        1.1 as lift_low,
        2.1 as lift_high,
        cast(null as varchar) as lift_reason,
        cast(9000 as double) as median_view_count_at_7d
    from marts.dim_hashtag as one
    inner join marts.dim_hashtag as other on one.hashtag_key <> other.hashtag_key
    where {videos} > 0
    qualify rank <= 100
    """,
    """
    create table reporting.rpt_campaign_monitor as
    select
        'holiday-2026' as campaign,
        cast({day} - cast(d as integer) as date) as snapshot_date,
        case l when 1 then 'en' else '' end as language,
        case l when 2 then 'US' else '' end as region,
        4 as hashtag_count,
        3 as counted_hashtag_count,
        100 as listed_video_count,
        5 as new_video_count,
        30 as creator_count,
        1 as new_creator_count,
        1000000 as view_count,
        5000 as view_gain,
        0.06 as engagement_rate,
        (select text from texts where place = 0) as top_creator_handle,
        0.2 as top_creator_view_share,
        case l when 0 then 90000000 end as hashtag_view_count,
        case l when 0 then 0.5 end as cost_usd
    from range({days}) as t (d), range(3) as u (l)
    where {hashtags} > 0
    """,
    """
    create table reporting.rpt_share_of_voice as
    select
        'holiday-2026' as campaign,
        hashtag_key,
        hashtag_name,
        'own' as role,
        snapshot_date,
        view_gain_per_day,
        case when view_gain_per_day is not null then 1.0 / {hashtags} end as share_of_voice,
        1.0 / {hashtags} as share_of_voice_views
    from reporting.rpt_hashtag_growth
    """,
    """
    create table reporting.rpt_competitor_monitor as
    select
        'holiday-2026' as campaign,
        hashtag_key,
        hashtag_name,
        'own' as role,
        '' as language,
        '' as region,
        snapshot_date,
        view_count,
        view_gain_per_day,
        growth_7d_rate,
        10 as listed_video_count,
        5 as creator_count,
        1000 as video_view_count,
        0.1 as engagement_rate,
        1.0 as view_count_vs_own,
        cast(null as double) as gain_vs_own
    from reporting.rpt_hashtag_growth
    """,
    """
    create table reporting.rpt_data_cost as
    select
        cast({day} - cast(d as integer) as date) as snapshot_date,
        p.provider,
        'videos' as endpoint,
        10 as request_count,
        0 as replayed_count,
        1 as failed_count,
        0 as unknown_count,
        80 as credits,
        p.cost_usd,
        100000 as bytes,
        500 as new_observation_count
    from range({days}) as t (d), (values ('unifapi', 0.5), ('tikliveapi', null)) as p (provider, cost_usd)
    """,
    """
    create table reporting.rpt_coverage as
    select
        cast({day} - cast(d as integer) as date) as snapshot_date,
        'unifapi' as provider,
        'videos' as endpoint,
        '#tag' || i as target,
        i > 0 as is_complete,
        case when i > 0 then 'feed_end' else 'balance' end as stop_reason,
        case when i > 0 then 'The feed was walked to its end.' else 'The account ran out of credits.' end as reason,
        3 as pages,
        60 as items,
        60 as credits,
        {day} as last_complete_date
    from range({days}) as t (d), range({hashtags}) as u (i)
    """,
    """
    create table reporting.rpt_freshness as
    select
        'unifapi' as provider,
        'videos' as entity,
        cast({day} as timestamp) as observed_at,
        {day} as newest_snapshot_date,
        1200 as item_count_newest_date,
        0 as age_days
    where {days} > 0
    """,
    """
    create table reporting.rpt_provider_agreement as
    select
        hashtag_key,
        snapshot_date,
        'view_count' as measure,
        'crawlora' as provider,
        'tikliveapi' as other_provider,
        false as is_rounded,
        view_count as value,
        view_count + 10 as other_value,
        10 as difference,
        10.0 / view_count as relative_difference
    from reporting.rpt_hashtag_growth
    """,
)
