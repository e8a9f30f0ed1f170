with
watchlist as (
    select * from {{ ref('int_watchlist') }}
),

memberships as (
    select
        campaign,
        hashtag_key,
        min(run_age) = 1 as is_current,
        min(snapshot_date) as first_seen_date,
        max(snapshot_date) as last_seen_date
    from watchlist
    where campaign is not null
    group by campaign, hashtag_key
)

select * from memberships
