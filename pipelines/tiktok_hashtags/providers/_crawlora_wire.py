"""The wire types of Crawlora's three endpoints (see `crawlora.py` for the documents)."""

from __future__ import annotations

import msgspec

from tiktok_hashtags.extract import Integer, Number
from tiktok_hashtags.fetch import UNREADABLE, Id, decoder_of, prepare


class Envelope(msgspec.Struct):
    """`{code, msg, data}`, outer and inner."""

    code: int | str | None = None
    msg: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class Status(msgspec.Struct, rename={"outer": "statusCode", "inner": "status_code"}):
    """TikTok's own status inside `data`, as a number or as text."""

    outer: int | str | None = None
    inner: int | str | None = None
    status_msg: str | None = None

    @property
    def code(self) -> int | str:
        """The status that is not success, as a number if possible; 0 and a missing status are success."""
        found = next((code for code in (self.outer, self.inner) if code not in (None, 0, "0", "")), 0) or 0
        return int(found) if isinstance(found, str) and found.isdecimal() else found


class Challenge(msgspec.Struct, rename="camel"):
    """A hashtag."""

    id: Id | None = None
    title: str | None = None
    desc: str | None = None
    cover_larger: str | None = None
    cover_medium: str | None = None
    cover_thumb: str | None = None
    is_commerce: bool | None = None


class Announcement(msgspec.Struct):
    """The platform's notice above a hashtag's feed."""

    title: str | None = None
    body: str | None = None


class Stats(msgspec.Struct, rename="camel"):
    """Counts: rounded for display in `stats` (a `videoCount` of 0 is no count), exact in `statsV2`."""

    video_count: Integer | None = None
    view_count: Integer | None = None


class ChallengeInfo(msgspec.Struct, rename={"challenge_announcement": "challengeAnnouncement", "stats_v2": "statsV2"}):
    """Any part may be missing: the schema types it as unknown."""

    challenge: Challenge | None = None
    challenge_announcement: Announcement | None = None
    stats: Stats | None = None
    stats_v2: Stats | None = None


class Extra(msgspec.Struct):
    """`now` is in epoch milliseconds."""

    now: Integer | None = None
    logid: str | None = None


class ShareMeta(msgspec.Struct):
    """The preview of a shared link."""

    title: str | None = None
    desc: str | None = None


class Details(
    msgspec.Struct, rename={"challenge_info": "challengeInfo", "share_meta": "shareMeta", "status_code": "statusCode"}
):
    """A hashtag's details."""

    challenge_info: ChallengeInfo | None = None
    extra: Extra | None = None
    share_meta: ShareMeta | None = None
    status_code: Integer | None = None
    status_msg: str | None = None


class Labelled(msgspec.Struct):
    """A country or other labelled value."""

    id: Id | None = None
    value: str | None = None
    label: str | None = None


class Industry(msgspec.Struct):
    """An industry; its id is beyond 32 bits."""

    id: Integer | None = None
    value: str | None = None
    label: str | None = None


class TrendPoint(msgspec.Struct):
    """`time` in epoch seconds at 00:00 UTC; `value` 0 to 1, relative to this series' own maximum."""

    time: Integer | None = None
    value: Number | None = None


class Creator(msgspec.Struct):
    """A creator whom a list shows beside a hashtag."""

    nick_name: str | None = None
    avatar_url: str | None = None


class Trend(msgspec.Struct):
    """An item of popular-trend; `rank_diff` is a magnitude, `rank_diff_type` is undocumented and kept unchanged."""

    hashtag_id: Id | None = None
    hashtag_name: str | None = None
    country_info: Labelled | None = None
    industry_info: Industry | None = None
    is_promoted: bool | None = None
    trend: list[TrendPoint | None] | None = None
    publish_cnt: Integer | None = None
    video_views: Integer | None = None
    rank: Integer | None = None
    rank_diff: Integer | None = None
    rank_diff_type: Integer | None = None
    creators: list[Creator | None] | None = None


class CurvePoint(msgspec.Struct):
    """A point of a popularity curve."""

    timestamp: Integer | None = None
    value: Number | None = None


class CreativeCenterTrend(msgspec.Struct):
    """An item of creative-center; the shape of `top_creators` is assumed to be that of `creators`."""

    hashtag_id: Id | None = None
    hashtag_name: str | None = None
    industry_ids: list[Integer | None] | None = None
    popularity_curve: list[CurvePoint | None] | None = None
    publish_count: Integer | None = None
    rank: Integer | None = None
    top_creators: list[Creator | None] | None = None
    video_views: Integer | None = None


class Pagination(msgspec.Struct):
    """The page that was returned, which may differ from the requested one."""

    has_more: bool
    page: int | None = None


class PopularData(msgspec.Struct, rename={"items": "list"}):
    """A page of popular-trend."""

    items: list[msgspec.Raw]
    pagination: Pagination


class CreativeData(msgspec.Struct):
    """The whole list of creative-center."""

    hashtags: list[msgspec.Raw]


class TrendReference(msgspec.Struct):
    """The fields that identify a list item: lists rank names, and no document says that an id has one name only."""

    hashtag_name: str | None = None
    hashtag_id: str | int | None = None


class _ErrorObject(msgspec.Struct):
    code: str | int | None = None
    message: str | None = None


class _ErrorBody(msgspec.Struct):
    msg: str | None = None
    error: _ErrorObject | None = None


prepare(Envelope, Status, Details, PopularData, CreativeData, TrendReference, _ErrorBody)


def error_detail(body: bytes) -> str:
    """Return the message of either form of error body, or an empty text."""
    try:
        error = decoder_of(_ErrorBody).decode(body)
    except UNREADABLE:
        return ""
    return f"{error.error.code}: {error.error.message}" if error.error else (error.msg or "")


def hashtag_id(details: bytes) -> str | None:
    """Return the id in a hashtag's details, or None if it is missing or unreadable."""
    try:
        found = decoder_of(Details, is_strict=False).decode(details)
    except UNREADABLE:
        return None
    info = found.challenge_info
    return (info.challenge.id or None) if info and info.challenge else None
