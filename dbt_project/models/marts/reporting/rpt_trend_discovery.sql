with
moves as (
    select * from {{ ref('int_list_moves') }}
),

hashtags as (
    select * from {{ ref('dim_hashtag') }}
),

countries as (
    select * from {{ ref('dim_country') }}
),

industries as (
    select * from {{ ref('dim_industry') }}
),

view_counts as (
    select
        hashtag_key,
        view_count,
        snapshot_date as known_from,
        lead(snapshot_date, 1, date '9999-12-31') over (
            partition by hashtag_key order by snapshot_date
        ) as known_until
    from {{ ref('fct_hashtag_stats_daily') }}
    where view_count is not null
),

gains as (
    select
        hashtag_key,
        view_gain_per_day,
        snapshot_date as known_from,
        lead(snapshot_date, 1, date '9999-12-31') over (
            partition by hashtag_key order by snapshot_date
        ) as known_until
    from {{ ref('rpt_hashtag_growth') }}
    where view_gain_per_day is not null
),

moves_with_numbers as (
    select
        moves.*,
        hashtags.hashtag_name,
        countries.country_name,
        industries.industry_name,
        view_counts.view_count as real_view_count,
        gains.view_gain_per_day
    from moves
    inner join hashtags on moves.hashtag_key = hashtags.hashtag_key
    left join countries on moves.country_code = countries.country_code
    left join industries on moves.industry_id = industries.industry_id
    left join view_counts
        on moves.hashtag_key = view_counts.hashtag_key
        and moves.snapshot_date >= view_counts.known_from
        and moves.snapshot_date < view_counts.known_until
    left join gains
        on moves.hashtag_key = gains.hashtag_key
        and moves.snapshot_date >= gains.known_from
        and moves.snapshot_date < gains.known_until
),

moves_with_ranks as (
    select
        *,
        row_number() over (
            partition by list_key, snapshot_date, has_left
            order by real_view_count desc nulls last, rank asc nulls last, {{ bytewise('hashtag_key') }}
        ) as view_rank,
        row_number() over (
            partition by list_key, snapshot_date, has_left
            order by view_gain_per_day desc nulls last, rank asc nulls last, {{ bytewise('hashtag_key') }}
        ) as momentum_rank
    from moves_with_numbers
),

final as (
    select
        source_kind,
        hashtag_key,
        hashtag_name,
        snapshot_date,
        keyword,
        country_code,
        country_name,
        industry_id,
        industry_name,
        hashtag_industry_id,
        period_days,
        is_new_on_board,
        trend_source,
        rank,
        previous_rank,
        rank_move,
        status,
        days_on_list,
        first_listed_date,
        publish_count,
        list_view_count,
        real_view_count,
        view_gain_per_day,
        case when not has_left and real_view_count is not null then view_rank end as view_rank,
        case when not has_left and view_gain_per_day is not null then momentum_rank end as momentum_rank
    from moves_with_ranks
)

select * from final
