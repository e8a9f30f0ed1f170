with
hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

span as (
    select max(snapshot_date) - {{ var('cooccurrence_days') }} as first_date
    from {{ ref('stg_tiktags__loads') }}
),

carried as (
    select
        bridge.video_id,
        bridge.hashtag_key
    from {{ ref('bridge_video_hashtag') }} as bridge
    cross join span
    where bridge.last_seen_date > span.first_date
),

totals as (
    select * from {{ ref('int_video_totals') }}
),

corpus as (
    select count(distinct video_id) as video_count
    from carried
),

sizes as (
    select
        hashtag_key,
        count(*) as video_count
    from carried
    group by hashtag_key
),

watched as (
    select
        carried.hashtag_key,
        carried.video_id,
        totals.view_count
    from carried
    inner join hashtags on carried.hashtag_key = hashtags.hashtag_key
    left join totals on carried.video_id = totals.video_id
    where hashtags.is_watched
),

pairs as (
    select
        watched.hashtag_key,
        carried.hashtag_key as other_hashtag_key,
        count(*) as video_count,
        percentile_cont(0.5) within group (
            order by cast(watched.view_count as {{ type_double() }})
        ) as median_view_count
    from watched
    inner join carried on watched.video_id = carried.video_id
    where watched.hashtag_key <> carried.hashtag_key
    group by watched.hashtag_key, carried.hashtag_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by video_count desc, {{ bytewise('other_hashtag_key') }}
        ) as rank
    from pairs
),

final as (
    select
        ranked.hashtag_key,
        ranked.other_hashtag_key,
        hashtags.hashtag_name,
        others.hashtag_name as other_hashtag_name,
        ranked.rank,
        ranked.video_count,
        {{ ratio('ranked.video_count', 'sizes.video_count') }} as share_of_videos,
        {{ ratio(
            'ranked.video_count', 'sizes.video_count + other_sizes.video_count - ranked.video_count'
        ) }} as jaccard,
        {{ ratio('ranked.video_count', 'sizes.video_count') }}
        * {{ ratio('corpus.video_count', 'other_sizes.video_count') }} as lift,
        ranked.median_view_count
    from ranked
    inner join hashtags on ranked.hashtag_key = hashtags.hashtag_key
    inner join hashtags as others on ranked.other_hashtag_key = others.hashtag_key
    inner join sizes on ranked.hashtag_key = sizes.hashtag_key
    inner join sizes as other_sizes on ranked.other_hashtag_key = other_sizes.hashtag_key
    cross join corpus
    where ranked.rank <= 100
)

select * from final
