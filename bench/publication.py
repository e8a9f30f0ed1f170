"""A publication made by SQL alone: any number of videos in a moment, in the columns that the report reads.

The numbers mean nothing; what counts is how many there are, and that some texts are hostile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
from publication_reports import REPORTING

LAST_DAY = "2026-11-20"
# Each is somebody's caption, handle, sound or hashtag.
HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=window.hacked=1>",
    '=HYPERLINK("http://example.invalid","click")',
    "\t+1+1",
    "javascript:window.hacked=1",
    "<!-- <script>",
    "\u202egnp.exe\u202c \u2028 \u2029",
    "{{window.hacked=1}} ${window.hacked=1} `window.hacked`",
    "%%DATA%%",
    "猫 \U0001f408\u200d\u2b1b " + "很长的标题" * 60,
)


@dataclass(frozen=True)
class Size:
    """How much there is of what.

    Args:
        videos: Videos, each observed on every day.
        days: Snapshot dates, the last is 2026-11-20.
        hashtags: Watched hashtags.
        lists: Trend lists, 100 hashtags each.
        creators: Creators of the videos.
    """

    videos: int = 200
    days: int = 40
    hashtags: int = 12
    lists: int = 3
    creators: int = 50


def make_publication(path: Path, size: Size, *, is_hostile: bool = True) -> None:
    """Write a published DuckDB file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute("create schema marts; create schema reporting; set preserve_insertion_order = false")
        connection.execute("create temp table texts (place integer, text varchar)")
        texts = HOSTILE if is_hostile else ("a caption",)
        connection.executemany("insert into texts values (?, ?)", list(enumerate(texts)))
        for statement in (*_CORE, *REPORTING):
            connection.execute(statement.format(day=f"date '{LAST_DAY}'", texts=len(texts), **vars(size)))


_CORE = (
    """
    create table marts.dim_date as
    select cast({day} - cast(i as integer) as date) as date_day from range(120) as t (i)
    """,
    """
    create table marts.dim_hashtag as
    select
        'tag' || i as hashtag_key,
        case when i < {texts} then (select text from texts where place = i) else 'tag' || i end as hashtag_name,
        true as is_watched
    from range({hashtags}) as t (i)
    """,
    """
    create table marts.dim_creator as
    select
        'c' || i as creator_id,
        case when i % 7 = 0 then (select text from texts where place = i % {texts}) else 'creator.' || i end as handle,
        case when i % 5 = 0 then (select text from texts where place = i % {texts}) else 'Creator ' || i end
            as display_name
    from range({creators}) as t (i)
    """,
    """
    create table marts.dim_sound as
    select 's' || i as sound_id, (select text from texts where place = i % {texts}) as title
    from range(least({videos}, 100)) as t (i)
    """,
    """
    create table marts.dim_video as
    select
        cast(7000000000000000000 + i as varchar) as video_id,
        'c' || (i % {creators}) as creator_id,
        's' || (i % least({videos}, 100)) as sound_id,
        texts.text as caption,
        case i % 3 when 0 then 'US' when 1 then 'BR' end as region,
        case i % 4 when 0 then 'en' when 1 then 'ja' end as language,
        cast(i % 200 as double) as duration_seconds,
        cast({day} as timestamp) - interval 1 hour * (i % 2000) as posted_at,
        cast({day} as timestamp) - interval 1 day * (i % {days}) as first_seen_at
    from range({videos}) as t (i)
    inner join texts on texts.place = (i * 7) % {texts}
    """,
    """
    create table marts.bridge_video_hashtag as
    select
        cast(7000000000000000000 + i as varchar) as video_id,
        'tag' || ((i + k) % {hashtags}) as hashtag_key,
        k = 0 as is_listed
    from range({videos}) as t (i), range(3) as u (k)
    """,
    """
    create table marts.fct_video_stats_daily as
    select
        cast(7000000000000000000 + i as varchar) as video_id,
        cast({day} - cast({days} - 1 - d as integer) as date) as snapshot_date,
        (i * 7919) % 1000003 * 900 + d * 1000 as view_count,
        i % 100000 as like_count,
        case when i % 5 > 0 then i % 1000 end as comment_count,
        i % 500 as share_count
    from range({videos}) as t (i), range({days}) as u (d)
    """,
    """
    create table marts.fct_hashtag_stats_daily as
    select
        'tag' || i as hashtag_key,
        cast({day} - cast({days} - 1 - d as integer) as date) as snapshot_date,
        1000000 * (i + 1) + d * 1000 * (i + 3) as view_count
    from range({hashtags}) as t (i), range({days}) as u (d)
    """,
    "create table marts.fct_trend_ranks as select {day} as snapshot_date where {lists} > 0",
    "create table marts.fct_walks as select {day} as snapshot_date where {days} > 0",
)
