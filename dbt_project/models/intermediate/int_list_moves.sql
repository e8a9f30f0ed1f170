with
entries as (
    select * from {{ ref('int_list_entries') }}
),

snapshots as (
    select * from {{ ref('int_list_snapshots') }}
),

entries_with_neighbours as (
    select
        entries.*,
        snapshots.first_complete_date_before,
        snapshots.next_complete_date,
        lag(entries.snapshot_date) over by_hashtag as previous_listed_date,
        lag(entries.rank) over by_hashtag as last_rank,
        lag(snapshots.next_complete_date) over by_hashtag as complete_date_after_previous,
        lead(entries.snapshot_date) over by_hashtag as next_listed_date,
        row_number() over by_hashtag as days_on_list,
        min(entries.snapshot_date) over by_hashtag as first_listed_date
    from entries
    inner join snapshots
        on entries.list_key = snapshots.list_key
        and entries.snapshot_date = snapshots.snapshot_date
    window by_hashtag as (partition by entries.list_key, entries.hashtag_key order by entries.snapshot_date)
),

entries_with_arrival as (
    select
        *,
        -- A hashtag has entered only where an earlier complete walk did not list it.
        previous_listed_date is null and first_complete_date_before is not null
        or coalesce(complete_date_after_previous < snapshot_date, false) as has_entered
    from entries_with_neighbours
),

{% set list_columns = [
    'list_key', 'source_kind', 'keyword', 'trend_source', 'country_code', 'industry_id', 'period_days',
    'is_new_on_board',
] -%}

moves as (
    select
        {{ list_columns | join(',\n        ') }},
        hashtag_key,
        snapshot_date,
        hashtag_industry_id,
        false as has_left,
        rank,
        case when not has_entered then last_rank end as previous_rank,
        case when not has_entered then last_rank - rank end as rank_move,
        case
            when has_entered then 'entered'
            when last_rank = rank then 'stayed'
            when last_rank > rank then 'up'
            when last_rank < rank then 'down'
        end as status,
        days_on_list,
        first_listed_date,
        publish_count,
        list_view_count
    from entries_with_arrival

    union all

    -- A hashtag leaves on the date of the first complete walk after its last entry.
    select
        {{ list_columns | join(',\n        ') }},
        hashtag_key,
        next_complete_date as snapshot_date,
        hashtag_industry_id,
        true as has_left,
        cast(null as bigint) as rank,
        rank as previous_rank,
        cast(null as bigint) as rank_move,
        'left' as status,
        days_on_list,
        first_listed_date,
        cast(null as bigint) as publish_count,
        cast(null as bigint) as list_view_count
    from entries_with_arrival
    where next_complete_date < coalesce(next_listed_date, date '9999-12-31')
)

select * from moves
