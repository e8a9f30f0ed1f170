"""TikLiveAPI: hashtag details by id and by name, hashtag search, the videos of a hashtag.

Base `https://api.tikliveapi.com`, header `X-Api-Key`, paths end in `/`. `GET /challenge-info-id/?id=`,
`GET /challenge-info-name/?name=`, `GET /search-challenge/?keyword=&count=&cursor=`,
`GET /challenge-posts/?challenge_id=&count=&cursor=&region=`. There is no envelope: success is HTTP 200, a JSON object
and the expected keys, because the answer to a missing key is a 200 with "Please sign up".

Price: 1 credit per request, pay as you go; the price of a credit is not published, so it is `credit_usd` in the
configuration. 200 requests/min. The largest `count` is undocumented: 30 is assumed (`page_size`). From the provider's
documents and public client code, read 2026-11; checked against an emulator of them, not the live API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dlt
import httpx
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from tiktok_hashtags.errors import AuthError, EnvelopeError, NotFoundError, RequestError, StatusError
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
    caption_hashtags,
    feed_rules,
    hashtags_of,
    id_of,
    is_missing,
    item_ids,
    page_of,
    raw_tables,
    read_settings,
    with_key,
)
from tiktok_hashtags.fetch import Accepted, ApiClient, PricePlan, raise_for_status, strict_json
from tiktok_hashtags.providers import _tikliveapi_wire as wire
from tiktok_hashtags.watchlist import Hashtag, Search

NAME = "tikliveapi"
SERVES = frozenset({"details", "videos", "searches"})
BASE_URL = "https://api.tikliveapi.com"
PAGE_SIZE = 30
PLANS = {"payg": PricePlan("payg", credit_usd=None, requests_per_minute=200)}


def _video_ids(videos: pa.Table) -> pa.Array:
    """Return the numeric one of the two ids; the other may be a `v...` handle."""
    numeric = [
        pc.if_else(pc.match_substring_regex(videos[name], "^[0-9]+$"), videos[name], None)
        for name in ("aweme_id", "video_id")
    ]
    return pc.coalesce(*numeric)


def _with_video_id(videos: pa.Table, _: dict[str, pa.Table], items: pa.Table) -> tuple[pa.Table, dict[str, pa.Table]]:
    has_list = pa.array([False] * videos.num_rows, pa.bool_())
    videos = videos.append_column("id", _video_ids(items)).append_column("has_hashtag_list", has_list)
    in_captions = caption_hashtags(videos, caption="title", video_id="id", has_list=has_list)
    return videos, {"tikliveapi_videos__caption_hashtags": in_captions}


def _with_details_key(
    details: pa.Table, lists: dict[str, pa.Table], _: pa.Table
) -> tuple[pa.Table, dict[str, pa.Table]]:
    return with_key(details, "cha_name"), lists


_TEXT = pa.string()
HASHTAGS = Entity(
    "tikliveapi_hashtags",
    wire.Details,
    ids=lambda items: items["id"],
    requested={"requested_hashtag": _TEXT, "requested_hashtag_id": _TEXT},
    derive=_with_details_key,
)
SEARCH = Entity(
    "tikliveapi_search",
    wire.Details,
    ids=lambda items: items["cha_name"],
    requested={"requested_keyword": _TEXT},
    derive=_with_details_key,
)
VIDEOS = Entity(
    "tikliveapi_videos",
    wire.Video,
    ids=_video_ids,
    requested={"requested_hashtag": _TEXT, "requested_hashtag_id": _TEXT},
    derive=_with_video_id,
)
ENTITIES = {"hashtags": HASHTAGS, "search": SEARCH, "videos": VIDEOS}


@dlt.source(name=NAME, section=NAME)
def tikliveapi(
    hashtags: Sequence[Hashtag | str] = (),
    searches: Sequence[Search] = (),
    *,
    api_key: dlt.TSecretStrValue | None = None,
    base_url: str | None = None,
    ledger_path: str | None = None,
    run: SourceRun | None = None,
) -> Iterable[DltResource]:
    """Hashtag details, searches and videos as raw tables.

    Args:
        hashtags: Names, ids or watchlist entries; details are fetched first, because videos need the id.
        searches: Keywords to search hashtags for.
        api_key: The key; else `[sources.tikliveapi] api_key`.
        base_url: Another server that follows the document; else `[sources.tikliveapi] base_url`.
        ledger_path: A journal and ledger to share; else a temporary one.
        run: A planned run, which replaces all other arguments.
    """
    if run is None:
        wanted = hashtags_of(hashtags)
        targets = Targets(details=wanted, videos=wanted, searches=searches)
        settings = configured(api_key=api_key, base_url=base_url)
        run = SourceRun.alone(targets, walks_for, settings, ledger_path=ledger_path)
    for endpoint, entity in ENTITIES.items():
        yield dlt.resource(_tables(endpoint, entity, run), name=endpoint, write_disposition="append")


def configured(**given: object) -> Settings:
    """Return TikLiveAPI's settings.

    Raises:
        ConfigError: A setting is wrong.
    """
    return read_settings(NAME, base_url=BASE_URL, plans=PLANS, page_size=PAGE_SIZE, max_page_size=1000, given=given)


def walks_for(targets: Targets, settings: Settings, session: Session) -> list[Walk]:
    """Return the walks for the targets: details, then searches, then videos."""
    details = [_details_walk(hashtag) for hashtag in targets.details if not is_missing(NAME, hashtag, session)]
    searches = [_search_walk(search, settings) for search in targets.searches]
    videos = [_videos_walk(item, settings, session) for item in targets.videos if not is_missing(NAME, item, session)]
    return details + searches + videos


def _details_walk(hashtag: Hashtag) -> Walk:
    by_name = hashtag.spelling is not None
    return Walk(
        provider=NAME,
        endpoint="hashtags",
        target=hashtag.label,
        identity=hashtag.key or f"id {hashtag.id}",
        entity=HASHTAGS,
        fetch=_details_fetch,
        requested={"requested_hashtag": hashtag.key, "requested_hashtag_id": None if by_name else hashtag.id},
        worst_requests=1,
        worst_credits=1,
        hashtag_key=hashtag.key,
        hashtag_id=hashtag.id,
    )


def _search_walk(search: Search, settings: Settings) -> Walk:
    pages = -(-search.max_items // settings.page_size)
    return Walk(
        provider=NAME,
        endpoint="search",
        target=search.keyword,
        entity=SEARCH,
        fetch=partial(_search_fetch, page_size=settings.page_size),
        requested={"requested_keyword": search.keyword},
        worst_requests=pages,
        worst_credits=pages,
        rules=Rules(max_items=search.max_items, max_pages=settings.max_pages),
    )


def _videos_walk(hashtag: Hashtag, settings: Settings, session: Session) -> Walk:
    pages = -(-hashtag.max_videos // settings.page_size)
    return Walk(
        provider=NAME,
        endpoint="videos",
        target=hashtag.label,
        identity=f"{hashtag.key or f'id {hashtag.id}'} {hashtag.region or ''}",
        entity=VIDEOS,
        fetch=partial(_videos_fetch, page_size=settings.page_size, region=hashtag.region),
        requested={"requested_hashtag": hashtag.key, "requested_hashtag_id": hashtag.id},
        worst_requests=pages,
        worst_credits=pages,
        hashtag_key=hashtag.key,
        hashtag_id=hashtag.id,
        needs_id=True,
        rules=feed_rules(hashtag, settings, session),
    )


def _tables(endpoint: str, entity: Entity, run: SourceRun) -> Iterator[Any]:
    connect = partial(run.settings.client, {"X-Api-Key": run.settings.api_key or ""}, run.session)
    return raw_tables(run.walks_of(endpoint), entities=[entity], session=run.session, provider=NAME, connect=connect)


def _details_fetch(client: ApiClient, session: Session, walk: Walk, walk_key: str) -> Fetch:
    name = walk.target.removeprefix("#") if walk.hashtag_key else None
    path, params = (
        ("/challenge-info-name/", {"name": name}) if name else ("/challenge-info-id/", {"id": str(walk.hashtag_id)})
    )

    def page(_: str | None, __: int) -> Page:
        try:
            reply = client.fetch(
                path,
                params=params,
                endpoint="hashtags",
                accept=partial(_accept_details, where=f"tikliveapi details of {walk.target}"),
                worst_credits=1,
                walk_key=walk_key,
                hashtag_key=walk.hashtag_key,
            )
        except NotFoundError:
            session.learned.learn_missing(walk.hashtag_key)
            raise
        [hashtag_id] = item_ids([reply.payload], wire.DetailsReference)
        session.learned.learn(walk.hashtag_key, hashtag_id)
        return page_of(reply, items=[reply.payload], ids=[hashtag_id])

    return page


def _search_fetch(client: ApiClient, _: Session, walk: Walk, walk_key: str, *, page_size: int) -> Fetch:
    accept = partial(_accept_page, kind=wire.SearchPage, where=f"tikliveapi search for {walk.target!r}")
    fixed: dict[str, str | int] = {"keyword": walk.target, "count": page_size}
    return partial(_page, client, walk, walk_key, "/search-challenge/", fixed, accept, wire.DetailsReference)


def _videos_fetch(
    client: ApiClient, session: Session, walk: Walk, walk_key: str, *, page_size: int, region: str | None
) -> Fetch:
    client.check_open()  # a missing key is reported before a missing id
    hashtag_id = id_of(walk, session)
    accept = partial(_accept_page, kind=wire.PostsPage, where=f"tikliveapi videos of {walk.target}")
    fixed: dict[str, str | int] = {"challenge_id": hashtag_id, "count": page_size}
    if region:
        fixed["region"] = region.upper()
    return partial(_page, client, walk, walk_key, "/challenge-posts/", fixed, accept, wire.VideoReference)


def _page(  # noqa: PLR0917  # partial() fixes the first seven, a walk passes the other two
    client: ApiClient,
    walk: Walk,
    walk_key: str,
    path: str,
    fixed: Mapping[str, str | int],
    accept: Any,
    reference: type[msgspec.Struct],
    cursor: str | None,
    _: int,
) -> Page:
    reply = client.fetch(
        path,
        params={**fixed, **({"cursor": cursor} if cursor else {})},
        endpoint=walk.endpoint,
        accept=accept,
        worst_credits=1,
        walk_key=walk_key,
        hashtag_key=walk.hashtag_key,
    )
    got: wire.PostsPage | wire.SearchPage = reply.payload
    items = got.items or []
    return page_of(reply, items=items, ids=item_ids(items, reference), cursor=got.cursor, has_more=bool(got.has_more))


def _accept_details(response: httpx.Response, *, where: str) -> Accepted:
    _check(response, where)
    found: wire.DetailsReference = strict_json(response, wire.DetailsReference, where)
    if found.id in (None, "") or found.cha_name is None:
        raise _not_as_documented(response, where)
    return Accepted(response.content, 1)


def _accept_page(response: httpx.Response, *, kind: type[wire.PostsPage | wire.SearchPage], where: str) -> Accepted:
    is_search = kind is wire.SearchPage
    _check(response, where, not_found=StatusError if is_search else NotFoundError)
    page: wire.PostsPage | wire.SearchPage = strict_json(response, kind, where)
    if page.items is None or page.has_more is None:
        raise _not_as_documented(response, where)
    return Accepted(page, 1)


def _check(response: httpx.Response, where: str, *, not_found: type[RequestError] = NotFoundError) -> None:
    detail, credits = wire.message(response.content), 1 if response.is_success else 0
    raise_for_status(response, where, detail=detail, credits=credits, not_found=not_found)


def _not_as_documented(response: httpx.Response, where: str) -> EnvelopeError | AuthError:
    message = wire.message(response.content)
    if "sign up" in message.lower():
        return AuthError(f"{where}: HTTP 200 with {message!r}: the key is missing or refused", credits=1)
    detail = f", {message}" if message else ""
    return EnvelopeError(f"{where}: HTTP 200 without the documented keys{detail}", credits=1)
