{{ config(severity='warn') }}

-- Warns of implausible numbers on the last date; each row names the claim. The marts are still published.
with
last_date as (
    select max(snapshot_date) as snapshot_date from {{ ref('fct_hashtag_stats_daily') }}
),

growth as (
    select growth.*
    from {{ ref('rpt_hashtag_growth') }} as growth
    inner join last_date on growth.snapshot_date = last_date.snapshot_date
),

failures as (
    select
        'no count is negative' as claim,
        hashtag_key as place
    from growth
    where view_count < 0 or video_count < 0 or creator_count < 0

    union all

    select
        'no hashtag lost half of its views' as claim,
        hashtag_key as place
    from growth
    where -view_correction > view_count

    union all

    select
        'no hashtag has more videos than views' as claim,
        hashtag_key as place
    from growth
    where video_count > view_count
)

select * from failures
