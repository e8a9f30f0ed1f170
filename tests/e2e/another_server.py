"""A server that is no sandbox of ours: its answers are written by hand from the documents."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEYS = {name: f"key-of-{name}-5f2d" for name in ("crawlora", "tikliveapi", "unifapi", "scraper")}
NAME = "cats/猫 & Co"
KEY = "cats/猫 & co"
SEGMENT = "cats%2F%E7%8C%AB%20%26%20Co"
HASHTAG_ID = "9007199254740993001"
CURSOR = "opaque==&cursor=/+?"
COUNT_LIMIT = 2**63 - 1

WATCHLIST = f"""
[[hashtags]]
name = "#{NAME}"
campaigns = ["pets"]
region = "US"

[[trends]]
country = "US"
industry_id = 25300000000

[[trends]]
source = "creative_center"
country = "BR"

[[searches]]
keyword = "cats"

[[datasets]]
dataset_id = "mine"
"""


def enveloped(data: object) -> dict[str, Any]:
    return {"code": 200, "msg": "OK", "data": data}


def trend(name: str, rank: int, **more: object) -> dict[str, Any]:
    points = [
        {"time": 1_762_000_000 // 86_400 * 86_400, "value": 1},
        {"time": 1_762_092_800 // 86_400 * 86_400, "value": 0.1234567890123456},
    ]
    return {"hashtag_id": "1", "hashtag_name": name, "trend": points, "rank": rank, **more}


def popular(page: int, items: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    pagination = {"page": page, "size": 100, "total": 2, "has_more": has_more}
    return enveloped({"code": 0, "msg": "", "request_id": "r", "data": {"list": items, "pagination": pagination}})


def tiklive_video(**more: object) -> dict[str, Any]:
    return {
        "title": "My cat #cats/no #猫 ",
        "play": "https://v.example/clean",
        "wmplay": "https://v.example/marked",
        "duration": 12,
        "music": "https://m.example/1",
        "music_info": {
            "id": "6900000000000000001",
            "title": "song",
            "author": "band",
            "original": False,
            "duration": 30,
        },
        "digg_count": 5,
        "comment_count": 0,
        "share_count": 1,
        "create_time": "1761990000",
        "author": {"id": "6800000000000000001", "unique_id": "cat.person", "nickname": "Cat Person", "avatar": ""},
        **more,
    }


def unifapi_page(videos: list[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    return {
        "request_id": "r",
        "data": videos,
        "pagination": {"has_more": cursor is not None, "next_cursor": cursor},
        "billing": {
            "credits_charged": len(videos),
            "records_charged": len(videos),
            "balance_remaining": 10,
            "truncated_due_to_balance": False,
        },
    }


ANSWERS: dict[tuple[str, frozenset[tuple[str, str]]], Any] = {}


def answer(path: str, payload: object, **query: object) -> None:
    ANSWERS[path, frozenset((name, str(value)) for name, value in query.items())] = payload


answer(
    f"/c/tiktok/hashtag/{SEGMENT}",
    enveloped(
        {
            "challengeInfo": {
                "challenge": {
                    "id": HASHTAG_ID,
                    "title": NAME,
                    "desc": "all cats",
                    "coverLarger": "https://c.example/1",
                },
                "challengeAnnouncement": {"title": "Hear", "body": "ye"},
                "stats": {"videoCount": 0, "viewCount": 9_200_000_000_000_000_000},
                "statsV2": {"videoCount": "4294967297", "viewCount": str(COUNT_LIMIT)},
            },
            "extra": {"now": 1_762_000_000_123, "logid": "x", "fatal_item_ids": []},
            "statusCode": 0,
        }
    ),
)
_LIST = {"period": 7, "country_code": "US", "industry_id": 25300000000, "limit": 100}
_FIRST = trend("Rising", 1, publish_cnt="33173666", video_views=3_000_000_000, is_promoted=False, rank_diff_type=4)
_SECOND = trend(
    NAME,
    2,
    publish_cnt=7,
    video_views=8,
    is_promoted=True,
    rank_diff=3,
    rank_diff_type=1,
    country_info={"id": "US", "value": "United States", "label": "us"},
    industry_info={"id": 25300000000, "value": "Pets", "label": "label"},
    creators=[{"nick_name": "A", "avatar_url": ""}, {"nick_name": "B", "avatar_url": ""}],
)
answer("/c/tiktok/popular-trend/hashtag", popular(1, [_FIRST], has_more=True), page=1, **_LIST)
answer("/c/tiktok/popular-trend/hashtag", popular(2, [_SECOND], has_more=False), page=2, **_LIST)
answer(
    "/c/tiktok/creative-center/hashtags",
    enveloped(
        {
            "hashtags": [
                {
                    "hashtag_id": "1",
                    "hashtag_name": "Rising",
                    "industry_ids": [22000000000],
                    "popularity_curve": [{"timestamp": 1_761_955_200, "value": 0.5}],
                    "publish_count": 11,
                    "rank": 1,
                    "top_creators": [{"nick_name": "C", "avatar_url": ""}],
                    "video_views": 12,
                }
            ],
            "total_count": 1,
        }
    ),
    country_code="BR",
    period=7,
)
_DETAILS = {"id": HASHTAG_ID, "cha_name": NAME, "user_count": 3_000_000_001, "view_count": 5, "type": 1, "cover": ""}
answer("/t/challenge-info-name/", _DETAILS, name=NAME)
_OTHER = {"id": "2", "cha_name": "catsofinstagram", "user_count": 2, "view_count": 3, "type": 1, "cover": ""}
answer(
    "/t/search-challenge/",
    {"challenge_list": [_OTHER, _DETAILS], "cursor": "2", "hasMore": False},
    keyword="cats",
    count=30,
)
_POSTS = {"challenge_id": HASHTAG_ID, "count": 30, "region": "US"}
_V1 = tiklive_video(
    video_id="v14044g50000", aweme_id="7300000000000000001", play_count="3000000001", collect_count=4, download_count=6
)
_V2 = tiklive_video(video_id="7300000000000000002", play_count=2, collect_count=1, download_count=0)
answer("/t/challenge-posts/", {"videos": [_V1], "cursor": 30, "hasMore": 1}, **_POSTS)
answer("/t/challenge-posts/", {"videos": [_V2, _V1], "cursor": "60", "hasMore": 0}, **_POSTS, cursor=30)
_U1 = {
    "id": "7300000000000000001",
    "view_count": 3_000_000_000,
    "like_count": 9,
    "hashtags": ["Cats", "fyp"],
    "video_description": "hi",
}
_U3 = {
    "id": "7300000000000000003",
    "view_count": 1,
    "hashtags": [],
    "create_time": 1761990000,
    "duration": 1.5,
    "author": None,
}
answer(f"/u/tiktok/hashtags/{HASHTAG_ID}/videos", unifapi_page([_U1], CURSOR), limit=50)
answer(f"/u/tiktok/hashtags/{HASHTAG_ID}/videos", unifapi_page([_U3], None), limit=50, cursor=CURSOR)
_S4 = {
    "input": {"name": None, "url": "https://www.tiktok.com/tag/Rising", "limit": 5},
    "aweme_id": "7300000000000000004",
    "text_extra": [{"hashtag_name": "Rising", "hashtag_id": ""}, {"user_id": "1"}],
    "statistics": {"play_count": 4, "digg_count": 0},
    "video": {"duration": 1500},
    "music": {"id": 6900000000000000512, "id_str": "6900000000000000513"},
}
answer("/s/datasets/mine/items", [_S4], offset=0, limit=500, clean=1)
answer("/s/datasets/mine/items", [], offset=1, limit=500, clean=1)


class Handler(BaseHTTPRequestHandler):
    """Answers what is written above, and nothing without the right key."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        parts = urlsplit(self.path)
        payload = ANSWERS.get((parts.path, frozenset(parse_qsl(parts.query))))
        provider = {"c": "crawlora", "t": "tikliveapi", "u": "unifapi", "s": "scraper"}.get(self.path[1:2], "")
        given = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key")
        status = 401 if given != KEYS.get(provider) else 404 if payload is None else 200
        body = json.dumps(payload if status == 200 else {"message": "no"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # http.server looks its methods up by these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Keep quiet."""
