{% set common = {
    'requested_hashtag': 'text',
    'has_hashtag_list': 'boolean',
    'caption': 'text',
    'region': 'text',
    'posted_at': 'timestamp',
    'duration_seconds': type_double(),
    'play_url': 'text',
    'cover_url': 'text',
    'creator_id': 'text',
    'creator_handle': 'text',
    'creator_display_name': 'text',
    'creator_avatar_url': 'text',
    'sound_id': 'text',
    'sound_title': 'text',
    'sound_author_name': 'text',
    'is_original_sound': 'boolean',
    'view_count': 'bigint',
    'like_count': 'bigint',
    'comment_count': 'bigint',
    'share_count': 'bigint',
} %}

{% set special = {
    'requested_hashtag_id': ['text', 'tikliveapi', 'unifapi'],
    'title': ['text', 'unifapi'],
    'language': ['text', 'scraper'],
    'width': ['bigint', 'unifapi', 'scraper'],
    'height': ['bigint', 'unifapi', 'scraper'],
    'is_image_post': ['boolean', 'unifapi'],
    'has_watermark': ['boolean', 'scraper'],
    'watermark_free_url': ['text', 'tikliveapi', 'scraper'],
    'download_url': ['text', 'tikliveapi', 'scraper'],
    'embed_url': ['text', 'unifapi'],
    'share_url': ['text', 'unifapi', 'scraper'],
    'allows_comment': ['boolean', 'scraper'],
    'allows_share': ['boolean', 'scraper'],
    'allows_download': ['boolean', 'scraper'],
    'allows_duet': ['boolean', 'scraper'],
    'allows_stitch': ['boolean', 'scraper'],
    'allows_react': ['boolean', 'scraper'],
    'is_private': ['boolean', 'scraper'],
    'is_in_review': ['boolean', 'scraper'],
    'is_reviewed': ['boolean', 'scraper'],
    'is_prohibited': ['boolean', 'scraper'],
    'risk_content': ['text', 'scraper'],
    'risk_type': ['bigint', 'scraper'],
    'is_risk_sink': ['boolean', 'scraper'],
    'has_risk_vote': ['boolean', 'scraper'],
    'has_risk_warning': ['boolean', 'scraper'],
    'playlist_id': ['text', 'scraper'],
    'playlist_name': ['text', 'scraper'],
    'playlist_video_count': ['bigint', 'scraper'],
    'creator_bio': ['text', 'scraper'],
    'creator_region': ['text', 'scraper'],
    'creator_language': ['text', 'scraper'],
    'is_verified_creator': ['boolean', 'scraper'],
    'creator_youtube_channel_id': ['text', 'scraper'],
    'creator_youtube_channel_title': ['text', 'scraper'],
    'sound_owner_handle': ['text', 'scraper'],
    'sound_owner_id': ['text', 'scraper'],
    'sound_duration_seconds': [type_double(), 'tikliveapi', 'scraper'],
    'sound_play_url': ['text', 'tikliveapi', 'scraper'],
    'save_count': ['bigint', 'tikliveapi', 'scraper'],
    'download_count': ['bigint', 'tikliveapi'],
} %}

with
unifapi as (
    select * from {{ ref('stg_unifapi__videos') }}
),

tikliveapi as (
    select * from {{ ref('stg_tikliveapi__videos') }}
),

scraper as (
    select * from {{ ref('stg_scraper__videos') }}
),

providers as (
    select * from {{ ref('providers') }}
),

unioned as (
    {% for provider in ['unifapi', 'tikliveapi', 'scraper'] %}
    select
        '{{ provider }}' as provider,
        request_key,
        position,
        feed_position,
        load_id,
        video_id,
        {%- for column, type in common.items() %}
        cast({{ column }} as {{ type }}) as {{ column }},
        {%- endfor %}
        {%- for column, given in special.items() %}
        cast({{ column if provider in given[1:] else 'null' }} as {{ given[0] }}) as {{ column }},
        {%- endfor %}
        snapshot_date,
        observed_at
    from {{ provider }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked as (
    select
        unioned.*,
        providers.rank as provider_rank
    from unioned
    inner join providers on unioned.provider = providers.provider
    where unioned.video_id is not null
)

select * from ranked
