"""UnifAPI: the videos of a hashtag.

    GET /tiktok/hashtags/{id}/videos?cursor=&limit=

Header `Authorization: Bearer <key>`; 1 credit per record, at least 1 per call, taken from a prepaid balance.
`limit` defaults to 20 and is capped at 50.

Assumed, because it is undocumented: a page that the balance cuts short still names the cursor of the page
after it; with a balance of 0 the answer is 402; an id that is not a number is `invalid_id`;
`X-RateLimit-Reset` is in epoch seconds; errors charge nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from .chance import share
from .entities import FeedEntry
from .exchange import ItemShape, Paging, Question, Reply
from .vocabulary import ORIGINAL_SOUND

PRICE = 0
RECORD_PRICE = 1
SMALLEST_CHARGE = 1

_DEFAULT_LIMIT = 20
_LARGEST_LIMIT = 50
_TYPES = {
    400: "validation_error",
    401: "unauthorized",
    402: "insufficient_credits",
    403: "unauthorized",
    404: "not_found",
    429: "rate_limited",
    502: "upstream_error",
    503: "upstream_unavailable",
}
_SHAPE = ItemShape(("id",), "video_description", "view_count")


def key(headers: Mapping[str, str]) -> str | None:
    """The token of the `Authorization` header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def answer(question: Question) -> Reply:
    """A page of videos, paid by the record from the balance."""
    match question.segments:
        case ("tiktok", "hashtags", hashtag_id, "videos"):
            return _videos(question, hashtag_id)
    return refusal(question, 404, "No such endpoint")


def refusal(question: Question, status: int, message: str) -> Reply:
    """The documented error object, with the type for the status."""
    return _error(question, status, _TYPES.get(status, "internal_error"), message)


def failing_envelope(question: Question, code: int | str | None) -> Reply:
    """An error object with status 200."""
    return _error(question, 200, str(code or "internal_error"), "Something went wrong")


failing_inner_envelope = failing_envelope


def _error(question: Question, status: int, type_: str, message: str, *, required: int = 0) -> Reply:
    issues = [{"path": "query", "message": message}] if status == 400 else []
    billing = {"credits_required": required, **_billing(question, charged=0, records=0, is_cut=False)}
    error = {
        "type": type_,
        "message": message,
        "request_id": question.request_id,
        "issues": issues,
        "billing": billing,
    }
    return Reply(status, {"error": error}, headers=_rate_headers(question))


def _billing(question: Question, *, charged: int, records: int, is_cut: bool) -> dict[str, Any]:
    return {
        "credits_charged": charged,
        "records_charged": records,
        "balance_remaining": (question.account.balance or 0) - charged,
        "truncated_due_to_balance": is_cut,
    }


def _rate_headers(question: Question) -> dict[str, str]:
    limit = question.account.plan.requests_per_minute
    if limit is None:
        return {}
    left = max(limit - question.account.in_last_minute(question.now), 0)
    reset = int(question.now.timestamp()) + 60
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(reset),
    }


def _videos(question: Question, hashtag_id: str) -> Reply:
    if not hashtag_id.isdecimal():
        return _error(question, 400, "invalid_id", "A hashtag id is a decimal number")
    hashtag = question.world.hashtag_by_id(hashtag_id)
    if hashtag is None:
        return refusal(question, 404, "No such hashtag")
    try:
        limit = question.integer("limit", _DEFAULT_LIMIT)
        offset = _offset(question.query.get("cursor", ""))
    except ValueError:
        return refusal(question, 400, "limit or cursor is malformed")
    if limit < 1:
        return refusal(question, 400, "limit starts at 1")
    feed = question.world.feed(hashtag, question.today, "unifapi")
    return _page(question, feed, offset, min(limit, _LARGEST_LIMIT))


def _page(question: Question, feed: tuple[FeedEntry, ...], offset: int, limit: int) -> Reply:
    """One page, cut to the records that the balance can pay for."""
    wanted = feed[offset : offset + limit]
    balance = question.account.balance or 0
    required = max(len(wanted) * RECORD_PRICE, SMALLEST_CHARGE)
    if balance < SMALLEST_CHARGE:
        return _error(question, 402, _TYPES[402], "The balance is used up", required=required)
    is_cut = balance < required
    items = [_video(question, entry) for entry in wanted[: balance // RECORD_PRICE]]
    charged = min(required, balance)
    has_more = offset + limit < len(feed)
    pagination: dict[str, Any] = {
        "has_more": has_more or is_cut,
        "next_cursor": cursor_at(offset + limit, 0) if has_more or is_cut else None,
    }
    payload = {
        "request_id": question.request_id,
        "data": items,
        "pagination": pagination,
        "billing": _billing(question, charged=charged, records=len(items), is_cut=is_cut),
    }
    paging = Paging(pagination, "has_more", "next_cursor", offset, cursor_at)
    headers = _rate_headers(question)
    return Reply(200, payload, charged, headers=headers, items=items, is_list=True, shape=_SHAPE, paging=paging)


def cursor_at(offset: int, lap: int) -> str:
    """An opaque cursor; another lap gives another cursor to the same place."""
    return base64.urlsafe_b64encode(f"v1:{offset}:{lap}".encode()).decode()


def _offset(cursor: str) -> int:
    """The place a cursor points to.

    Raises:
        ValueError: it is not one of ours.
    """
    if not cursor:
        return 0
    try:
        version, offset, _ = base64.urlsafe_b64decode(cursor).decode().split(":")
    except binascii.Error as error:
        raise ValueError(cursor) from error
    if version != "v1":
        raise ValueError(cursor)
    return int(offset)


def _video(question: Question, entry: FeedEntry) -> dict[str, Any]:
    video, stats = entry.video, entry.stats
    handle = question.world.handle(video.creator, question.today)
    has_list = share("unifapi", "no list", video.id) >= 0.02
    item: dict[str, Any] = {
        "id": video.id,
        "title": video.caption[:40],
        "video_description": video.caption,
        "create_time": video.posted_at,
        "duration": video.duration_ms / 1000,
        "cover_image_url": f"https://p16.tiktokcdn.example/{video.id}.jpeg?x-signature={question.number:x}",
        "share_url": f"https://www.tiktok.com/@{handle}/video/{video.id}",
        "embed_link": f"https://www.tiktok.com/player/v1/{video.id}",
        "width": video.width,
        "height": video.height,
        "like_count": stats.like_count,
        "comment_count": stats.comment_count,
        "share_count": stats.share_count,
        "view_count": stats.view_count,
        "author": _author(question, entry, handle),
        "region": video.region,
        "hashtags": [tag.spelling for tag in video.tags] if has_list else None,
        "music": _sound(entry),
        "is_image_post": video.is_image_post,
        "play_url": None
        if video.is_image_post
        else f"https://v16.tiktokcdn.example/{video.id}.mp4?{question.number:x}",
    }
    return _with_holes(item, video.id)


def _with_holes(item: dict[str, Any], video_id: str) -> dict[str, Any]:
    """Omit the fields that real answers omit, and send some numbers as text."""
    if share("unifapi", "no creator", video_id) < 0.015:
        item["author"] = None
    if share("unifapi", "no sound", video_id) < 0.04:
        del item["music"]
    if share("unifapi", "no region", video_id) < 0.05:
        item["region"] = None
    if share("unifapi", "no size", video_id) < 0.05:
        del item["width"], item["height"]
    if share("unifapi", "text", video_id) < 0.03:
        item |= {"view_count": str(item["view_count"]), "create_time": str(item["create_time"])}
    if share("unifapi", "whole seconds", video_id) < 0.2:
        item["duration"] = round(item["duration"])
    return item


def _author(question: Question, entry: FeedEntry, handle: str) -> dict[str, Any]:
    creator = entry.video.creator
    picture = f"https://p16.tiktokcdn.example/{creator.id}.jpeg?x-expires={question.now:%y%m%d}"
    return {"id": creator.id, "username": handle, "display_name": creator.name, "avatar_url": picture}


def _sound(entry: FeedEntry) -> dict[str, Any]:
    """Titles of original sounds are in the language of the video's creator."""
    sound = entry.video.sound
    label = ORIGINAL_SOUND.get(entry.video.language, ORIGINAL_SOUND["en"])
    title = f"{label} - {sound.author}" if sound.is_original else sound.title
    return {"id": sound.id, "title": title, "author": sound.author, "is_original": sound.is_original}
