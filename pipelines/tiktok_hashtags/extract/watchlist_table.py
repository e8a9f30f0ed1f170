"""The watchlist in raw: every run lands it as it stood, and a past day's can be read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dlt

from tiktok_hashtags.extract.crawl import marked_tables
from tiktok_hashtags.extract.results import request_row
from tiktok_hashtags.extract.run_tables import table_of
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.watchlist import DEFAULT_MAX_SEARCH_ITEMS, Hashtag, Search, TrendList, Watchlist


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


def watchlist_of(
    rows: Sequence[Mapping[str, Any]], campaigns: Mapping[tuple[str | None, str | None], Sequence[str]]
) -> Watchlist:
    """Return the watchlist that rows of `raw.watchlist` stand for.

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
