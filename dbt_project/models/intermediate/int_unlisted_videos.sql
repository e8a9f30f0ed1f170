with
dataset_items as (
    select * from {{ ref('stg_scraper__videos') }}
),

unlisted as (
    select distinct
        video_id,
        snapshot_date
    from dataset_items
    where requested_hashtag is null and video_id is not null
)

select * from unlisted
