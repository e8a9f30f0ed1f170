"""Scraper datasets: aweme items from files or from an HTTP dataset.

Files: `.json` (an array) or `.jsonl` (one item per line), optionally `.gz`; a file, folder or glob, local or any fsspec
URL. HTTP: `GET {base_url}/datasets/{id}/items?offset=&limit=&clean=1` with `Authorization: Bearer <token>`; its form
and its limits are undocumented and assumed: `base_url`, `page_size` (500) and `requests_per_minute` (250) are
configuration keys. Files and items cost nothing here.

A file is loaded once per content hash, with its `captured_at` or else its modification time as observation time.
Items have TikTok's aweme form, checked against public captures of 2021 and 2025.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import dlt
import httpx
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from tiktok_hashtags.errors import ConfigError, PageClampedError, RequestError, StatusError
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
    item_ids,
    keys_of,
    no_client,
    page_of,
    raw_tables,
    read_settings,
    with_key,
    with_parent,
)
from tiktok_hashtags.fetch import Accepted, ApiClient, PricePlan, raise_for_status, strict_json
from tiktok_hashtags.providers import _scraper_wire as wire
from tiktok_hashtags.providers._dataset_files import DatasetFile, Found, dataset_files, file_pages
from tiktok_hashtags.redaction import redact_url
from tiktok_hashtags.watchlist import Dataset, name_of_url

NAME = "scraper"
SERVES = frozenset({"datasets"})
NO_BASE_URL = "https://base-url.invalid"
PLANS = {"dataset": PricePlan("dataset", credit_usd=0.0, requests_per_minute=250)}


def _with_hashtags(
    items: pa.Table, lists: dict[str, pa.Table], nested: pa.Table
) -> tuple[pa.Table, dict[str, pa.Table]]:
    has_list = pc.or_(nested["cha_list"].is_valid(), nested["text_extra"].is_valid()).combine_chunks()
    items = items.append_column("has_hashtag_list", has_list)
    items = items.append_column("input_hashtag_key", _input_keys(items))
    for music in ("music", "added_sound_music_info"):
        for column, better in (("id", "id_str"), ("is_original", "is_original_sound")):
            at = items.schema.get_field_index(f"{music}__{column}")
            items = items.set_column(
                at, f"{music}__{column}", pc.coalesce(items[f"{music}__{better}"], items.column(at))
            )
    tagged = with_parent(lists["scraper_items__text_extra"], items, "aweme_id")
    is_hashtag = pc.fill_null(pc.not_equal(tagged["hashtag_name"], ""), False)
    return items, {
        "scraper_items__text_extra": with_key(tagged.filter(is_hashtag), "hashtag_name"),
        "scraper_items__cha_list": with_key(
            with_parent(lists["scraper_items__cha_list"], items, "aweme_id"), "cha_name"
        ),
        "scraper_items__caption_hashtags": caption_hashtags(
            items, caption="desc", video_id="aweme_id", has_list=has_list
        ),
    }


def _input_keys(items: pa.Table) -> pa.Array:
    """Return the key of the hashtag in the scraper's input: the name wins over the URL."""
    urls = pa.array([name_of_url(url) for url in items["input__url"].to_pylist()], pa.string())
    return pc.coalesce(keys_of(items["input__name"]), keys_of(urls))


ITEMS = Entity(
    "scraper_items",
    wire.Item,
    ids=lambda items: items["aweme_id"],
    requested={"dataset": pa.string()},
    derive=_with_hashtags,
    is_open=True,
)
ENTITIES = {"items": ITEMS}


@dlt.source(name=NAME, section=NAME)
def scraper(
    datasets: Sequence[Dataset | str] = (),
    *,
    api_key: dlt.TSecretStrValue | None = None,
    base_url: str | None = None,
    ledger_path: str | None = None,
    run: SourceRun | None = None,
) -> Iterable[DltResource]:
    """Dataset items as raw tables.

    Args:
        datasets: Paths, globs or watchlist entries.
        api_key: The token of the HTTP dataset; else `[sources.scraper] api_key`. Files need none.
        base_url: The server of the HTTP dataset; else `[sources.scraper] base_url`.
        ledger_path: A journal and ledger to share; else a temporary one.
        run: A planned run, which replaces all other arguments.
    """
    if run is None:
        targets = Targets(datasets=[Dataset(path=item) if isinstance(item, str) else item for item in datasets])
        settings = configured(api_key=api_key, base_url=base_url)
        run = SourceRun.alone(targets, walks_for, settings, ledger_path=ledger_path)
    yield dlt.resource(_tables(run), name="items", write_disposition="append")


def configured(**given: object) -> Settings:
    """Return the scraper's settings; `base_url` has no documented default.

    Raises:
        ConfigError: A setting is wrong.
    """
    return read_settings(NAME, base_url=NO_BASE_URL, plans=PLANS, page_size=500, max_page_size=100_000, given=given)


def walks_for(targets: Targets, settings: Settings, session: Session) -> list[Walk]:
    """Return one walk per file and per HTTP dataset; files are read to compute their content hash.

    A place that cannot be read, for instance because its server is down, is one walk, which fails; that walk is
    completed when the place can be read on the same date.

    Raises:
        ConfigError: A named file does not exist, or an HTTP dataset has no `base_url`.
    """
    walks: list[Walk] = []
    for dataset in targets.datasets:
        if dataset.path is None:
            walks.append(_http_walk(dataset, settings))
            continue
        found = dataset_files(dataset.path, captured_at=dataset.captured_at, now=session.clock())
        walks += [_file_walk(item, settings) for item in found.files]
        walks += [_place_walk(dataset.path, place, session, error) for place, error in found.unread.items()]
        walks += _missed_before(dataset.path, found, session)
    return list({walk.identity or walk.target: walk for walk in walks}.values())


def _file_walk(file: DatasetFile, settings: Settings) -> Walk:
    return Walk(
        provider=NAME,
        endpoint="items",
        target=file.name,
        identity=f"file {file.content_hash}",
        entity=ITEMS,
        fetch=partial(_file_fetch, file=file, page_size=settings.page_size),
        # The hash distinguishes two files of the same name, even on one date.
        requested={"dataset": f"{file.name} {file.content_hash[:12]}"},
        worst_requests=0,
        worst_credits=0,
        rules=Rules(max_pages=None, may_repeat=True),
        is_dated=False,
    )


def _place_walk(path: str, place: str, session: Session, error: RequestError | None = None) -> Walk:
    """Return a walk without items; its verdict is whether a place (a file, or a whole dataset) can be read."""
    key = hashlib.blake2b(f"{path}\n{place}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    shown = redact_url(place)
    if place != path and "://" in path:
        shown = f"{shown} of {redact_url(path)}"

    def page(_: str | None, __: int) -> Page:
        if error:
            raise error
        return Page((), (), cursor=None, has_more=False, request_key=key, observed_at=session.clock())

    return Walk(
        provider=NAME,
        endpoint="items",
        target=shown,
        identity=f"place {key}",
        entity=ITEMS,
        fetch=lambda *_: page,
        requested={"dataset": shown},
        worst_requests=0,
        worst_credits=0,
        refusal=error,
    )


def _missed_before(path: str, found: Found, session: Session) -> list[Walk]:
    """Return the walks of places that could not be read earlier on this date and can be read now."""
    readable = {path, *(file.path for file in found.files)} - set(found.unread)
    walks = [_place_walk(path, place, session) for place in sorted(readable)]
    return [walk for walk in walks if walk.key(session) in session.known.incomplete_walks]


def _http_walk(dataset: Dataset, settings: Settings) -> Walk:
    if settings.base_url == NO_BASE_URL and settings.api_key is not None:
        raise ConfigError(
            f"scraper dataset {dataset.dataset_id}: its server is unknown. Nothing was sent. Set base_url under "
            "[sources.scraper] in .dlt/config.toml."
        )
    return Walk(
        provider=NAME,
        endpoint="items",
        target=f"dataset {dataset.dataset_id}",
        entity=ITEMS,
        fetch=partial(_http_fetch, dataset_id=str(dataset.dataset_id), page_size=settings.page_size),
        requested={"dataset": dataset.dataset_id},
        worst_requests=2,
        worst_credits=0,
        rules=Rules(max_pages=settings.max_pages, may_repeat=True, skip_to=partial(_skip_to, settings.page_size)),
    )


def _tables(run: SourceRun) -> Iterator[Any]:
    needs_key = any(walk.worst_requests for walk in run.walks)
    headers = {"authorization": f"Bearer {run.settings.api_key or ''}"}
    connect = partial(run.settings.client, headers, run.session) if needs_key else no_client
    return raw_tables(run.walks, entities=[ITEMS], session=run.session, provider=NAME, connect=connect)


def _file_fetch(_: ApiClient | None, __: Session, walk: Walk, ___: str, *, file: DatasetFile, page_size: int) -> Fetch:
    pages = file_pages(file, page_size=page_size, where=f"scraper {walk.target}", reference=wire.Reference)

    def page(_: str | None, __: int) -> Page:
        return next(pages)

    return page


def _http_fetch(client: ApiClient, _: Session, walk: Walk, walk_key: str, *, dataset_id: str, page_size: int) -> Fetch:
    before: list[bytes] = []

    def page(cursor: str | None, _: int) -> Page:
        offset = int(cursor or 0)
        reply = client.fetch(
            f"/datasets/{quote(dataset_id, safe='')}/items",
            params={"offset": offset, "limit": page_size, "clean": 1},
            endpoint="items",
            accept=partial(_accept, where=f"scraper {walk.target} from item {offset}"),
            worst_credits=0,
            walk_key=walk_key,
        )
        items = [bytes(item) for item in reply.payload]
        if items and items == before:
            client.mark_suspect([reply.request_key])
            raise PageClampedError(f"scraper {walk.target}: the items from {offset} on repeat the page before")
        before[:] = items
        return page_of(
            reply, items=items, ids=item_ids(items, wire.Reference), cursor=offset + len(items), has_more=bool(items)
        )

    return page


def _skip_to(page_size: int, cursor: str | None, size_before: int) -> tuple[str, int]:
    size = size_before or page_size
    return str(int(cursor or 0) + size), size


def _accept(response: httpx.Response, *, where: str) -> Accepted:
    raise_for_status(response, where, not_found=StatusError)
    return Accepted(strict_json(response, list[msgspec.Raw], where), 0)
