with
hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

pairs as (
    select
        *,
        row_number() over (
            partition by hashtag_key order by video_count desc, {{ bytewise('other_hashtag_key') }}
        ) as rank,
        case
            when video_count < {{ var('cooccurrence_videos') }} then 'too few videos with both hashtags'
            when base_video_count < {{ var('cooccurrence_base_videos') }} then 'too few videos of other feeds'
            when base_other_count = 0 then 'no video of other feeds has the other hashtag'
        end as lift_reason
    from {{ ref('int_hashtag_pairs') }}
),

pairs_with_shares as (
    select
        *,
        {{ ratio('video_count', 'hashtag_video_count') }} as share_of_videos,
        {{ wilson('video_count', 'hashtag_video_count', '-') }} as share_low,
        {{ wilson('video_count', 'hashtag_video_count', '+') }} as share_high,
        {{ ratio('base_other_count', 'base_video_count') }} as base_share,
        {{ wilson('base_other_count', 'base_video_count', '-') }} as base_low,
        {{ wilson('base_other_count', 'base_video_count', '+') }} as base_high
    from pairs
    where rank <= 100
),

-- Distances on a logarithmic scale; two shares that have videos in common move together.
pairs_with_distances as (
    select
        *,
        ln(share_of_videos / share_low) as below,
        ln(share_high / share_of_videos) as above,
        ln(base_share / base_low) as base_below,
        ln(base_high / base_share) as base_above,
        2 * overlap_count
        / sqrt(cast(hashtag_video_count as {{ type_double() }}) * base_video_count) as double_correlation
    from pairs_with_shares
    where lift_reason is null
),

lifts as (
    select
        hashtag_key,
        other_hashtag_key,
        share_of_videos / base_share as lift,
        below * below + base_above * base_above - double_correlation * below * base_above as below_squared,
        above * above + base_below * base_below - double_correlation * above * base_below as above_squared
    from pairs_with_distances
),

final as (
    select
        pairs_with_shares.hashtag_key,
        pairs_with_shares.other_hashtag_key,
        hashtags.hashtag_name,
        others.hashtag_name as other_hashtag_name,
        pairs_with_shares.rank,
        pairs_with_shares.video_count,
        pairs_with_shares.hashtag_video_count,
        pairs_with_shares.share_of_videos,
        pairs_with_shares.share_low,
        pairs_with_shares.share_high,
        pairs_with_shares.base_video_count,
        pairs_with_shares.base_share,
        lifts.lift,
        lifts.lift * exp(-sqrt(greatest(lifts.below_squared, 0))) as lift_low,
        lifts.lift * exp(sqrt(greatest(lifts.above_squared, 0))) as lift_high,
        pairs_with_shares.lift_reason,
        pairs_with_shares.median_view_count_at_7d
    from pairs_with_shares
    inner join hashtags on pairs_with_shares.hashtag_key = hashtags.hashtag_key
    inner join hashtags as others on pairs_with_shares.other_hashtag_key = others.hashtag_key
    left join lifts
        on pairs_with_shares.hashtag_key = lifts.hashtag_key
        and pairs_with_shares.other_hashtag_key = lifts.other_hashtag_key
)

select * from final
