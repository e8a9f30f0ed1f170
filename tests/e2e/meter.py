"""What the sandbox's own accounts say of a month: each request with its endpoint, its target and its credits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from tiktok_hashtags.sandbox import PROVIDERS, World
from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import Site


@dataclass(frozen=True)
class Asked:
    """One request as its provider saw it."""

    provider: str
    endpoint: str
    on: date
    target: str
    hashtag_key: str | None
    status: int
    credits: int


def requests_of(site: Site, world: World) -> list[Asked]:
    """Every request that the providers of a site saw."""
    rows = []
    for provider in PROVIDERS:
        for row in site.sandbox.account(provider).requests:
            endpoint, target, key = _asked(world, row.path)
            rows.append(Asked(provider, endpoint, row.time.date(), target, key, row.status, row.credits))
    return rows


def _asked(world: World, path: str) -> tuple[str, str, str | None]:
    """Endpoint, target and hashtag of a path."""
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    match [unquote(part) for part in parts.path.split("/") if part]:
        case [*_, "tiktok", "hashtag", name]:
            return "hashtags", *_of_hashtag(world, name=name)
        case [*_, "tiktok", "popular-trend", "hashtag"]:
            return "trends", _trend_target("popular_trend", query), None
        case [*_, "tiktok", "creative-center", "hashtags"]:
            return "creative_center", _trend_target("creative_center", query), None
        case ["challenge-info-id"]:
            return "hashtags", *_of_hashtag(world, id_=query["id"])
        case ["challenge-info-name"]:
            return "hashtags", *_of_hashtag(world, name=query["name"])
        case ["challenge-posts"]:
            return "videos", *_of_hashtag(world, id_=query["challenge_id"])
        case ["search-challenge"]:
            return "search", query["keyword"], None
        case ["tiktok", "hashtags", id_, "videos"]:
            return "videos", *_of_hashtag(world, id_=id_)
        case ["datasets", dataset, "items"]:
            return "items", f"dataset {dataset}", None
    raise AssertionError(path)


def _of_hashtag(world: World, *, name: str = "", id_: str = "") -> tuple[str, str]:
    """Target and key; the third hashtag is watched by its id alone."""
    hashtag = world.hashtag_by_name(name) if name else world.hashtag_by_id(id_)
    assert hashtag
    return f"id {hashtag.id}" if hashtag == world.hashtags[2] else f"#{hashtag.name}", normalised(hashtag.name)


def _trend_target(source: str, query: Mapping[str, str]) -> str:
    parts = [source, query["country_code"], f"{query['period']} days"]
    parts += [f"industry {query['industry_id']}"] if "industry_id" in query else []
    return " ".join(parts + (["new on board"] if query.get("filter_by") == "new_on_board" else []))
