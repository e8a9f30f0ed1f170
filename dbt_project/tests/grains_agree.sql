-- Fails for each place where two grains disagree; the claim is in the row. Nothing is published then.
with
last_date as (
    select max(snapshot_date) as snapshot_date from {{ ref('fct_hashtag_feed_daily') }}
),

failures as (
    select
        'every hashtag of fct_hashtag_stats_daily is in rpt_hashtag_growth' as claim,
        cast(snapshot_date as text) as place
    from (
        select
            snapshot_date,
            1 as difference
        from {{ ref('fct_hashtag_stats_daily') }}
        union all
        select
            snapshot_date,
            -1 as difference
        from {{ ref('rpt_hashtag_growth') }}
    ) as counted
    group by snapshot_date
    having sum(difference) <> 0

    union all

    select
        'every gain of rpt_hashtag_growth is scored in rpt_early_signals' as claim,
        cast(snapshot_date as text) as place
    from (
        select
            snapshot_date,
            1 as difference
        from {{ ref('rpt_hashtag_growth') }}
        where view_gain_per_day is not null
        union all
        select
            snapshot_date,
            -1 as difference
        from {{ ref('rpt_early_signals') }}
    ) as counted
    group by snapshot_date
    having sum(difference) <> 0

    union all

    select
        'every listed hashtag is in rpt_trend_discovery' as claim,
        cast(snapshot_date as text) as place
    from (
        select
            snapshot_date,
            1 as difference
        from {{ ref('fct_trend_ranks') }}
        union all
        select
            snapshot_date,
            1 as difference
        from {{ ref('fct_search_ranks') }}
        union all
        select
            snapshot_date,
            -1 as difference
        from {{ ref('rpt_trend_discovery') }}
        where coalesce(status, '') <> 'left'
    ) as counted
    group by snapshot_date
    having sum(difference) <> 0

    union all

    select
        'the slices of rpt_content_benchmark add up' as claim,
        hashtag_key as place
    from {{ ref('rpt_content_benchmark') }}
    where dimension in ('all', 'weekday', 'hour', 'weekday_hour')
    group by hashtag_key
    having sum(case when dimension = 'all' then 3 * video_count else -video_count end) <> 0

    union all

    select
        'the feeds of the last date are in bridge_video_hashtag' as claim,
        feeds.hashtag_key || ' ' || feeds.video_id as place
    from {{ ref('fct_hashtag_feed_daily') }} as feeds
    inner join last_date on feeds.snapshot_date = last_date.snapshot_date
    left join {{ ref('bridge_video_hashtag') }} as bridge
        on feeds.hashtag_key = bridge.hashtag_key
        and feeds.video_id = bridge.video_id
    where coalesce(bridge.last_listed_date <> feeds.snapshot_date, true)

    union all

    select
        'the current version of a hashtag is what dim_hashtag says' as claim,
        versions.hashtag_key as place
    from {{ ref('dim_hashtag_history') }} as versions
    inner join {{ ref('dim_hashtag') }} as hashtags on versions.hashtag_key = hashtags.hashtag_key
    where versions.is_current
        and (
            {%- for column in [
                'hashtag_id', 'description', 'is_commerce', 'announcement_title', 'announcement_body',
            ] %}
            {{ 'or ' if not loop.first }}{{ differ('versions.' ~ column, 'hashtags.' ~ column) }}
            {%- endfor %}
        )

    union all

    select
        'every creator has one current version, which is what dim_creator says' as claim,
        creators.creator_id as place
    from {{ ref('dim_creator') }} as creators
    left join {{ ref('dim_creator_history') }} as versions
        on creators.creator_id = versions.creator_id
        and versions.is_current
    group by creators.creator_id
    having count(versions.creator_id) <> 1
        {%- for column in ['handle', 'display_name', 'bio', 'region', 'language'] %}
        or {{ differ('max(versions.' ~ column ~ ')', 'max(creators.' ~ column ~ ')') }}
        {%- endfor %}
)

select * from failures
