# ruff: noqa: S608  # queries are made of this module's constants and dates; names come as parameters
"""The walks, hashtags and videos of earlier loads that a run can build on."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from operator import itemgetter

from tiktok_hashtags.extract import NOT_FOUND_DAYS, IdSet, Known, table_of, watchlist_of
from tiktok_hashtags.warehouse.base import DATASET, Reader
from tiktok_hashtags.watchlist import Watchlist

_NOT_FOUND_SPAN = timedelta(days=NOT_FOUND_DAYS)
_LOADED = "_dlt_load_id in (select load_id from raw._dlt_loads where status = 0)"
_ID_COLUMNS = {
    "crawlora_hashtags": "challenge_info__challenge__id",
    "tikliveapi_search": "id",
    "tikliveapi_hashtags": "id",
}


def read_known(reader: Reader, watchlist: Watchlist, *, snapshot_date: date) -> Known:
    """Return the results of earlier loads that a run on this date can build on."""
    tables = reader.tables(DATASET)
    if not tables.keys() >= {"walks", "_dlt_loads"}:
        return Known()
    not_found = _last_dates(reader, "stop_reason = 'not_found'", since=snapshot_date - _NOT_FOUND_SPAN)
    return Known(
        request_counts=_request_counts(reader) if "api_requests" in tables else {},
        complete_walks=_complete_walks(reader, snapshot_date),
        incomplete_walks=_incomplete_walks(reader, snapshot_date),
        hashtag_ids=_hashtag_ids(reader, tables),
        not_found=not_found,
        missing={hashtag for _, hashtag in not_found},
        unnamed_fields=_unnamed_fields(reader) if "notices" in tables else {},
        full_walk_dates=_last_dates(reader, "endpoint = 'videos' and stop_reason in ('feed_end', 'max_videos')"),
        video_ids={feed: ids for table in ("unifapi_videos", "tikliveapi_videos") if table in tables
                   for feed, ids in _video_ids(reader, table, watchlist)},
    )  # fmt: skip


def read_watchlist_on(reader: Reader, day: date) -> Watchlist | None:
    """Return the hashtags, lists and keywords of a date's last run; None if there was no run."""
    tables = reader.tables(DATASET)
    if not tables.keys() >= {"watchlist", "_dlt_loads"}:
        return None
    of_last_run = (
        f"{_LOADED} and run_id = (select run_id from raw.watchlist where snapshot_date = '{day}' and {_LOADED}"
        " order by observed_at desc, _dlt_load_id desc, run_id desc limit 1)"
    )
    names = table_of("watchlist", []).column_names
    loaded = tables["watchlist"]  # a table of an earlier version may lack some columns
    listed = ", ".join(name if name in loaded else "null" for name in names)
    found = reader.rows(f"select {listed} from raw.watchlist where {of_last_run}")
    rows = [dict(zip(names, row, strict=True)) for row in found]
    campaigns: dict[tuple[str | None, str | None], list[str]] = defaultdict(list)
    for key, hashtag_id, campaign in reader.rows(
        f"select hashtag_key, hashtag_id, campaign from raw.watchlist__campaigns where {of_last_run} order by campaign"
    ):
        campaigns[key, hashtag_id].append(campaign)
    return watchlist_of(rows, campaigns) if rows else None


def read_loaded_walks(reader: Reader, run_ids: Collection[str]) -> set[tuple[str, str]]:
    """Return the (run id, walk key) of the loaded results of some runs."""
    if not reader.tables(DATASET).keys() >= {"walks", "_dlt_loads"}:
        return set()
    listed = ", ".join("%s" for _ in run_ids)
    query = f"select distinct run_id, walk_key from raw.walks where run_id in ({listed}) and {_LOADED}"
    return {(run_id, walk_key) for run_id, walk_key in reader.rows(query, *run_ids)}


def _request_counts(reader: Reader) -> dict[str, int]:
    counts = f"select run_id, count(distinct request_id) from raw.api_requests where {_LOADED} group by run_id"
    return {run_id: int(count) for run_id, count in reader.rows(counts)}


def _complete_walks(reader: Reader, snapshot_date: date) -> dict[str, tuple[str, int]]:
    rows = reader.rows(
        f"select walk_key, stop_reason, items from raw.walks where is_complete and {_LOADED}"
        f" and (snapshot_date = '{snapshot_date}' or provider = 'scraper') order by items"
    )
    return {key: (reason, items) for key, reason, items in rows}


def _incomplete_walks(reader: Reader, snapshot_date: date) -> set[str]:
    query = f"select distinct walk_key from raw.walks where not is_complete and {_LOADED}"
    return {key for (key,) in reader.rows(f"{query} and snapshot_date = '{snapshot_date}' and provider = 'scraper'")}


def _hashtag_ids(reader: Reader, tables: Collection[str]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for table, column in _ID_COLUMNS.items():
        if table in tables:
            query = f"select hashtag_key, {column} from raw.{table} where {_LOADED} and hashtag_key is not null"
            ids.update(reader.rows(f"{query} and {column} <> '' order by observed_at, position"))
    return ids


def _unnamed_fields(reader: Reader) -> dict[str, set[str]]:
    """Return the fields that drift notices name, by raw table."""
    found: dict[str, set[str]] = defaultdict(set)
    query = f"select distinct entity, fields from raw.notices where kind = 'drift' and {_LOADED}"
    for entity, fields in reader.rows(query):
        found[entity].update((fields or "").split("\n"))
    return found


def _last_dates(reader: Reader, condition: str, *, since: date = date.min) -> dict[tuple[str, str], date]:
    rows = reader.rows(
        "select provider, coalesce(hashtag_key, hashtag_id), max(snapshot_date) from raw.walks"
        f" where {condition} and is_complete and snapshot_date > '{since}' and {_LOADED} group by 1, 2"
    )
    return {(provider, hashtag): last for provider, hashtag, last in rows if hashtag}


def _video_ids(reader: Reader, table: str, watchlist: Watchlist) -> Iterator[tuple[tuple[str, str], IdSet]]:
    feeds = {str(hashtag.key or hashtag.id): IdSet(()) for hashtag in watchlist.hashtags}
    rows = reader.rows(
        f"select distinct coalesce(requested_hashtag, requested_hashtag_id) as feed, id from raw.{table}"
        f" where {_LOADED} order by feed"
    )
    for feed, of_feed in itertools.groupby(rows, key=itemgetter(0)):
        if feed in feeds:
            feeds[feed] = IdSet(video_id for _, video_id in of_feed)
    for feed, ids in feeds.items():
        yield (table.removesuffix("_videos"), feed), ids
