with
voices as (
    select * from {{ ref('int_campaign_voices') }}
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

final as (
    select
        voices.campaign,
        voices.hashtag_key,
        voices.snapshot_date,
        hashtags.hashtag_name,
        hashtags.role,
        voices.view_count,
        voices.view_gain_per_day,
        voices.share_of_voice,
        voices.share_of_voice_reason,
        voices.share_of_voice_7d,
        voices.share_of_voice_views
    from voices
    inner join hashtags on voices.hashtag_key = hashtags.hashtag_key
)

select * from final
