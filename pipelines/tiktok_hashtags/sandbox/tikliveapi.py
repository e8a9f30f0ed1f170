"""TikLiveAPI: hashtag details, hashtag search, videos of a hashtag.

    GET /challenge-info-id/?id=
    GET /challenge-info-name/?name=
    GET /challenge-posts/?challenge_id=&count=&cursor=&region=
    GET /search-challenge/?keyword=&count=&cursor=

Header `X-Api-Key`; 1 credit for every 2xx; paths end in `/`. Without a key the answer is a 200 that asks to
sign up.

Assumed, because it is undocumented: a wrong key is a 401; an unknown hashtag is a 404 for details and an
empty page for posts; errors are `{message}`; a page holds at most 30; the cursor of posts is a number and
that of a search a string; `region` changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .chance import between, share
from .entities import FeedEntry, Hashtag
from .exchange import ItemShape, Paging, Question, Reply
from .vocabulary import ORIGINAL_SOUND

PRICE = 1

_DEFAULT_COUNT = 10
_LARGEST_COUNT = 30
_SIGN_UP = {"message": "Please sign up at tikliveapi.com to get an API key"}


def key(headers: Mapping[str, str]) -> str | None:
    """The key of the `X-Api-Key` header."""
    return headers.get("x-api-key")


def answer(question: Question) -> Reply:
    """Details, search results or videos, 1 credit each."""
    match question.segments:
        case ("challenge-info-id", ""):
            reply = _details(question, question.world.hashtag_by_id(question.query.get("id", "")))
        case ("challenge-info-name", ""):
            reply = _details(question, question.world.hashtag_by_name(question.query.get("name", "")))
        case ("challenge-posts", ""):
            reply = _posts(question)
        case ("search-challenge", ""):
            reply = _search(question)
        case _:
            return refusal(question, 404, "Not found")
    reply.credits = PRICE if reply.status == 200 else 0
    return reply


def refusal(_question: Question, status: int, message: str) -> Reply:
    """A message; without a key, it is sent as a success."""
    if status == 401 and message == "missing key":
        return Reply(200, dict(_SIGN_UP))
    return Reply(status, {"message": message})


def failing_envelope(_question: Question, code: int | str | None) -> Reply:
    """A 200 that is an object, but not the expected one."""
    return Reply(200, {"code": code or -1, "message": "Something went wrong, please try again"}, PRICE)


failing_inner_envelope = failing_envelope


def _details(question: Question, hashtag: Hashtag | None) -> Reply:
    if hashtag is None:
        return refusal(question, 404, "Challenge not found")
    payload = _hashtag(question, hashtag)
    return Reply(200, payload, items=[payload], shape=_HASHTAG_SHAPE)


def _hashtag(question: Question, hashtag: Hashtag) -> dict[str, Any]:
    """Details without an envelope; `user_count` is creators, and an empty description is missing."""
    stats = question.world.hashtag_stats(hashtag, question.today)
    item: dict[str, Any] = {
        "id": hashtag.id,
        "cha_name": question.world.spelling(hashtag, question.today, "tikliveapi"),
        "user_count": stats.creator_count,
        "view_count": stats.view_count,
        "type": 1 if hashtag.is_commerce else 2,
        "cover": "",
    }
    if hashtag.description:
        item["desc"] = hashtag.description
    return item


_HASHTAG_SHAPE = ItemShape(("id", "cha_name"), "desc", "view_count")
_VIDEO_SHAPE = ItemShape(("video_id", "aweme_id"), "title", "play_count")


def _search(question: Question) -> Reply:
    if not question.query.get("keyword", "").strip():
        return refusal(question, 400, "keyword is required")
    found = question.world.search(question.query["keyword"], question.today)
    reply = _page(question, found, "challenge_list", has_text_cursor=True)
    if reply.status == 200:
        reply.items[:] = [_hashtag(question, hashtag) for hashtag in reply.items]
        reply.shape = _HASHTAG_SHAPE
    return reply


def _posts(question: Question) -> Reply:
    if not question.query.get("challenge_id", "").isdecimal():
        return refusal(question, 400, "challenge_id is required")
    hashtag = question.world.hashtag_by_id(question.query["challenge_id"])
    feed = question.world.feed(hashtag, question.today, "tikliveapi") if hashtag else ()
    reply = _page(question, list(feed), "videos", has_text_cursor=False)
    if reply.status == 200:
        reply.items[:] = [_video(question, entry) for entry in reply.items]
        reply.shape = _VIDEO_SHAPE
    return reply


def _page(question: Question, everything: list[Any], list_key: str, *, has_text_cursor: bool) -> Reply:
    """One page from the cursor on; `hasMore` is a boolean or, from the second page on, 0 or 1."""
    try:
        count = min(max(question.integer("count", _DEFAULT_COUNT), 1), _LARGEST_COUNT)
        offset = int(question.query.get("cursor", "0").partition("~")[0] or 0)
    except ValueError:
        return refusal(question, 400, "count and cursor are malformed")

    def cursor_at(place: int, lap: int) -> object:
        if lap:
            return f"{place}~{lap}"
        return str(place) if has_text_cursor else place

    items = everything[max(offset, 0) : max(offset, 0) + count]
    has_more = offset + count < len(everything)
    payload: dict[str, Any] = {
        list_key: items,
        "cursor": cursor_at(offset + len(items), 0),
        "hasMore": int(has_more) if offset else has_more,
    }
    return Reply(
        200,
        payload,
        items=items,
        is_list=True,
        paging=Paging(payload, "hasMore", "cursor", offset, cursor_at),
    )


def _video(question: Question, entry: FeedEntry) -> dict[str, Any]:
    video, stats = entry.video, entry.stats
    signature = f"x-expires={question.now:%y%m%d%H}00&x-signature={question.number:x}%3D"
    media = f"https://v16.tiktokcdn.example/{video.id}/{{}}?{signature}"
    item: dict[str, Any] = {
        **_ids(video.id),
        "region": video.region,
        "title": None if share("tikliveapi", "no title", video.id) < 0.03 else video.caption,
        "cover": media.format("cover.jpeg"),
        "origin_cover": media.format("origin.jpeg"),
        "play": media.format("play.mp4"),
        "wmplay": media.format("wmplay.mp4"),
        "size": between(400_000, 60_000_000, "tikliveapi", "size", video.id),
        "duration": video.duration_ms // 1000,
        "music": f"https://sf16.tiktokcdn.example/{video.sound.id}.mp3",
        "music_info": _sound(entry),
        "play_count": stats.view_count,
        "digg_count": stats.like_count,
        "comment_count": stats.comment_count,
        "share_count": stats.share_count,
        "download_count": stats.download_count,
        "collect_count": stats.save_count,
        "create_time": video.posted_at,
        "author": _author(question, entry),
    }
    if share("tikliveapi", "no creator", video.id) < 0.01:
        del item["author"]
    if share("tikliveapi", "no sound", video.id) < 0.03:
        item["music_info"] = None
    if share("tikliveapi", "text", video.id) < 0.03:
        item |= {"play_count": str(stats.view_count), "create_time": str(video.posted_at)}
    return item


def _ids(video_id: str) -> dict[str, str]:
    """Mostly `video_id` alone; sometimes it is a handle, and `aweme_id` is the number."""
    kind = share("tikliveapi", "ids", video_id)
    if kind < 0.12:
        return {"video_id": f"v14044g50000{video_id[-12:]}", "aweme_id": video_id}
    return {"video_id": video_id, "aweme_id": video_id} if kind < 0.3 else {"video_id": video_id}


def _sound(entry: FeedEntry) -> dict[str, Any]:
    sound = entry.video.sound
    return {
        "id": sound.id,
        "title": f"{ORIGINAL_SOUND['en']} - {sound.author}" if sound.is_original else sound.title,
        "author": sound.author,
        "original": sound.is_original,
        "duration": sound.duration_seconds,
    }


def _author(question: Question, entry: FeedEntry) -> dict[str, Any]:
    creator = entry.video.creator
    return {
        "id": creator.id,
        "unique_id": question.world.handle(creator, question.today),
        "nickname": creator.name,
        "avatar": f"https://p16.tiktokcdn.example/{creator.id}.jpeg?x-expires={question.now:%y%m%d}",
    }
