with
watchlist as (
    select * from {{ ref('stg_tiktags__watchlist') }}
),

campaigns as (
    select * from {{ ref('stg_tiktags__watchlist_campaigns') }}
),

hashtag_ids as (
    select * from {{ ref('int_hashtag_ids') }}
),

runs as (
    select
        run_id,
        row_number() over (
            order by max(snapshot_date) desc, max(observed_at) desc, max(load_id) desc, run_id desc
        ) as run_age
    from watchlist
    group by run_id
),

entries as (
    select
        run_id,
        hashtag_key,
        hashtag_id,
        hashtag_name,
        role,
        cast(null as text) as campaign,
        snapshot_date
    from watchlist
    where kind = 'hashtag'

    union all

    select
        run_id,
        hashtag_key,
        hashtag_id,
        cast(null as text) as hashtag_name,
        cast(null as text) as role,
        campaign,
        snapshot_date
    from campaigns
),

entries_with_key as (
    select
        coalesce(entries.hashtag_key, hashtag_ids.hashtag_key) as hashtag_key,
        entries.hashtag_name,
        entries.role,
        entries.campaign,
        entries.snapshot_date,
        runs.run_age
    from entries
    inner join runs on entries.run_id = runs.run_id
    left join hashtag_ids on entries.hashtag_id = hashtag_ids.hashtag_id
    where coalesce(entries.hashtag_key, hashtag_ids.hashtag_key) is not null
)

select * from entries_with_key
