with
watchlist as (
    select * from {{ ref('int_watchlist') }}
),

loads as (
    select distinct snapshot_date from {{ ref('stg_tiktags__loads') }}
),

run_dates as (
    select
        snapshot_date,
        min(run_age) as run_age
    from watchlist
    group by snapshot_date
),

first_run as (
    select min(snapshot_date) as snapshot_date from run_dates
),

-- A date without a run, as that of a file that came later, has the watchlist of the run before it.
dates as (
    select
        loads.snapshot_date,
        coalesce(max(earlier.snapshot_date), min(first_run.snapshot_date)) as run_date
    from loads
    left join run_dates as earlier on loads.snapshot_date >= earlier.snapshot_date
    cross join first_run
    group by loads.snapshot_date
),

memberships as (
    select distinct
        watchlist.campaign,
        watchlist.hashtag_key,
        dates.snapshot_date
    from dates
    inner join run_dates on dates.run_date = run_dates.snapshot_date
    inner join watchlist
        on run_dates.snapshot_date = watchlist.snapshot_date
        and run_dates.run_age = watchlist.run_age
    where watchlist.campaign is not null
)

select * from memberships
