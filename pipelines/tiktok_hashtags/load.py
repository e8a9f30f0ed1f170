# ruff: noqa: S608  # queries are made of this module's constants and dates; names come as parameters
"""The warehouse as dlt sees it: where it is, what is known there already, and how a source is loaded."""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import dlt
import numpy as np
import pyarrow as pa
from dlt.destinations.exceptions import DestinationConnectionError
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.exceptions import PipelineStepFailed

from tiktok_hashtags.crawl import marked_tables
from tiktok_hashtags.errors import ConfigError, LoadError, TiktagsError
from tiktok_hashtags.project import Project
from tiktok_hashtags.run_tables import table_of
from tiktok_hashtags.session import Known, Session
from tiktok_hashtags.targets import NOT_FOUND_DAYS
from tiktok_hashtags.walk_log import request_row
from tiktok_hashtags.watchlist import Hashtag, Search, TrendList, Watchlist

logger = logging.getLogger(__name__)
DATASET = "raw"
_READ_MEMORY = 256_000_000
_LOAD_MEMORY = (64_000_000, 256_000_000)
_FETCH_ROWS = 50_000
_NOT_FOUND_SPAN = timedelta(days=NOT_FOUND_DAYS)


class IdSet:
    """Many numeric ids in 8 bytes each."""

    def __init__(self, ids: Iterable[str]) -> None:
        listed = list(ids)
        self._numbers = np.sort(np.array([int(value) for value in listed if _is_number(value)], dtype=np.int64))
        self._others = frozenset(value for value in listed if not _is_number(value))

    def __contains__(self, value: object) -> bool:
        """Tell whether an id is in the set."""
        if not isinstance(value, str) or not _is_number(value):
            return value in self._others
        number = int(value)
        at = int(np.searchsorted(self._numbers, number))
        return at < len(self._numbers) and int(self._numbers[at]) == number


def _is_number(text: str) -> bool:
    """Tell whether an id is the usual spelling of a number of 63 bits."""
    return len(text) < 20 and text.isascii() and text.isdigit() and text == str(int(text)) and int(text) < 2**63


class Warehouse:
    """A project's warehouse and the dlt pipeline that fills it.

    Args:
        project: The project folder.
    """

    def __init__(self, project: Project) -> None:
        project.data.mkdir(parents=True, exist_ok=True)
        self.project = project
        self._is_synced = False
        dlt.config["load.delete_completed_jobs"] = True
        dlt.config["load.run_sleep"] = dlt.config["normalize.run_sleep"] = 0.0  # between packages, for nothing
        # Batches come in the size that is wanted; held back for more, they would be in memory twice.
        dlt.config["data_writer.buffer_max_items"] = 1
        self.pipeline = dlt.pipeline(
            "tiktok_hashtags",
            destination=_duckdb(project.warehouse),
            dataset_name=DATASET,
            pipelines_dir=str(project.pipelines),
        )

    def extract(self, source: Any) -> None:
        """Fetch a source into files, which the next load takes along.

        Raises:
            TiktagsError: The source raised it.
        """
        if not self._is_synced:
            self._run(self.pipeline.sync_destination)
            self._is_synced = True
        self._run(lambda: self.pipeline.extract(source, loader_file_format="parquet"))
        self._run(self.pipeline.normalize)

    def load(self, source: Any) -> None:
        """Extract a source and load it; raw only grows.

        Raises:
            TiktagsError: The source raised it.
            LoadError: The warehouse could not be written; what was fetched stays pending.
        """
        self.extract(source)
        self.load_pending()

    def load_pending(self) -> None:
        """Load what was fetched but not loaded, by this run or an earlier one.

        Raises:
            LoadError: The warehouse could not be written; what was fetched stays pending.
        """
        if not self.pipeline.has_pending_data:
            return
        self._run(self.pipeline.normalize)
        _release_memory()
        # Open over the whole load: DuckDB writes a checkpoint whenever its last connection closes.
        with self._client(memory=self._pending_bytes()) as client:
            try:
                self._run(self.pipeline.load)
            except LoadError as error:
                if "Out of Memory" not in str(error):
                    raise
                logger.warning("%s Trying again without a limit to memory.", error)
                client.execute_sql("reset global memory_limit")
                self._run(self.pipeline.load)

    def known(self, watchlist: Watchlist, *, snapshot_date: date) -> Known:
        """Return what earlier loads left that a run on this date can build on."""
        tables = self._tables()
        if "walks" not in tables or "_dlt_loads" not in tables:
            return Known()
        not_found = self._last_dates("stop_reason = 'not_found'", since=snapshot_date - _NOT_FOUND_SPAN)
        return Known(
            complete_walks=self._complete_walks(snapshot_date),
            hashtag_ids=self._hashtag_ids(tables),
            not_found=not_found,
            missing={hashtag for _, hashtag in not_found},
            unnamed_fields=self._unnamed_fields() if "notices" in tables else {},
            full_walk_dates=self._last_dates("endpoint = 'videos' and stop_reason in ('feed_end', 'max_videos')"),
            video_ids={feed: ids for table in ("unifapi_videos", "tikliveapi_videos") if table in tables
                       for feed, ids in self._video_ids(table, watchlist)},
        )  # fmt: skip

    def _tables(self) -> set[str]:
        if not self.project.warehouse.exists():
            return set()
        query = "select table_name from information_schema.tables where table_schema = %s"
        return {name for (name,) in self._rows(query, DATASET)}

    def watchlist_on(self, day: date) -> Watchlist | None:
        """Return what a date's last run asked for by hashtag, list and keyword; None where there was no run."""
        if "watchlist" not in self._tables():
            return None
        names = ", ".join(table_of("watchlist", []).column_names)
        query = (
            f"select {names} from raw.watchlist where {_LOADED} and run_id ="
            f" (select max(run_id) from raw.watchlist where snapshot_date = '{day}' and {_LOADED})"
        )
        rows = [dict(zip(names.split(", "), row, strict=True)) for row in self._rows(query)]
        return _watchlist_of(rows) if rows else None

    def _complete_walks(self, snapshot_date: date) -> dict[str, tuple[str, int]]:
        rows = self._rows(
            f"select walk_key, stop_reason, items from raw.walks where is_complete and {_LOADED}"
            f" and (snapshot_date = '{snapshot_date}' or provider = 'scraper') order by items"
        )
        return {key: (reason, items) for key, reason, items in rows}

    def _hashtag_ids(self, tables: set[str]) -> dict[str, str]:
        columns = {
            "crawlora_hashtags": "challenge_info__challenge__id",
            "tikliveapi_search": "id",
            "tikliveapi_hashtags": "id",
        }
        ids: dict[str, str] = {}
        for table, column in columns.items():
            if table in tables:
                query = f"select hashtag_key, {column} from raw.{table} where {_LOADED} and hashtag_key is not null"
                ids.update(self._rows(f"{query} and {column} <> '' order by observed_at, position"))
        return ids

    def _unnamed_fields(self) -> dict[str, set[str]]:
        """Return the fields that notices told of, by raw table; more than one load may have told of some."""
        rows = self._rows(f"select distinct entity, fields from raw.notices where kind = 'drift' and {_LOADED}")
        found: dict[str, set[str]] = defaultdict(set)
        for entity, fields in rows:
            found[entity].update((fields or "").split("\n"))
        return found

    def _last_dates(self, condition: str, *, since: date = date.min) -> dict[tuple[str, str], date]:
        rows = self._rows(
            "select provider, coalesce(hashtag_key, hashtag_id), max(snapshot_date) from raw.walks"
            f" where {condition} and is_complete and snapshot_date > '{since}' and {_LOADED} group by 1, 2"
        )
        return {(provider, hashtag): last for provider, hashtag, last in rows if hashtag}

    def _video_ids(self, table: str, watchlist: Watchlist) -> Iterator[tuple[tuple[str, str], IdSet]]:
        feeds = {str(hashtag.key or hashtag.id): IdSet(()) for hashtag in watchlist.hashtags}
        rows = self._rows(
            f"select distinct coalesce(requested_hashtag, requested_hashtag_id) as feed, id from raw.{table}"
            f" where {_LOADED} order by feed"
        )
        for feed, of_feed in itertools.groupby(rows, key=itemgetter(0)):
            if feed in feeds:
                feeds[feed] = IdSet(video_id for _, video_id in of_feed)
        for feed, ids in feeds.items():
            yield (table.removesuffix("_videos"), feed), ids

    def _rows(self, query: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
        with self._client(memory=_READ_MEMORY) as client, client.execute_query(query, *parameters) as cursor:
            while rows := cursor.fetchmany(_FETCH_ROWS):
                yield from rows

    @contextmanager
    def _client(self, *, memory: int) -> Iterator[SqlClientBase[Any]]:
        client = self.pipeline.sql_client()
        try:
            client.open_connection()
        except DestinationConnectionError as error:
            raise _cause(error) from error
        try:
            client.execute_sql(f"set global memory_limit = '{memory}B'")
            yield client
        finally:
            client.close_connection()

    def _pending_bytes(self) -> int:
        """Return the size of what is to be loaded, within `_LOAD_MEMORY`: with less DuckDB would write it twice."""
        size = sum(path.stat().st_size for path in Path(self.pipeline.working_dir).rglob("*.parquet"))
        return min(max(size, _LOAD_MEMORY[0]), _LOAD_MEMORY[1])

    @staticmethod
    def _run(step: Any) -> None:
        try:
            step()
        except PipelineStepFailed as error:
            raise _cause(error) from error


_LOADED = "_dlt_load_id in (select load_id from raw._dlt_loads where status = 0)"


def watchlist_source(
    watchlist: Watchlist, session: Session, *, earlier_requests: Sequence[Mapping[str, Any]] = ()
) -> Any:
    """Return the dlt source that lands the whole watchlist, as it stands at this run.

    Args:
        watchlist: What to track.
        session: The run.
        earlier_requests: Rows of the ledger that the runs that made them could not load any more.
    """

    @dlt.source(name="tiktags")
    def tiktags() -> Any:
        tables = {
            "watchlist": table_of("watchlist", _watchlist_rows(watchlist, session)),
            "watchlist__campaigns": table_of("watchlist__campaigns", _campaign_rows(watchlist, session)),
            "api_requests": table_of("api_requests", map(request_row, earlier_requests)),
        }
        yield dlt.resource(marked_tables(tables), name="watchlist", write_disposition="append")

    return tiktags()


def _watchlist_of(rows: Sequence[Mapping[str, Any]]) -> Watchlist:
    """Return the watchlist that rows of `raw.watchlist` stand for."""
    of_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in ("hashtag", "trend", "search")}
    return Watchlist(
        hashtags=tuple(
            Hashtag(
                name=row["hashtag_name"],
                id=row["hashtag_id"],
                providers=tuple(row["providers"].split(",")) if row["providers"] else None,
                max_videos=row["max_videos"],
                region=row["region"],
                role=row["role"],
            )
            for row in of_kind["hashtag"]
        ),
        trends=tuple(
            TrendList(
                source=row["trend_source"],
                country=row["country"],
                period_days=row["period_days"],
                industry_id=row["industry_id"],
                new_on_board=row["new_on_board"],
            )
            for row in of_kind["trend"]
        ),
        searches=tuple(Search(keyword=row["keyword"]) for row in of_kind["search"]),
    )


def _watchlist_rows(watchlist: Watchlist, session: Session) -> Iterator[dict[str, Any]]:
    run = _run_columns(session)
    for hashtag in watchlist.hashtags:
        yield run | {
            "kind": "hashtag",
            "hashtag_key": hashtag.key,
            "hashtag_name": hashtag.spelling,
            "hashtag_id": hashtag.id,
            "role": hashtag.role,
            "region": hashtag.region,
            "max_videos": hashtag.max_videos,
            "providers": ",".join(sorted(hashtag.providers)) if hashtag.providers is not None else None,
        }
    for trend in watchlist.trends:
        yield run | {
            "kind": "trend",
            "trend_source": trend.source,
            "country": trend.country.upper() if trend.country else None,
            "period_days": trend.period_days,
            "industry_id": trend.industry_id,
            "new_on_board": trend.new_on_board,
        }
    yield from (run | {"kind": "search", "keyword": search.keyword} for search in watchlist.searches)
    yield from (run | {"kind": "dataset", "dataset": item.path or item.dataset_id} for item in watchlist.datasets)


def _campaign_rows(watchlist: Watchlist, session: Session) -> list[dict[str, Any]]:
    return [
        _run_columns(session) | {"hashtag_key": hashtag.key, "hashtag_id": hashtag.id, "campaign": campaign}
        for hashtag in watchlist.hashtags
        for campaign in hashtag.campaigns
    ]


def _run_columns(session: Session) -> dict[str, Any]:
    return {"run_id": session.run_id, "snapshot_date": session.snapshot_date, "observed_at": session.clock()}


def _duckdb(path: Path) -> Any:
    credentials = DuckDbCredentials(str(path))
    # Long signed URLs are most of raw: zstd takes half the time of DuckDB's own choice, and a quarter less space.
    credentials.global_config = {"threads": 1, "force_compression": "zstd"}
    return dlt.destinations.duckdb(credentials=credentials)


def _release_memory() -> None:
    """Give back what decoding has freed, or the load's own buffers would come on top of it."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def _cause(error: BaseException) -> TiktagsError:
    """Return the typed error inside a dlt failure, or a `LoadError` that says what dlt said."""
    at: BaseException | None = error
    said = str(error)
    while at is not None:
        if isinstance(at, TiktagsError):
            return at
        said = str(at)
        at = at.__cause__ or at.__context__
    if "Could not set lock" in said:
        return ConfigError(
            "the warehouse file is open in another program; close it and run again. What was fetched stays pending."
        )
    return LoadError(
        f"the warehouse could not be written: {said.splitlines()[0][:500]}. What was fetched stays pending."
    )
