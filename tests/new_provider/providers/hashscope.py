"""HashScope, a made-up API: hashtag details. The worked example of docs/adding-a-provider.md.

Base `https://api.hashscope.example/v1`, header `x-token`. `GET /hashtags/{name}`; success is
`{hashtag: {...}}`, an error `{error: "..."}` under its own status. Price: 2 credits per answered request, $0.001 a
credit; 60 requests a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import dlt
import httpx
import msgspec
import pyarrow as pa
from dlt.extract import DltResource

from tiktok_hashtags.extract import (
    Entity,
    Fetch,
    Integer,
    Page,
    Session,
    Settings,
    SourceRun,
    Targets,
    Walk,
    hashtags_of,
    is_missing,
    item_ids,
    page_of,
    raw_tables,
    read_settings,
    with_key,
)
from tiktok_hashtags.fetch import Accepted, ApiClient, Id, PricePlan, prepare, raise_for_status, strict_json
from tiktok_hashtags.watchlist.model import Hashtag

NAME = "hashscope"
SERVES = frozenset({"details"})
BASE_URL = "https://api.hashscope.example/v1"
CREDITS_PER_REQUEST = 2
PLANS = {"payg": PricePlan("payg", credit_usd=0.001, requests_per_minute=60)}


class Details(msgspec.Struct):
    """A hashtag."""

    id: Id | None = None
    name: str | None = None
    about: str | None = None
    views: Integer | None = None
    creators: Integer | None = None


class Envelope(msgspec.Struct):
    """A successful answer."""

    hashtag: msgspec.Raw


class Reference(msgspec.Struct):
    """The id of a hashtag."""

    id: str | int | None = None


prepare(Envelope, Reference)


def _with_hashtag_key(
    details: pa.Table, lists: dict[str, pa.Table], _: pa.Table
) -> tuple[pa.Table, dict[str, pa.Table]]:
    return with_key(details, "name"), lists


HASHTAGS = Entity(
    "hashscope_hashtags",
    Details,
    ids=lambda items: items["id"],
    requested={"requested_hashtag": pa.string()},
    derive=_with_hashtag_key,
)
ENTITIES = {"hashtags": HASHTAGS}


@dlt.source(name=NAME, section=NAME)
def hashscope(
    hashtags: Sequence[Hashtag | str] = (),
    *,
    api_key: dlt.TSecretStrValue | None = None,
    base_url: str | None = None,
    ledger_path: str | None = None,
    run: SourceRun | None = None,
) -> Iterable[DltResource]:
    """Hashtag details as a raw table.

    Args:
        hashtags: Names or watchlist entries.
        api_key: The key; else `[sources.hashscope] api_key`.
        base_url: Another server that follows the document; else `[sources.hashscope] base_url`.
        ledger_path: A journal and ledger to share; else a temporary one.
        run: A planned run, which replaces all other arguments.
    """
    if run is None:
        settings = configured(api_key=api_key, base_url=base_url)
        run = SourceRun.alone(Targets(details=hashtags_of(hashtags)), walks_for, settings, ledger_path=ledger_path)
    yield dlt.resource(_tables(run), name="hashtags", write_disposition="append")


def configured(**given: object) -> Settings:
    """Return HashScope's settings.

    Raises:
        ConfigError: A setting is wrong.
    """
    return read_settings(NAME, base_url=BASE_URL, plans=PLANS, page_size=1, max_page_size=1, given=given)


def walks_for(targets: Targets, settings: Settings, session: Session) -> list[Walk]:
    """Return one walk per hashtag that has a name."""
    return [
        Walk(
            provider=NAME,
            endpoint="hashtags",
            target=hashtag.label,
            identity=hashtag.key,
            entity=HASHTAGS,
            fetch=_fetch,
            requested={"requested_hashtag": hashtag.key},
            worst_requests=1,
            worst_credits=CREDITS_PER_REQUEST,
            hashtag_key=hashtag.key,
            hashtag_id=hashtag.id,
        )
        for hashtag in targets.details
        if hashtag.key is not None and not is_missing(NAME, hashtag, session)
    ]


def _tables(run: SourceRun) -> Iterator[Any]:
    connect = partial(run.settings.client, {"x-token": run.settings.api_key or ""}, run.session)
    return raw_tables(run.walks, entities=[HASHTAGS], session=run.session, provider=NAME, connect=connect)


def _fetch(client: ApiClient, session: Session, walk: Walk, walk_key: str) -> Fetch:
    def page(_: str | None, __: int) -> Page:
        reply = client.fetch(
            f"/hashtags/{quote(str(walk.hashtag_key), safe='')}",
            params={},
            endpoint="hashtags",
            accept=partial(_accept, where=f"hashscope details of {walk.target}"),
            worst_credits=CREDITS_PER_REQUEST,
            walk_key=walk_key,
            hashtag_key=walk.hashtag_key,
        )
        [hashtag_id] = item_ids([reply.payload], Reference)
        session.learned.learn(walk.hashtag_key, hashtag_id)
        return page_of(reply, items=[reply.payload], ids=[hashtag_id])

    return page


def _accept(response: httpx.Response, *, where: str) -> Accepted:
    raise_for_status(response, where)
    envelope: Envelope = strict_json(response, Envelope, where)
    return Accepted(envelope.hashtag, CREDITS_PER_REQUEST)
