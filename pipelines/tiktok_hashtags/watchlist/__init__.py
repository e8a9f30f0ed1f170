"""`watchlist.toml` as typed values, and edits that keep its comments."""

from __future__ import annotations

from tiktok_hashtags.watchlist.edit import Change, add, hashtag_named, imported, is_hashtag, is_search, is_trend, remove
from tiktok_hashtags.watchlist.model import (
    DEFAULT_MAX_SEARCH_ITEMS,
    Dataset,
    Entry,
    Hashtag,
    Limits,
    Search,
    TrendList,
    Watchlist,
    checked_entry,
    hashtag_key,
    name_of_url,
    read_watchlist,
)

__all__ = [
    "DEFAULT_MAX_SEARCH_ITEMS",
    "Change",
    "Dataset",
    "Entry",
    "Hashtag",
    "Limits",
    "Search",
    "TrendList",
    "Watchlist",
    "add",
    "checked_entry",
    "hashtag_key",
    "hashtag_named",
    "imported",
    "is_hashtag",
    "is_search",
    "is_trend",
    "name_of_url",
    "read_watchlist",
    "remove",
]
