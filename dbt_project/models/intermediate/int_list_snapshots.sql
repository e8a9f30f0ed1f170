with
entries as (
    select * from {{ ref('int_list_entries') }}
),

walks as (
    select
        case when endpoint = 'search' then 'search ' else 'trend ' end || target as walked_list_key,
        snapshot_date,
        bool_or(is_complete) as is_complete
    from {{ ref('fct_walks') }}
    where endpoint in ('trends', 'creative_center', 'search')
    group by case when endpoint = 'search' then 'search ' else 'trend ' end || target, snapshot_date
),

list_keys as (
    select
        list_key,
        list_key as walked_list_key
    from entries
    union
    select
        list_key,
        all_countries_list_key as walked_list_key
    from entries
    where all_countries_list_key is not null
),

dates as (
    select distinct
        list_key,
        snapshot_date,
        cast(null as boolean) as is_complete
    from entries

    union all

    select
        list_keys.list_key,
        walks.snapshot_date,
        walks.is_complete
    from list_keys
    inner join walks on list_keys.walked_list_key = walks.walked_list_key
),

snapshots as (
    select
        list_key,
        snapshot_date,
        coalesce(bool_and(is_complete), false) as is_complete
    from dates
    group by list_key, snapshot_date
),

snapshots_with_neighbours as (
    select
        *,
        min(case when is_complete then snapshot_date end) over (
            partition by list_key
            order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ) as first_complete_date_before,
        min(case when is_complete then snapshot_date end) over (
            partition by list_key
            order by snapshot_date
            rows between 1 following and unbounded following
        ) as next_complete_date
    from snapshots
)

select * from snapshots_with_neighbours
