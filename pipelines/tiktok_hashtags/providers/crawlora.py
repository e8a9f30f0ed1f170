"""Crawlora: hashtag details and trend lists.

Base `https://api.crawlora.net/api/v1`, header `x-api-key`. `GET /tiktok/hashtag/{name}`;
`GET /tiktok/popular-trend/hashtag?page=&limit=&period=&industry_id=&country_code=&filter_by=`;
`GET /tiktok/creative-center/hashtags?country_code=&period=&industry_id=`. Success is `{code: 200, msg, data}`, doubled
for popular-trend; a hashtag that does not exist is a 200 with `statusCode` 10201, 10202 or 10205.

Price: 8 credits per 2xx answer; plans below. From the provider's documents and public client code, read 2026-11;
checked against an emulator of them, not the live API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from tiktok_hashtags.errors import NotFoundError
from tiktok_hashtags.extract import (
    Entity,
    Fetch,
    Page,
    Rules,
    Session,
    Settings,
    SourceRun,
    Targets,
    Walk,
    hashtags_of,
    is_missing,
    item_ids,
    keys_of,
    page_of,
    raw_tables,
    read_settings,
    with_key,
)
from tiktok_hashtags.fetch import ApiClient, PricePlan, Reply
from tiktok_hashtags.providers import _crawlora_answers as answers
from tiktok_hashtags.providers import _crawlora_wire as wire
from tiktok_hashtags.watchlist import Hashtag, TrendList

NAME = "crawlora"
SERVES = frozenset({"details", "trends"})
BASE_URL = "https://api.crawlora.net/api/v1"
MAX_PAGE_SIZE = 100
MAX_PAGES = 10  # page 11 would repeat page 10
PLANS = {
    "free": PricePlan("free", 0.0, 5, credits_per_day=500, credits_per_month=2_000),
    "starter": PricePlan("starter", 9 / 20_000, 15, 0.75 / 1000, credits_per_day=5_000, credits_per_month=20_000),
    "growth": PricePlan("growth", 29 / 100_000, 45, 0.45 / 1000, credits_per_day=25_000, credits_per_month=100_000),
    "pro": PricePlan("pro", 79 / 400_000, 120, 0.30 / 1000, credits_per_month=400_000),
    "business": PricePlan("business", 199 / 1_200_000, 300, 0.20 / 1000, credits_per_month=1_200_000),
    "enterprise": PricePlan("enterprise", 499 / 5_000_000, 1_000, 0.12 / 1000, credits_per_month=5_000_000),
}


def _with_details_key(
    details: pa.Table, lists: dict[str, pa.Table], _: pa.Table
) -> tuple[pa.Table, dict[str, pa.Table]]:
    titles = keys_of(details["challenge_info__challenge__title"])
    return details.append_column("hashtag_key", pc.coalesce(titles, details["requested_hashtag"])), lists


def _with_trend_key(trends: pa.Table, lists: dict[str, pa.Table], _: pa.Table) -> tuple[pa.Table, dict[str, pa.Table]]:
    return with_key(trends, "hashtag_name"), {name: child.drop_columns(["_parent"]) for name, child in lists.items()}


_TREND_REQUEST = {
    "requested_country": pa.string(),
    "requested_period_days": pa.int64(),
    "requested_industry_id": pa.int64(),
    "requested_new_on_board": pa.bool_(),
}
HASHTAGS = Entity(
    "crawlora_hashtags",
    wire.Details,
    requested={"requested_hashtag": pa.string()},
    derive=_with_details_key,
    unread=frozenset({"status_code", "extra.fatal_item_ids"}),
)
TRENDS = Entity(
    "crawlora_trends",
    wire.Trend,
    ids=lambda items: items["hashtag_name"],
    requested=_TREND_REQUEST,
    derive=_with_trend_key,
)
CREATIVE_CENTER = Entity(
    "crawlora_creative_center",
    wire.CreativeCenterTrend,
    ids=lambda items: items["hashtag_name"],
    requested=_TREND_REQUEST,
    derive=_with_trend_key,
)
ENTITIES = {"hashtags": HASHTAGS, "trends": TRENDS, "creative_center": CREATIVE_CENTER}


@dlt.source(name=NAME, section=NAME)
def crawlora(
    hashtags: Sequence[Hashtag | str] = (),
    trends: Sequence[TrendList] = (),
    *,
    api_key: dlt.TSecretStrValue | None = None,
    base_url: str | None = None,
    ledger_path: str | None = None,
    run: SourceRun | None = None,
) -> Iterable[DltResource]:
    """Hashtag details and trend lists as raw tables.

    Args:
        hashtags: Names or watchlist entries; Crawlora finds a hashtag by its name only.
        trends: Trend lists.
        api_key: The key; else `[sources.crawlora] api_key`.
        base_url: Another server that follows the document; else `[sources.crawlora] base_url`.
        ledger_path: A journal and ledger to share; else a temporary one.
        run: A planned run, which replaces all other arguments.
    """
    if run is None:
        targets = Targets(details=hashtags_of(hashtags), trends=trends)
        settings = configured(api_key=api_key, base_url=base_url)
        run = SourceRun.alone(targets, walks_for, settings, ledger_path=ledger_path)
    for endpoint, entity in ENTITIES.items():
        yield dlt.resource(_tables(endpoint, entity, run), name=endpoint, write_disposition="append")


def configured(**given: object) -> Settings:
    """Return Crawlora's settings.

    Raises:
        ConfigError: A setting is wrong.
    """
    return read_settings(
        NAME, base_url=BASE_URL, plans=PLANS, page_size=MAX_PAGE_SIZE, max_page_size=MAX_PAGE_SIZE, given=given
    )


def walks_for(targets: Targets, settings: Settings, session: Session) -> list[Walk]:
    """Return the walks for the targets; a hashtag without a name cannot be requested from Crawlora."""
    details = [
        _details_walk(hashtag)
        for hashtag in targets.details
        if hashtag.key is not None and not is_missing(NAME, hashtag, session)
    ]
    return details + [_trend_walk(trend, settings) for trend in targets.trends]


def _details_walk(hashtag: Hashtag) -> Walk:
    return Walk(
        provider=NAME,
        endpoint="hashtags",
        target=hashtag.label,
        identity=hashtag.key,
        entity=HASHTAGS,
        fetch=_details_fetch,
        requested={"requested_hashtag": hashtag.key},
        worst_requests=1,
        worst_credits=answers.CREDITS_PER_REQUEST,
        hashtag_key=hashtag.key,
        hashtag_id=hashtag.id,
    )


def _trend_walk(trend: TrendList, settings: Settings) -> Walk:
    is_popular = trend.source == "popular_trend"
    pages = MAX_PAGES if is_popular else 1
    country = trend.country.upper() if trend.country else None
    fetch = (
        partial(_popular_fetch, trend=trend, page_size=settings.page_size)
        if is_popular
        else partial(_creative_fetch, trend=trend)
    )
    return Walk(
        provider=NAME,
        endpoint="trends" if is_popular else "creative_center",
        target=trend.label,
        identity=f"{country} {trend.period_days} {trend.industry_id} {trend.new_on_board}",
        entity=TRENDS if is_popular else CREATIVE_CENTER,
        fetch=fetch,
        requested={
            "requested_country": country,
            "requested_period_days": trend.period_days,
            "requested_industry_id": trend.industry_id,
            "requested_new_on_board": trend.new_on_board,
        },
        worst_requests=pages,
        worst_credits=pages * answers.CREDITS_PER_REQUEST,
        rules=Rules(skip_to=partial(_skip_to, settings.page_size)) if is_popular else Rules(),
    )


def _tables(endpoint: str, entity: Entity, run: SourceRun) -> Iterator[Any]:
    connect = partial(run.settings.client, {"x-api-key": run.settings.api_key or ""}, run.session)
    return raw_tables(run.walks_of(endpoint), entities=[entity], session=run.session, provider=NAME, connect=connect)


def _details_fetch(client: ApiClient, session: Session, walk: Walk, walk_key: str) -> Fetch:
    name = quote(walk.target.removeprefix("#"), safe="").replace(".", "%2E")

    where = f"crawlora details of {walk.target}"

    def found() -> Reply:
        reply = client.fetch(
            f"/tiktok/hashtag/{name}",
            params={},
            endpoint="hashtags",
            accept=partial(answers.accept_details, where=where),
            worst_credits=answers.CREDITS_PER_REQUEST,
            walk_key=walk_key,
            hashtag_key=walk.hashtag_key,
        )
        if reply.payload is None:
            charged = 0 if reply.is_replayed else reply.credits
            raise NotFoundError(f"{where}: there is no such hashtag", credits=charged)
        return reply

    def page(_: str | None, __: int) -> Page:
        try:
            reply = found()
        except NotFoundError:
            session.learned.learn_missing(walk.hashtag_key)
            raise
        hashtag_id = wire.hashtag_id(reply.payload)
        session.learned.learn(walk.hashtag_key, hashtag_id)
        return page_of(reply, items=[reply.payload], ids=[hashtag_id])

    return page


def _popular_fetch(
    client: ApiClient, _: Session, walk: Walk, walk_key: str, *, trend: TrendList, page_size: int
) -> Fetch:
    fixed: dict[str, str | int] = {"limit": page_size, **_list_params(trend)}
    if trend.new_on_board:
        fixed["filter_by"] = "new_on_board"

    def page(cursor: str | None, __: int) -> Page:
        number = int(cursor or 1)
        where = f"crawlora trend list {walk.target} page {number}"
        reply = client.fetch(
            "/tiktok/popular-trend/hashtag",
            params={**fixed, "page": number},
            endpoint="trends",
            accept=partial(answers.accept_popular, where=where, number=number),
            worst_credits=answers.CREDITS_PER_REQUEST,
            walk_key=walk_key,
        )
        got: wire.PopularData = reply.payload
        has_more = got.pagination.has_more and number < MAX_PAGES
        return page_of(
            reply, items=got.items, ids=item_ids(got.items, wire.TrendReference), cursor=number + 1, has_more=has_more
        )

    return page


def _skip_to(page_size: int, cursor: str | None, size_before: int) -> tuple[str, int] | None:
    number = int(cursor or 1)
    return (str(number + 1), size_before or page_size) if number < MAX_PAGES else None


def _creative_fetch(client: ApiClient, _: Session, walk: Walk, walk_key: str, *, trend: TrendList) -> Fetch:
    def page(_: str | None, __: int) -> Page:
        reply = client.fetch(
            "/tiktok/creative-center/hashtags",
            params=_list_params(trend),
            endpoint="creative_center",
            accept=partial(answers.accept_creative, where=f"crawlora trend list {walk.target}"),
            worst_credits=answers.CREDITS_PER_REQUEST,
            walk_key=walk_key,
        )
        return page_of(reply, items=reply.payload, ids=item_ids(reply.payload, wire.TrendReference))

    return page


def _list_params(trend: TrendList) -> dict[str, str | int]:
    optional = {
        "country_code": trend.country.upper() if trend.country else None,
        "industry_id": trend.industry_id or None,
    }
    return {"period": trend.period_days, **{name: value for name, value in optional.items() if value is not None}}
