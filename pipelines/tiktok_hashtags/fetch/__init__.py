"""One page, fetched once: the client with its layers, the journal that keeps the page, and the ledger of its cost."""

from __future__ import annotations

from tiktok_hashtags.fetch.answers import (
    REPLACEMENT,
    UNREADABLE,
    Id,
    decoder_of,
    prepare,
    raise_for_status,
    retry_after_seconds,
    sanitised,
    strict_json,
)
from tiktok_hashtags.fetch.calls import Accepted, Reply
from tiktok_hashtags.fetch.client import LOOPBACK, ApiClient, check_base_url
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.money import Budget, Caps, PricePlan, check_priced
from tiktok_hashtags.fetch.network import DIRECT, Route
from tiktok_hashtags.fetch.plans import PlannedWalk
from tiktok_hashtags.fetch.proxy import ProxySetting, read_route, route_to
from tiktok_hashtags.fetch.retention import Pages, Part, Store
from tiktok_hashtags.fetch.session import Session, Sleep, new_run_id

__all__ = [
    "DIRECT",
    "LOOPBACK",
    "REPLACEMENT",
    "UNREADABLE",
    "Accepted",
    "ApiClient",
    "Budget",
    "Caps",
    "Id",
    "Journal",
    "Pages",
    "Part",
    "PlannedWalk",
    "PricePlan",
    "ProxySetting",
    "Reply",
    "Route",
    "Session",
    "Sleep",
    "Store",
    "check_base_url",
    "check_priced",
    "decoder_of",
    "new_run_id",
    "prepare",
    "raise_for_status",
    "read_route",
    "retry_after_seconds",
    "route_to",
    "sanitised",
    "strict_json",
]
