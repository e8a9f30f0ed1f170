{% set reasons = {
    'feed_end': 'The feed was walked to its end.',
    'max_videos': 'As many items as the watchlist asks for were received.',
    'known_pages': 'Only pages of known items came, as the watchlist allows.',
    'not_found': 'The provider knows no such target.',
    'max_pages': 'The safety limit of pages was reached before the feed ended.',
    'cursor_loop': 'The provider named a place in the feed that it had named before.',
    'no_cursor': 'The provider promised more without saying where it begins.',
    'empty_pages': 'The provider promised more and sent empty pages.',
    'repeated_items': 'The provider repeated a page or an item, also when the page was requested again.',
    'balance': 'The account has no credits left.',
    'budget': 'A limit of the watchlist left no room for the next request.',
    'quota': "The plan's day or month is used up.",
    'auth': 'The provider refused the key, or a dataset may not be read.',
    'no_key': 'There is no key for this provider.',
    'no_hashtag_id': "The hashtag's id is not known yet.",
    'rate_limited': 'The provider asked to wait longer than a run may.',
    'network': 'The connection failed, or a dataset could not be read.',
    'proxy': 'The proxy was away, or refused the connection.',
    'certificate': "The certificate of the provider's server is not trusted.",
    'server_error': "The provider's server failed.",
    'http_error': 'The provider answered with an error.',
    'bad_body': 'The answer could not be read.',
    'bad_envelope': 'The provider said that the request failed.',
    'captcha': 'The provider answered with a captcha.',
    'page_clamped': 'The provider answered with another page than asked for.',
    'interrupted': 'The run ended before the walk did.',
    'not_in_journal': 'The replay found no stored answer.',
} %}

with
attempts as (
    select
        *,
        row_number() over (
            partition by snapshot_date, walk_key
            order by is_complete desc, finished_at desc nulls last, {{ bytewise('run_id') }} desc
        ) as recency,
        sum(credits) over (partition by snapshot_date, walk_key) as all_credits
    from {{ ref('fct_walks') }}
),

-- Of several walks with one target the worst counts, so that a complete one hides no other.
targets as (
    select
        *,
        row_number() over (
            partition by snapshot_date, provider, endpoint, target
            order by is_complete, finished_at desc nulls last, {{ bytewise('walk_key') }}
        ) as place,
        sum(pages) over of_target as target_pages,
        sum(items) over of_target as target_items,
        sum(all_credits) over of_target as target_credits
    from attempts
    where recency = 1
    window of_target as (partition by snapshot_date, provider, endpoint, target)
),

final as (
    select
        snapshot_date,
        provider,
        endpoint,
        target,
        hashtag_key,
        is_complete,
        stop_reason,
        case stop_reason
            {%- for reason, sentence in reasons.items() %}
            when '{{ reason }}' then '{{ sentence | replace("'", "''") }}'
            {%- endfor %}
            else 'It ended with ' || stop_reason || '.'
        end as reason,
        cast(target_pages as bigint) as pages,
        cast(target_items as bigint) as items,
        cast(target_credits as bigint) as credits,
        max(case when is_complete then snapshot_date end) over (
            partition by provider, endpoint, target
            order by snapshot_date
            rows between unbounded preceding and current row
        ) as last_complete_date
    from targets
    where place = 1
)

select * from final
