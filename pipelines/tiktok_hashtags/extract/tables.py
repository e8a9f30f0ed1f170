"""The raw tables that describe the runs themselves, and the marks by which dlt recognises an arrow table.

Watchlist, walks, requests, rejects and notices: every run loads the watchlist as it was, so that a past day's can be
read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.schema.typing import TColumnSchema
from dlt.common.storages.load_package import LoadPackageStateInjectableContext

from tiktok_hashtags.extract.session import Session, WalkResult
from tiktok_hashtags.watchlist import DEFAULT_MAX_SEARCH_ITEMS, Hashtag, Search, TrendList, Watchlist

_RUN = [("run_id", pa.string()), ("snapshot_date", pa.date32()), ("observed_at", pa.timestamp("us"))]
_TEXT, _INT, _BOOL, _TIME = pa.string(), pa.int64(), pa.bool_(), pa.timestamp("us")

SCHEMAS: dict[str, pa.Schema] = {
    "watchlist": pa.schema(
        [
            *_RUN,
            *((name, _TEXT) for name in ("kind", "hashtag_key", "hashtag_name", "hashtag_id", "role", "region")),
            ("max_videos", _INT),
            *((name, _TEXT) for name in ("providers", "trend_source", "country")),
            *((name, _INT) for name in ("period_days", "industry_id")),
            ("new_on_board", _BOOL),
            *((name, _TEXT) for name in ("keyword", "dataset")),
            ("max_items", _INT),
        ]
    ),
    "watchlist__campaigns": pa.schema([*_RUN, *((name, _TEXT) for name in ("hashtag_key", "hashtag_id", "campaign"))]),
    "walks": pa.schema(
        [
            *_RUN,
            *((name, _TEXT) for name in ("walk_key", "provider", "endpoint", "hashtag_key", "hashtag_id", "target")),
            ("started_at", _TIME),
            ("finished_at", _TIME),
            *((name, _INT) for name in ("pages", "items", "new_items")),
            ("stop_reason", _TEXT),
            ("is_complete", _BOOL),
            ("credits", _INT),
            ("last_cursor", _TEXT),
            ("error", _TEXT),
        ]
    ),
    "api_requests": pa.schema(
        [
            *_RUN,
            *(
                (name, _TEXT)
                for name in ("request_id", "request_key", "walk_key", "provider", "endpoint", "hashtag_key")
            ),
            ("requested_at", _TIME),
            ("finished_at", _TIME),
            ("status", _INT),
            ("outcome", _TEXT),
            ("credits", _INT),
            ("cost_usd", pa.float64()),
            ("bytes", _INT),
            ("is_replayed", _BOOL),
        ]
    ),
    "rejects": pa.schema(
        [
            *_RUN,
            *((name, _TEXT) for name in ("provider", "entity", "hashtag_key", "request_key")),
            *((name, _INT) for name in ("page", "position")),
            *((name, _TEXT) for name in ("reason", "payload")),
        ]
    ),
    "notices": pa.schema([*_RUN, *((name, _TEXT) for name in ("provider", "entity", "kind", "detail", "fields"))]),
}


def empty_tables() -> dict[str, pa.Table]:
    """Return the tables that every source fills, with all columns and no rows."""
    return {name: schema.empty_table() for name, schema in SCHEMAS.items() if not name.startswith("watchlist")}


def table_of(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return rows as the raw table `name`; a missing column is null, an unknown one an error."""
    schema = SCHEMAS[name]
    values = list(rows)
    unknown = {key for row in values for key in row} - set(schema.names)
    if unknown:
        raise ValueError(f"{name}: no such columns: {sorted(unknown)}")
    return pa.Table.from_pylist([dict(row) for row in values], schema=schema)


def tables_of(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, pa.Table]:
    """Return the rows of several raw tables by the tables' names."""
    return {name: table_of(name, of_table) for name, of_table in rows.items()}


def request_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of the ledger as rows of the raw table `api_requests`."""
    return [_request_row(row) for row in rows]


def marked_tables(tables: Mapping[str, pa.Table]) -> Iterator[Any]:
    """Yield arrow tables marked with their raw table's name."""
    yield from Marker().all(tables)


class Marker:
    """Gives arrow tables a raw table's name, its load id, and (once) its hints."""

    def __init__(self) -> None:
        container = Container()
        has_package = LoadPackageStateInjectableContext in container  # a container has no get()
        context = container[LoadPackageStateInjectableContext] if has_package else None
        self._load_id = context.load_id if context else None
        self._hinted: set[str] = set()

    def __call__(self, name: str, table: pa.Table) -> Any:  # dlt's marked item has no public type
        """Return a table in dlt's form: with its name and its load id, and its hints the first time."""
        table = table.append_column("_dlt_load_id", pa.array([self._load_id] * table.num_rows, pa.string()))
        if name in self._hinted:
            return dlt.mark.with_table_name(table, name)
        self._hinted.add(name)
        columns: dict[str, TColumnSchema] = {
            column.name: {"name": column.name, "data_type": "timestamp", "timezone": False}
            for column in table.schema
            if pa.types.is_timestamp(column.type)
        }
        hints = dlt.mark.make_hints(table_name=name, write_disposition="append", columns=columns)
        return dlt.mark.with_hints(table, hints, create_table_variant=True)

    def all(self, tables: Mapping[str, pa.Table]) -> list[Any]:
        """Mark several tables, except those without rows once dlt knows their columns."""
        wanted = {name: table for name, table in tables.items() if table.num_rows or name not in self._hinted}
        return [self(name, table) for name, table in wanted.items()]


def watchlist_source(
    watchlist: Watchlist,
    session: Session,
    *,
    earlier_requests: Sequence[Mapping[str, Any]] = (),
    ended_walks: Sequence[WalkResult] = (),
) -> Any:
    """Return the dlt source that loads the whole watchlist as it is at this run.

    Args:
        watchlist: What to track.
        session: The run.
        earlier_requests: Rows of the ledger from runs that ended before they could load them.
        ended_walks: Results of walks that no provider's source produces.
    """

    @dlt.source(name="tiktags")
    def tiktags() -> Any:
        tables = {
            "watchlist": table_of("watchlist", _watchlist_rows(watchlist, session)),
            "watchlist__campaigns": table_of("watchlist__campaigns", _campaign_rows(watchlist, session)),
            "api_requests": table_of("api_requests", request_rows(earlier_requests)),
            "walks": table_of(
                "walks", [_run_columns(session) | result.row() | {"credits": 0} for result in ended_walks]
            ),
        }
        yield dlt.resource(marked_tables(tables), name="watchlist", write_disposition="append")

    return tiktags()


def watchlist_of(
    rows: Sequence[Mapping[str, Any]], campaigns: Mapping[tuple[str | None, str | None], Sequence[str]]
) -> Watchlist:
    """Return the watchlist that rows of `raw.watchlist` describe.

    Args:
        rows: The rows of one run.
        campaigns: Its campaigns by the hashtag's (key, id), as `raw.watchlist__campaigns` has them.
    """
    of_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in ("hashtag", "trend", "search")}
    return Watchlist(
        hashtags=tuple(
            Hashtag(
                name=row["hashtag_name"],
                id=row["hashtag_id"],
                providers=tuple(row["providers"].split(",")) if row["providers"] else None,
                max_videos=row["max_videos"],
                region=row["region"],
                campaigns=tuple(campaigns.get((row["hashtag_key"], row["hashtag_id"]), ())),
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
        searches=tuple(
            Search(keyword=row["keyword"], max_items=row["max_items"] or DEFAULT_MAX_SEARCH_ITEMS)
            for row in of_kind["search"]
        ),
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
    for search in watchlist.searches:
        yield run | {"kind": "search", "keyword": search.keyword, "max_items": search.max_items}
    yield from (run | {"kind": "dataset", "dataset": item.path or item.dataset_id} for item in watchlist.datasets)


def _campaign_rows(watchlist: Watchlist, session: Session) -> list[dict[str, Any]]:
    return [
        _run_columns(session) | {"hashtag_key": hashtag.key, "hashtag_id": hashtag.id, "campaign": campaign}
        for hashtag in watchlist.hashtags
        for campaign in hashtag.campaigns
    ]


def _run_columns(session: Session) -> dict[str, Any]:
    return {"run_id": session.run_id, "snapshot_date": session.snapshot_date, "observed_at": session.clock()}


def _request_row(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("requested_at", "finished_at")}
    kept = {name: value for name, value in row.items() if name not in ("project", "is_exported")}
    derived = {
        "snapshot_date": date.fromisoformat(row["snapshot_date"]),
        "observed_at": times["requested_at"],
        "is_replayed": row["outcome"] == "replayed",
    }
    return {**kept, **times, **derived}
