"""The scraper's dataset, in aweme form.

    GET /datasets/{id}/items?offset=&limit=&clean=1

Header `Authorization: Bearer <token>`; no price. The dataset `holiday-hashtags` is the output of a daily job: it holds
other items on the next date. `holiday-hashtags-2026-11-01` keeps the items of that date.

Assumed, because it is undocumented: a page holds at most 100 items; the end is an empty array; error rows
appear with `clean=1` too; errors are `{error: {type, message}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .chance import between, share
from .entities import DatasetRow, Sound, Tag, Video, VideoStats
from .exchange import ItemShape, Question, Reply
from .vocabulary import ORIGINAL_SOUND
from .world import DATASET_ID, World

PRICE = 0

_LARGEST_PAGE = 100
_TYPES = {
    401: "token-not-valid",
    403: "insufficient-permissions",
    404: "record-not-found",
    429: "rate-limit-exceeded",
}
_SHAPE = ItemShape(("aweme_id",), "desc", "statistics.play_count")


def key(headers: Mapping[str, str]) -> str | None:
    """The token of the `Authorization` header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def answer(question: Question) -> Reply:
    """A page of the dataset, free of charge."""
    match question.segments:
        case ("datasets", dataset_id, "items"):
            captured = _captured_on(dataset_id, question.today)
        case _:
            return refusal(question, 404, "No such endpoint")
    if captured is None:
        return refusal(question, 404, "Dataset was not found")
    try:
        offset, limit = question.integer("offset", 0), question.integer("limit", _LARGEST_PAGE)
    except ValueError:
        return refusal(question, 400, "offset and limit are integers")
    size = min(max(limit, 0), _LARGEST_PAGE)
    items = dataset_items(question.world, captured)[max(offset, 0) : max(offset, 0) + size]
    return Reply(200, items, items=items, is_list=True, shape=_SHAPE)


def refusal(_question: Question, status: int, message: str) -> Reply:
    """An error object with a type and a message."""
    return Reply(status, {"error": {"type": _TYPES.get(status, "internal-error"), "message": message}})


def failing_envelope(_question: Question, code: int | str | None) -> Reply:
    """An error object with status 200, in place of an array."""
    return Reply(200, {"error": {"type": str(code or "internal-error"), "message": "Something went wrong"}})


failing_inner_envelope = failing_envelope


def _captured_on(dataset_id: str, today: date) -> date | None:
    if dataset_id == DATASET_ID:
        return today
    name, on = dataset_id[:-11], dataset_id[-10:]
    try:
        return date.fromisoformat(on) if name == DATASET_ID else None
    except ValueError:
        return None


def dataset_items(world: World, on: date) -> list[dict[str, Any]]:
    """The whole dataset of a date, as a scraper would write it into a file."""
    return [_item(world, row, on) for row in world.dataset(on)]


def _item(world: World, row: DatasetRow, on: date) -> dict[str, Any]:
    asked = {"region": "US", "name": row.hashtag.name, "url": None, "limit": row.limit}
    if row.is_asked_by_url:
        asked |= {"name": None, "url": f"https://www.tiktok.com/tag/{row.hashtag.name}"}
    if row.entry is None:
        return {"input": asked, "error": "Post not found or private", "error_code": "post_not_found"}
    video = row.entry.video
    return _with_holes({"input": asked} | _aweme(world, video, row.entry.stats, on), video.id)


def _aweme(world: World, video: Video, stats: VideoStats, on: date) -> dict[str, Any]:
    handle = world.handle(video.creator, on)
    return {
        "aweme_id": video.id,
        "desc": video.caption,
        "desc_language": video.language,
        "region": video.region,
        "create_time": video.posted_at,
        "is_hash_tag": 1 if video.tags else 0,
        "cha_list": _cha_list(video),
        "text_extra": [
            *(_tag(tag, video) for tag in video.tags),
            *(_mention(name) for name in video.mentions),
        ],
        "label_top": None,
        "playlist_info": _playlist(video),
        "author": _author(video, handle),
        "music": _music(world, video.sound, video.language, on),
        "added_sound_music_info": _music(world, video.sound, video.language, on),
        "video": _video(video, on),
        "statistics": {
            "aweme_id": video.id,
            "play_count": stats.view_count,
            "digg_count": stats.like_count,
            "comment_count": stats.comment_count,
            "share_count": stats.share_count,
            "collect_count": stats.save_count,
        },
        "share_info": {
            "share_title": f"Check out {video.creator.name}'s video!",
            "share_desc": f"TikTok: Make Your Day <{handle}>",
            "share_url": f"https://www.tiktok.com/@{handle}/video/{video.id}",
        },
        **_permissions(video),
    }


def _permissions(video: Video) -> dict[str, Any]:
    may_download = share("scraper", "download", video.id) < 0.7
    return {
        "status": {
            "allow_comment": True,
            "allow_share": True,
            "download_status": 0 if may_download else 3,
            "private_status": 0,
            "in_reviewing": share("scraper", "review", video.id) < 0.03,
            "reviewed": int(share("scraper", "review", video.id) >= 0.03),
            "is_prohibited": False,
        },
        "aweme_acl": {"download_general": {"code": 0 if may_download else 1}, "share_general": {"code": 0}},
        "video_control": {
            "allow_download": may_download,
            "allow_duet": share("scraper", "duet", video.id) < 0.8,
            "allow_react": True,
            "allow_stitch": share("scraper", "stitch", video.id) < 0.8,
        },
        "risk_infos": {
            "content": "The action in this video could result in injury"
            if share("scraper", "risk", video.id) < 0.02
            else "",
            "risk_sink": False,
            "type": 0,
            "vote": False,
            "warn": share("scraper", "risk", video.id) < 0.02,
        },
    }


def _with_holes(item: dict[str, Any], video_id: str) -> dict[str, Any]:
    """Omit the fields that real datasets omit, and send some numbers as text."""
    for name in ("author", "music", "video", "risk_infos", "status", "aweme_acl"):
        chance = share("scraper", "hole", name, video_id)
        if chance < 0.01:
            item[name] = None
        elif chance < 0.02:
            del item[name]
    if share("scraper", "text", video_id) < 0.03:
        item["create_time"] = str(item["create_time"])
        item["statistics"]["play_count"] = str(item["statistics"]["play_count"])
    return item


def _cha_list(video: Video) -> list[dict[str, Any]] | None:
    """Null or one tag, for any number of hashtags; its `view_count` 0 means not provided."""
    if not video.tags or share("scraper", "cha_list", video.id) < 0.5:
        return None
    tag = video.tags[-1]
    link = {"share_url": f"https://www.tiktok.com/tag/{tag.spelling}", "share_title": "", "share_desc": ""}
    return [
        {
            "cha_name": tag.spelling,
            "cid": tag.hashtag.id,
            "share_info": link,
            "view_count": 0,
            "user_count": 0,
        }
    ]


def _tag(tag: Tag, video: Video) -> dict[str, Any]:
    """A hashtag in the caption, whose id is empty or missing for one in three."""
    entry: dict[str, Any] = {"type": 1, "hashtag_name": tag.spelling, "is_commerce": tag.hashtag.is_commerce}
    known = share("scraper", "tag id", video.id, tag.hashtag.id)
    if known < 0.66:
        entry["hashtag_id"] = tag.hashtag.id
    elif known < 0.85:
        entry["hashtag_id"] = ""
    return entry


def _mention(name: str) -> dict[str, Any]:
    return {"type": 0, "user_id": "6819837465091827365", "unique_id": name, "is_commerce": False}


def _playlist(video: Video) -> dict[str, Any] | None:
    if share("scraper", "playlist", video.id) >= 0.05:
        return None
    return {
        "mix_id": str(int(video.id) - 12_345),
        "name": "Part 1, 2, 3…",
        "item_total": between(2, 40, "scraper", video.id),
    }


def _author(video: Video, handle: str) -> dict[str, Any]:
    creator = video.creator
    channel_id, channel_title = creator.youtube or ("", "")
    return {
        "uid": creator.id,
        "unique_id": handle,
        "nickname": creator.name,
        "region": creator.region,
        "language": creator.language,
        "signature": creator.bio,
        "avatar_thumb": _links(f"{creator.id}/thumb.webp"),
        "avatar_medium": _links(f"{creator.id}/medium.webp"),
        "avatar_larger": _links(f"{creator.id}/larger.webp"),
        "youtube_channel_id": channel_id,
        "youtube_channel_title": channel_title,
        "custom_verify": "Verified account" if creator.is_verified else "",
        "enterprise_verify_reason": "",
        "verification_type": 1 if creator.is_verified else 0,
    }


def _music(world: World, sound: Sound, language: str, on: date) -> dict[str, Any]:
    """The id as a JSON number has lost its last digits; all but a few sounds also have it as text."""
    label = ORIGINAL_SOUND.get(language, ORIGINAL_SOUND["en"])
    music: dict[str, Any] = {
        "id": as_javascript_number(sound.id),
        "id_str": sound.id,
        "title": f"{label} - {sound.author}" if sound.is_original else sound.title,
        "author": sound.author,
        "owner_handle": world.handle(sound.owner, on) if sound.owner else "",
        "owner_id": sound.owner.id if sound.owner else "",
        "duration": sound.duration_seconds,
        "is_original": False,
        "is_original_sound": sound.is_original,
        "play_url": _links(f"{sound.id}.mp3"),
    }
    if share("scraper", "no twin", sound.id) < 0.03:
        del music["id_str"]
        music["id"] = sound.id
    return music


def as_javascript_number(id_: str) -> int:
    """A large id after JavaScript has stored it in a double and printed it."""
    return int(Decimal(repr(float(id_))))


def _video(video: Video, on: date) -> dict[str, Any]:
    signed = f"x-expires={on:%y%m%d}00"
    return {
        "duration": video.duration_ms,
        "height": video.height,
        "width": video.width,
        "has_watermark": share("scraper", "watermark", video.id) < 0.6,
        "cover": _links(f"{video.id}/cover.jpeg?{signed}"),
        "origin_cover": _links(f"{video.id}/origin.jpeg?{signed}"),
        "dynamic_cover": _links(f"{video.id}/dynamic.webp?{signed}"),
        "play_addr": _links(f"{video.id}/play.mp4?{signed}"),
        "play_addr_bytevc1": None if video.is_image_post else _links(f"{video.id}/bytevc1.mp4?{signed}"),
        "download_addr": _links(f"{video.id}/download.mp4?{signed}"),
    }


def _links(path: str) -> dict[str, Any]:
    return {
        "uri": path.partition("?")[0],
        "url_list": [f"https://p16.tiktokcdn.example/{path}", f"https://p19.tiktokcdn.example/{path}"],
    }
