with
observations as (
    select * from {{ ref('int_hashtag_observations') }}
),

{{ winning_numbers(
    'hashtag_key', ['view_count', 'video_count', 'creator_count'], precision_columns=['video_count'],
) }}

select * from winners
