with
hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

period as (
    select max(snapshot_date) - {{ var('cooccurrence_days') }} as first_date
    from {{ ref('stg_tiktags__loads') }}
),

recent_video_hashtags as (
    select
        bridge.video_id,
        bridge.hashtag_key
    from {{ ref('bridge_video_hashtag') }} as bridge
    cross join period
    where bridge.last_seen_date > period.first_date
),

totals as (
    select * from {{ ref('int_video_totals') }}
),

corpus as (
    select count(distinct video_id) as video_count
    from recent_video_hashtags
),

hashtag_sizes as (
    select
        hashtag_key,
        count(*) as video_count
    from recent_video_hashtags
    group by hashtag_key
),

watchlist_videos as (
    select
        recent_video_hashtags.hashtag_key,
        recent_video_hashtags.video_id,
        totals.view_count
    from recent_video_hashtags
    inner join hashtags on recent_video_hashtags.hashtag_key = hashtags.hashtag_key
    left join totals on recent_video_hashtags.video_id = totals.video_id
    where hashtags.is_watched
),

pairs as (
    select
        watchlist_videos.hashtag_key,
        recent_video_hashtags.hashtag_key as other_hashtag_key,
        count(*) as video_count,
        percentile_cont(0.5) within group (
            order by cast(watchlist_videos.view_count as {{ type_double() }})
        ) as median_view_count
    from watchlist_videos
    inner join recent_video_hashtags on watchlist_videos.video_id = recent_video_hashtags.video_id
    where watchlist_videos.hashtag_key <> recent_video_hashtags.hashtag_key
    group by watchlist_videos.hashtag_key, recent_video_hashtags.hashtag_key
),

pairs_with_rank as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by video_count desc, {{ bytewise('other_hashtag_key') }}
        ) as rank
    from pairs
),

final as (
    select
        pairs_with_rank.hashtag_key,
        pairs_with_rank.other_hashtag_key,
        hashtags.hashtag_name,
        others.hashtag_name as other_hashtag_name,
        pairs_with_rank.rank,
        pairs_with_rank.video_count,
        {{ ratio('pairs_with_rank.video_count', 'hashtag_sizes.video_count') }} as share_of_videos,
        {{ ratio(
            'pairs_with_rank.video_count', 'hashtag_sizes.video_count + other_sizes.video_count - pairs_with_rank.video_count'
        ) }} as jaccard,
        {{ ratio('pairs_with_rank.video_count', 'hashtag_sizes.video_count') }}
        * {{ ratio('corpus.video_count', 'other_sizes.video_count') }} as lift,
        pairs_with_rank.median_view_count
    from pairs_with_rank
    inner join hashtags on pairs_with_rank.hashtag_key = hashtags.hashtag_key
    inner join hashtags as others on pairs_with_rank.other_hashtag_key = others.hashtag_key
    inner join hashtag_sizes on pairs_with_rank.hashtag_key = hashtag_sizes.hashtag_key
    inner join hashtag_sizes as other_sizes on pairs_with_rank.other_hashtag_key = other_sizes.hashtag_key
    cross join corpus
    where pairs_with_rank.rank <= 100
)

select * from final
