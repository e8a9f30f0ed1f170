-- Fails for each place where two grains disagree; each row names the claim. Nothing is published then.
with
last_date as (
    select max(snapshot_date) as snapshot_date from {{ ref('fct_hashtag_feed_daily') }}
),

failures as (
    {{ differing_dates('every hashtag of fct_hashtag_stats_daily is in rpt_hashtag_growth', [
        (ref('fct_hashtag_stats_daily'), '1'),
        (ref('rpt_hashtag_growth'), '-1'),
    ]) }}

    union all

    {{ differing_dates('every gain of rpt_hashtag_growth is scored in rpt_early_signals', [
        (ref('rpt_hashtag_growth'), 'case when view_gain_per_day is not null or is_corrected then 1 else 0 end'),
        (ref('rpt_early_signals'), '-1'),
    ]) }}

    union all

    select
        'no hashtag gains less than nothing' as claim,
        gains.hashtag_key || ' ' || cast(gains.snapshot_date as text) as place
    from {{ ref('int_hashtag_gains') }} as gains
    where gains.view_gain < 0 or (gains.is_below_mark and gains.view_gain is not null)

    union all

    select
        'shares of voice are between 0 and 1' as claim,
        campaign || ' ' || hashtag_key || ' ' || cast(snapshot_date as text) as place
    from {{ ref('rpt_share_of_voice') }}
    where not (coalesce(share_of_voice, 0) between 0 and 1 and coalesce(share_of_voice_7d, 0) between 0 and 1)

    union all

    {{ differing_dates('every listed hashtag is in rpt_trend_discovery', [
        (ref('fct_trend_ranks'), '1'),
        (ref('fct_search_ranks'), '1'),
        (ref('rpt_trend_discovery'), "case when status = 'left' then 0 else -1 end"),
    ]) }}

    union all

    {{ differing_dates('rpt_data_cost has all requests of fct_api_requests', [
        (ref('fct_api_requests'), '1'),
        (ref('rpt_data_cost'), '-request_count - replayed_count'),
    ]) }}

    union all

    {{ differing_dates('rpt_data_cost has all credits of fct_api_requests', [
        (ref('fct_api_requests'), 'credits'),
        (ref('rpt_data_cost'), '-credits'),
    ]) }}

    union all

    select
        'the shares of voice of a campaign add up to 1' as claim,
        campaign || ' ' || cast(snapshot_date as text) as place
    from {{ ref('rpt_share_of_voice') }}
    where share_of_voice is not null
    group by campaign, snapshot_date
    having abs(sum(share_of_voice) - 1) > 0.000001

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
        hashtags.hashtag_key as place
    from {{ ref('dim_hashtag') }} as hashtags
    left join {{ ref('dim_hashtag_history') }} as versions
        on hashtags.hashtag_key = versions.hashtag_key
        and versions.is_current
    where (versions.hashtag_key is null and hashtags.hashtag_id is not null)
        or versions.hashtag_key is not null
        and (
            {%- for column in [
                'hashtag_id', 'description', 'is_commerce', 'announcement_title', 'announcement_body',
            ] %}
            {{ 'or ' if not loop.first }}{{ differ('versions.' ~ column, 'hashtags.' ~ column) }}
            {%- endfor %}
        )

    union all

    {% for history, key in [('dim_hashtag_history', 'hashtag_key'), ('dim_creator_history', 'creator_id')] -%}
    select
        'a version of {{ history }} ends where the next begins' as claim,
        {{ key }} as place
    from (
        select
            {{ key }},
            valid_from,
            valid_to,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_from
        from {{ ref(history) }}
    ) as versions_with_next
    where valid_to <= valid_from or {{ differ('valid_to', 'next_from') }}

    union all

    {% endfor -%}
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
