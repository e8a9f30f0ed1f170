"""The raw tables that describe the runs themselves: watchlist, walks, requests, rejects, notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

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


def table_of(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return rows as the raw table `name`; a missing column is null, an unknown one an error."""
    schema = SCHEMAS[name]
    values = list(rows)
    unknown = {key for row in values for key in row} - set(schema.names)
    if unknown:
        raise ValueError(f"{name}: no such columns: {sorted(unknown)}")
    return pa.Table.from_pylist([dict(row) for row in values], schema=schema)
