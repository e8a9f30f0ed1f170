"""UnifAPI: the videos of a hashtag.

`GET /tiktok/hashtags/{id}/videos?cursor=&limit=`, `Authorization: Bearer <key>`. Success:
`{request_id, data: [video], pagination: {has_more, next_cursor}, billing: {...}}`; an error: `{error: {type, message,
request_id, issues, billing}}`. `limit` is 20 by default and at most 50; the cursor is opaque.

Price: 1 credit ($0.001) per record, at least 1 per call. Rate: 60 requests/min free, 600/min paid. From the
provider's documents and public client code, read 2026-11; checked against an emulator of them, not the live API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import dlt
import httpx
import msgspec
import pyarrow as pa
from dlt.extract import DltResource

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    EnvelopeError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    StatusError,
)
from tiktok_hashtags.extract import (
    Entity,
    Fetch,
    Integer,
    Number,
    Page,
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
    with_parent,
)
from tiktok_hashtags.fetch import (
    UNREADABLE,
    Accepted,
    ApiClient,
    Id,
    PricePlan,
    decoder_of,
    prepare,
    raise_for_status,
    retry_after_seconds,
    strict_json,
)
from tiktok_hashtags.watchlist import Hashtag

NAME = "unifapi"
SERVES = frozenset({"videos"})
BASE_URL = "https://api.unifapi.com"
MAX_PAGE_SIZE = 50
PLANS = {
    "free": PricePlan("free", credit_usd=0.001, requests_per_minute=60),
    "paid": PricePlan("paid", credit_usd=0.001, requests_per_minute=600),
}
# The types that are more precise than their status, or have none; `response_shape_error` is a permanent 500.
_KINDS: dict[str, type[RequestError]] = {
    "unauthorized": AuthError,
    "insufficient_credits": BalanceError,
    "not_found": NotFoundError,
    "rate_limited": RateLimitedError,
    "response_shape_error": StatusError,
}


class Author(msgspec.Struct):
    """The creator of a video."""

    id: Id | None = None
    username: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None


class Music(msgspec.Struct):
    """The sound of a video."""

    id: Id | None = None
    title: str | None = None
    author: str | None = None
    is_original: bool | None = None


class Video(msgspec.Struct):
    """A video: `duration` in seconds, `create_time` in epoch seconds; there is no count of saves."""

    id: Id | None = None
    title: str | None = None
    video_description: str | None = None
    create_time: Integer | None = None
    duration: Number | None = None
    cover_image_url: str | None = None
    share_url: str | None = None
    embed_link: str | None = None
    width: Integer | None = None
    height: Integer | None = None
    like_count: Integer | None = None
    comment_count: Integer | None = None
    share_count: Integer | None = None
    view_count: Integer | None = None
    author: Author | None = None
    region: str | None = None
    hashtags: list[str | None] | None = None
    music: Music | None = None
    is_image_post: bool | None = None
    play_url: str | None = None


class Pagination(msgspec.Struct):
    """Where the next page is; `next_cursor` is null when there is none."""

    has_more: bool = False
    next_cursor: str | int | None = None


class Billing(msgspec.Struct):
    """The charge of a call."""

    credits_charged: Annotated[int, msgspec.Meta(ge=0, le=2**31)] | None = None
    truncated_due_to_balance: bool = False


class Failure(msgspec.Struct):
    """The error object, which can state a charge."""

    type: str = "unknown"
    message: str = ""
    billing: Billing | None = None


class Envelope(msgspec.Struct):
    """Success or error: one of `data` and `error`."""

    data: list[msgspec.Raw] | None = None
    pagination: Pagination | None = None
    billing: Billing | None = None
    error: Failure | None = None


class _Reference(msgspec.Struct):
    id: str | int | None = None


prepare(Envelope, _Reference)


@dataclass(frozen=True, slots=True)
class VideosPage:
    """A decoded page."""

    items: list[Any]
    cursor: str | int | None
    has_more: bool


def _with_hashtags(
    videos: pa.Table, lists: dict[str, pa.Table], items: pa.Table
) -> tuple[pa.Table, dict[str, pa.Table]]:
    has_list = items["hashtags"].is_valid().combine_chunks()
    videos = videos.append_column("has_hashtag_list", has_list)
    listed = with_key(with_parent(lists["unifapi_videos__hashtags"], videos, "id"), "value")
    in_captions = caption_hashtags(videos, caption="video_description", video_id="id", has_list=has_list)
    return videos, {"unifapi_videos__hashtags": listed, "unifapi_videos__caption_hashtags": in_captions}


VIDEOS = Entity(
    table="unifapi_videos",
    item=Video,
    ids=lambda items: items["id"],
    requested={"requested_hashtag": pa.string(), "requested_hashtag_id": pa.string()},
    derive=_with_hashtags,
)
ENTITIES = {"videos": VIDEOS}


@dlt.source(name=NAME, section=NAME)
def unifapi(
    hashtags: Sequence[Hashtag | str] = (),
    *,
    api_key: dlt.TSecretStrValue | None = None,
    base_url: str | None = None,
    ledger_path: str | None = None,
    run: SourceRun | None = None,
) -> Iterable[DltResource]:
    """Videos of hashtags as raw tables.

    Args:
        hashtags: Ids ("3242") or watchlist entries; UnifAPI finds a hashtag by its id only.
        api_key: The key; else `[sources.unifapi] api_key`.
        base_url: Another server that follows the document; else `[sources.unifapi] base_url`.
        ledger_path: A journal and ledger to share; else a temporary one.
        run: A planned run, which replaces all other arguments.
    """
    if run is None:
        targets = Targets(videos=hashtags_of(hashtags))
        settings = configured(api_key=api_key, base_url=base_url)
        run = SourceRun.alone(targets, walks_for, settings, ledger_path=ledger_path)
    yield dlt.resource(_videos(run), name="videos", write_disposition="append")


def configured(**given: object) -> Settings:
    """Return UnifAPI's settings.

    Raises:
        ConfigError: A setting is wrong.
    """
    return read_settings(
        NAME, base_url=BASE_URL, plans=PLANS, page_size=MAX_PAGE_SIZE, max_page_size=MAX_PAGE_SIZE, given=given
    )


def walks_for(targets: Targets, settings: Settings, session: Session) -> list[Walk]:
    """Return the walks for some targets: one per hashtag, at most `max_videos` credits each."""
    return [
        Walk(
            provider=NAME,
            endpoint="videos",
            target=hashtag.label,
            entity=VIDEOS,
            fetch=partial(_fetch, page_size=settings.page_size),
            requested={"requested_hashtag": hashtag.key, "requested_hashtag_id": hashtag.id},
            worst_requests=-(-hashtag.max_videos // settings.page_size),
            worst_credits=hashtag.max_videos,
            hashtag_key=hashtag.key,
            hashtag_id=hashtag.id,
            needs_id=True,
            rules=feed_rules(hashtag, settings, session),
            identity=hashtag.key or f"id {hashtag.id}",
        )
        for hashtag in targets.videos
        if not is_missing(NAME, hashtag, session)
    ]


def _videos(run: SourceRun) -> Iterator[Any]:
    connect = partial(run.settings.client, {"authorization": f"Bearer {run.settings.api_key}"}, run.session)
    return raw_tables(run.walks, entities=[VIDEOS], session=run.session, provider=NAME, connect=connect)


def _fetch(client: ApiClient, session: Session, walk: Walk, walk_key: str, *, page_size: int) -> Fetch:
    client.check_open()  # a missing key is reported before a missing id
    hashtag_id = id_of(walk, session)

    def page(cursor: str | None, received: int) -> Page:
        limit = min(page_size, max((walk.rules.max_items or page_size) - received, 1))
        params: dict[str, str | int] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        reply = client.fetch(
            f"/tiktok/hashtags/{hashtag_id}/videos",
            params=params,
            endpoint="videos",
            accept=partial(_accept, where=f"unifapi videos of {walk.target}"),
            worst_credits=limit,
            walk_key=walk_key,
            hashtag_key=walk.hashtag_key,
        )
        got: VideosPage = reply.payload
        return page_of(
            reply,
            items=got.items,
            ids=item_ids(got.items, _Reference),
            cursor=got.cursor,
            has_more=got.has_more,
        )

    return page


def _accept(response: httpx.Response, *, where: str) -> Accepted:
    if response.status_code != 200:
        raise _failure(response, where)
    body: Envelope = strict_json(response, Envelope, where)
    if body.error:
        raise _failure(response, where)
    if body.data is None or body.pagination is None:
        raise BodyError(f"{where}: HTTP 200 without data and pagination")
    billing = body.billing or Billing()
    charged = billing.credits_charged
    page = VideosPage(
        items=body.data,
        cursor=body.pagination.next_cursor,
        has_more=body.pagination.has_more,
    )
    credits = max(len(body.data), 1) if charged is None else charged
    return Accepted(page, credits, is_partial=billing.truncated_due_to_balance)


def _failure(response: httpx.Response, where: str) -> RequestError:
    """Return the error of an answer, by its type if it names one, else by its status."""
    try:
        failure = decoder_of(Envelope).decode(response.content).error or Failure()
    except UNREADABLE:
        failure = Failure()
    stated = failure.billing.credits_charged if failure.billing else None
    charged = int(response.is_success) if stated is None else stated
    detail = f"{failure.type}: {failure.message}"
    if failure.type in _KINDS:
        kind, message = _KINDS[failure.type], f"{where}: HTTP {response.status_code}, {detail[:300]}"
        return kind(message, credits=charged, retry_after_seconds=retry_after_seconds(response))
    try:
        raise_for_status(response, where, detail=detail, credits=charged)
    except RequestError as error:
        return error
    return EnvelopeError(f"{where}: HTTP 200 with {detail[:300]}", credits=charged)
