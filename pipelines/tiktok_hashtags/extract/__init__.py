"""From a watchlist to arrow tables: the walks to make, the loop over pages, and the decoding of their items."""

from __future__ import annotations

from tiktok_hashtags.extract.crawl import no_client, raw_tables
from tiktok_hashtags.extract.decode import Entity, Refused
from tiktok_hashtags.extract.hashtag_columns import caption_hashtags, keys_of, with_key, with_parent
from tiktok_hashtags.extract.paging import Fetch, IdSet, Page, Rules
from tiktok_hashtags.extract.session import Known, OnPage, Session, WalkResult, ignore_page
from tiktok_hashtags.extract.settings import Settings, read_settings
from tiktok_hashtags.extract.tables import SCHEMAS, table_of, watchlist_of, watchlist_source
from tiktok_hashtags.extract.walk import (
    NOT_FOUND_DAYS,
    SourceRun,
    Targets,
    Walk,
    feed_rules,
    hashtags_of,
    id_of,
    is_missing,
    known_id,
    missing_id,
    page_of,
)
from tiktok_hashtags.extract.wire_types import Integer, Number, UrlList, item_ids

__all__ = [
    "NOT_FOUND_DAYS",
    "SCHEMAS",
    "Entity",
    "Fetch",
    "IdSet",
    "Integer",
    "Known",
    "Number",
    "OnPage",
    "Page",
    "Refused",
    "Rules",
    "Session",
    "Settings",
    "SourceRun",
    "Targets",
    "UrlList",
    "Walk",
    "WalkResult",
    "caption_hashtags",
    "feed_rules",
    "hashtags_of",
    "id_of",
    "ignore_page",
    "is_missing",
    "item_ids",
    "keys_of",
    "known_id",
    "missing_id",
    "no_client",
    "page_of",
    "raw_tables",
    "read_settings",
    "table_of",
    "watchlist_of",
    "watchlist_source",
    "with_key",
    "with_parent",
]
