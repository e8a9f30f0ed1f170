with
stats as (
    select * from {{ ref('fct_hashtag_stats_daily') }}
),

gains as (
    select * from {{ ref('int_hashtag_gains') }}
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

voices as (
    select
        *,
        row_number() over (
            partition by hashtag_key, snapshot_date order by {{ bytewise('campaign') }}
        ) as campaign_rank
    from {{ ref('int_campaign_voices') }}
),

final as (
    select
        stats.hashtag_key,
        stats.snapshot_date,
        hashtags.hashtag_name,
        hashtags.role,
        voices.campaign,
        stats.provider,
        stats.precision,
        stats.view_count,
        stats.video_count,
        stats.creator_count,
        gains.provider as gain_provider,
        gains.precision as gain_precision,
        gains.view_gain,
        gains.days_since_mark as days_since_previous,
        gains.view_gain_per_day,
        gains.is_below_mark as is_corrected,
        gains.view_correction,
        gains.growth_rate,
        gains.growth_7d_rate,
        gains.growth_30d_rate,
        gains.view_acceleration,
        gains.video_gain,
        gains.video_gain_per_day,
        voices.share_of_voice,
        voices.share_of_voice_views
    from stats
    inner join hashtags on stats.hashtag_key = hashtags.hashtag_key
    left join gains
        on stats.hashtag_key = gains.hashtag_key
        and stats.snapshot_date = gains.snapshot_date
    left join voices
        on stats.hashtag_key = voices.hashtag_key
        and stats.snapshot_date = voices.snapshot_date
        and voices.campaign_rank = 1
)

select * from final
