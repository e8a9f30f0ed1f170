"""Crawlora: hashtag details and trend lists.

    GET /api/v1/tiktok/hashtag/{name}              details of one hashtag
    GET /api/v1/tiktok/popular-trend/hashtag       page, limit, period, industry_id, country_code, filter_by
    GET /api/v1/tiktok/creative-center/hashtags    country_code, period, industry_id; one page

Header `x-api-key`; 8 credits for every 2xx, also for a hashtag that does not exist.

Assumed, because it is undocumented: errors of the gateway (401, 403, 404 of a path, 429) come as `{error:
{...}}` and those of the service as `{code, msg, data}`; a period outside the list is a 400; a country
without a list is an empty list; the country defaults to US; only the minute's 429 has a Retry-After.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from .chance import number, share
from .entities import Hashtag, HashtagStats, TrendEntry, TrendPoint
from .exchange import ItemShape, Paging, Question, Reply
from .vocabulary import COUNTRIES

PRICE = 8
NO_SUCH_HASHTAG = 10202
CAPTCHA = 10000

_POPULAR_TREND_PERIODS = (7, 30, 120)
_CREATIVE_CENTER_PERIODS = (7, 30, 90)
_LAST_PAGE = 10
_LARGEST_PAGE = 100
_DEFAULT_PAGE = 50
_GATEWAY_ERRORS = {
    401: "unauthorized",
    402: "payment_required",
    403: "forbidden",
    429: "rate_limited",
    503: "unavailable",
}


def key(headers: Mapping[str, str]) -> str | None:
    """The key of the `x-api-key` header."""
    return headers.get("x-api-key")


def answer(question: Question) -> Reply:
    """Details or a trend list, 8 credits each."""
    try:
        reply = _routed(question)
    except ValueError as error:
        return refusal(question, 400, str(error))
    reply.credits = PRICE if reply.status == 200 else 0
    return reply


def _routed(question: Question) -> Reply:
    match question.segments:
        case ("tiktok", "hashtag", name):
            return _details(question, name)
        case ("tiktok", "popular-trend", "hashtag"):
            return _popular_trend(question)
        case ("tiktok", "creative-center", "hashtags"):
            return _creative_center(question)
    return _gateway_error(question, 404, "not_found", "No such endpoint")


def refusal(question: Question, status: int, message: str) -> Reply:
    """An error in one of the two documented bodies."""
    if status in _GATEWAY_ERRORS:
        return _gateway_error(question, status, _GATEWAY_ERRORS[status], message)
    return Reply(status, {"code": status, "msg": message, "data": None})


def failing_envelope(_question: Question, code: int | str | None) -> Reply:
    """A failing code in the outer envelope."""
    return Reply(200, {"code": code or 500, "msg": "upstream error", "data": None}, PRICE)


def failing_inner_envelope(question: Question, code: int | str | None) -> Reply:
    """A failing `statusCode` of details, or `data.code` of a trend list."""
    if question.segments[1:2] == ("popular-trend",):
        inner = {
            "code": code or 40100,
            "msg": "no permission",
            "request_id": question.request_id,
            "data": None,
        }
        return Reply(200, _envelope(inner), PRICE)
    return Reply(200, _envelope(_no_challenge(question, "", 10101 if code is None else code)), PRICE)


def _gateway_error(question: Question, status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message, "request_id": question.request_id}})


def _envelope(data: Any) -> dict[str, Any]:
    return {"code": 200, "msg": "OK", "data": data}


def _details(question: Question, name: str) -> Reply:
    world, today = question.world, question.today
    hashtag = world.hashtag_by_name(name)
    if hashtag is None:
        return Reply(200, _envelope(_no_challenge(question, name, NO_SUCH_HASHTAG)))
    info = _challenge_info(
        hashtag, world.spelling(hashtag, today, "crawlora"), world.hashtag_stats(hashtag, today), today
    )
    data = {
        "challengeInfo": info,
        "extra": _extra(question),
        "shareMeta": {"title": f"#{hashtag.name} | TikTok", "desc": f"See what #{hashtag.name} is about"},
        "statusCode": 0,
        "status_code": 0,
        "status_msg": "",
    }
    shape = ItemShape(("challenge.id",), "challenge.desc", "stats.viewCount")
    return Reply(200, _envelope(data), items=[info], shape=shape)


def _challenge_info(hashtag: Hashtag, title: str, stats: HashtagStats, today: date) -> dict[str, Any]:
    """As full of holes as real details: announcement, `statsV2` and even the title can be missing."""
    picture = f"https://p16.tiktokcdn.example/{hashtag.id}/{{}}.jpeg?x-expires={today:%y%m%d}00"
    challenge: dict[str, Any] = {
        "id": hashtag.id,
        "title": title,
        "desc": hashtag.description,
        "coverLarger": picture.format("larger"),
        "coverMedium": picture.format("medium"),
        "coverThumb": picture.format("thumb"),
        "isCommerce": hashtag.is_commerce,
    }
    shows_videos = share("crawlora", "video count", hashtag.id) < 0.6
    info: dict[str, Any] = {
        "challenge": challenge,
        "stats": {
            "videoCount": rounded(stats.video_count) if shows_videos else 0,
            "viewCount": rounded(stats.view_count),
        },
    }
    if share("crawlora", "untitled", hashtag.id, today) < 0.04:
        del challenge["title"]
    if hashtag.announcement:
        info["challengeAnnouncement"] = dict(zip(("title", "body"), hashtag.announcement, strict=True))
    if has_exact_stats(hashtag, today):
        info["statsV2"] = {"videoCount": str(stats.video_count), "viewCount": str(stats.view_count)}
    return info


def has_exact_stats(hashtag: Hashtag, today: date) -> bool:
    """Whether details of a date contain `statsV2`; otherwise there are only rounded numbers."""
    return share("crawlora", "exact", hashtag.id, today) >= 0.08


def rounded(count: int) -> int:
    """A count as it looks on a screen: `321.9B` is 321,900,000,000."""
    for unit in (10**9, 10**6, 10**3):
        if count >= unit:
            return round(count * 10 / unit) * (unit // 10)
    return count


def _no_challenge(question: Question, name: str, code: int | str) -> dict[str, Any]:
    share_meta = {"title": f"#{name}", "desc": ""}
    return {
        "extra": _extra(question),
        "shareMeta": share_meta,
        "statusCode": code,
        "status_code": code,
        "status_msg": "",
    }


def _extra(question: Question) -> dict[str, Any]:
    logid = f"{question.now:%Y%m%d%H%M%S}{number('logid', question.number):016X}"
    return {"now": int(question.now.timestamp() * 1000), "logid": logid, "fatal_item_ids": []}


def _trend_entries(question: Question, periods: tuple[int, ...], country: str) -> tuple[TrendEntry, ...]:
    """The whole list of a question.

    Raises:
        ValueError: a parameter is malformed or out of its list.
    """
    period = question.integer("period", 7)
    if period not in periods:
        raise ValueError(f"period is one of {', '.join(map(str, periods))}")
    if len(country) != 2 or not country.isalpha():
        raise ValueError("country_code is required, two letters")
    industry = question.integer("industry_id", 0)
    is_fresh = question.query.get("filter_by") == "new_on_board"
    return question.world.trend_list(country.upper(), period, industry, question.today, new_on_board=is_fresh)


def _popular_trend(question: Question) -> Reply:
    """One page; the service clamps page and limit without saying so."""
    country = question.query.get("country_code", "US")
    entries = _trend_entries(question, _POPULAR_TREND_PERIODS, country)
    page = min(max(question.integer("page", 1), 1), _LAST_PAGE)
    size = min(max(question.integer("limit", _DEFAULT_PAGE), 1), _LARGEST_PAGE)
    first = (page - 1) * size
    items = [_trend_item(entry, question) for entry in entries[first : first + size]]
    has_more = page < _LAST_PAGE and first + size < len(entries)
    pagination: dict[str, Any] = {"page": page, "size": size, "total": len(entries), "has_more": has_more}
    data = {"list": items, "pagination": pagination}
    payload = _envelope({"code": 0, "msg": "OK", "request_id": question.request_id, "data": data})
    shape = ItemShape(("hashtag_id", "hashtag_name"), "hashtag_name", "publish_cnt")
    paging = Paging(pagination, "has_more", None, first, _no_cursor)
    return Reply(200, payload, items=items, is_list=True, shape=shape, paging=paging)


def _no_cursor(_offset: int, _lap: int) -> None:
    """Pages are numbered here."""


def _trend_item(entry: TrendEntry, question: Question) -> dict[str, Any]:
    hashtag = entry.hashtag
    as_text = share("crawlora", "text", hashtag.id, question.today) < 0.03
    item: dict[str, Any] = {
        "hashtag_id": hashtag.id,
        "hashtag_name": entry.spelling,
        "country_info": {
            "id": entry.country,
            "value": COUNTRIES[entry.country],
            "label": entry.country.lower(),
        },
        "is_promoted": entry.is_promoted,
        "trend": [{"time": _epoch(point.on), "value": _value(point)} for point in entry.points],
        "publish_cnt": str(entry.publish_count) if as_text else entry.publish_count,
        "video_views": entry.view_count,
        "rank": entry.rank,
        "rank_diff_type": entry.rank_change_type,
    }
    if entry.rank_change is not None:
        item["rank_diff"] = entry.rank_change
    if hashtag.industry:
        label = f"label_{hashtag.industry.id}"
        item["industry_info"] = {"id": hashtag.industry.id, "value": hashtag.industry.name, "label": label}
    if entry.creators:
        item["creators"] = _creators(entry)
    return item


def _creative_center(question: Question) -> Reply:
    entries = _trend_entries(question, _CREATIVE_CENTER_PERIODS, question.query.get("country_code", ""))
    items = [_creative_center_item(entry) for entry in entries]
    payload = _envelope({"hashtags": items, "total_count": len(items)})
    shape = ItemShape(("hashtag_id", "hashtag_name"), "hashtag_name", "publish_count")
    return Reply(200, payload, items=items, is_list=True, shape=shape)


def _creative_center_item(entry: TrendEntry) -> dict[str, Any]:
    hashtag = entry.hashtag
    return {
        "hashtag_id": hashtag.id,
        "hashtag_name": entry.spelling,
        "industry_ids": [hashtag.industry.id] if hashtag.industry else [],
        "popularity_curve": [{"timestamp": _epoch(point.on), "value": _value(point)} for point in entry.points],
        "publish_count": entry.publish_count,
        "rank": entry.rank,
        "top_creators": _creators(entry),
        "video_views": entry.view_count,
    }


def _creators(entry: TrendEntry) -> list[dict[str, str]]:
    picture = "https://p16.tiktokcdn.example/{}.jpeg"
    return [{"nick_name": creator.name, "avatar_url": picture.format(creator.id)} for creator in entry.creators]


def _epoch(on: date) -> int:
    return int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp())


def _value(point: TrendPoint) -> float | int:
    """Whole numbers have no decimal point, as in JSON from JavaScript."""
    return int(point.value) if point.value.is_integer() else point.value
