from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tiktok_hashtags.sandbox import Sandbox, World

Get = Callable[..., httpx.Response]

CHRISTMAS = "/tiktok/hashtags/3242/videos"


def walk(get: Get, path: str, limit: int = 50) -> list[Any]:
    """All pages of a cursor."""
    pages = [get("unifapi", path, limit=limit).json()]
    while cursor := pages[-1]["pagination"]["next_cursor"]:
        pages.append(get("unifapi", path, limit=limit, cursor=cursor).json())
    return pages


def test_walking_the_cursor_gives_the_feed_of_the_world(get: Get, world: World, sandbox: Sandbox) -> None:
    feed = world.feed(world.hashtags[0], sandbox.clock.now().date(), "unifapi")

    videos = [video for page in walk(get, CHRISTMAS) for video in page["data"]]

    assert [video["id"] for video in videos] == [entry.video.id for entry in feed]
    assert [int(video["view_count"]) for video in videos] == [entry.stats.view_count for entry in feed]
    assert [video["comment_count"] for video in videos] == [entry.stats.comment_count for entry in feed]


def test_every_record_costs_a_credit_of_the_balance(get: Get, sandbox: Sandbox) -> None:
    sandbox.account("unifapi").balance = 500

    pages = walk(get, CHRISTMAS)

    records = sum(len(page["data"]) for page in pages)
    assert sum(page["billing"]["credits_charged"] for page in pages) == records
    assert pages[-1]["billing"]["balance_remaining"] == 500 - records
    assert sandbox.account("unifapi").balance == 500 - records
    assert sandbox.account("unifapi").charged == records


def test_an_empty_page_costs_one_credit(get: Get, sandbox: Sandbox, world: World) -> None:
    empty = next(h for h in world.catalogue if not world.feed(h, sandbox.clock.now().date(), "unifapi"))

    page = get("unifapi", f"/tiktok/hashtags/{empty.id}/videos").json()

    assert page["data"] == []
    assert page["pagination"] == {"has_more": False, "next_cursor": None}
    assert page["billing"]["credits_charged"] == sandbox.account("unifapi").charged == 1


def test_a_page_holds_20_by_default_and_50_at_most(get: Get) -> None:
    assert len(get("unifapi", CHRISTMAS).json()["data"]) == 20
    assert len(get("unifapi", CHRISTMAS, limit=1000).json()["data"]) == 50


def test_a_balance_that_covers_half_a_page_cuts_it_and_says_so(get: Get, sandbox: Sandbox) -> None:
    sandbox.account("unifapi").balance = 30

    page = get("unifapi", CHRISTMAS, limit=50).json()

    assert len(page["data"]) == 30
    assert page["billing"] == {
        "credits_charged": 30,
        "records_charged": 30,
        "balance_remaining": 0,
        "truncated_due_to_balance": True,
    }


def test_the_same_cursor_after_a_top_up_gives_the_whole_page(get: Get, sandbox: Sandbox) -> None:
    sandbox.account("unifapi").balance = 30
    cut = get("unifapi", CHRISTMAS, limit=50).json()["data"]

    sandbox.account("unifapi").balance = 1_000
    whole = get("unifapi", CHRISTMAS, limit=50).json()["data"]

    assert len(whole) == 50
    assert [video["id"] for video in whole[:30]] == [video["id"] for video in cut]


def test_without_balance_the_answer_is_a_402_that_names_the_price(get: Get, sandbox: Sandbox) -> None:
    sandbox.account("unifapi").balance = 0

    response = get("unifapi", CHRISTMAS, limit=50)

    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (402, "insufficient_credits")
    assert error["billing"]["credits_required"] == 50
    assert error["billing"]["credits_charged"] == sandbox.account("unifapi").charged == 0


@pytest.mark.parametrize(
    ("path", "query", "status", "type_"),
    [
        ("/tiktok/hashtags/christmas/videos", {}, 400, "invalid_id"),
        ("/tiktok/hashtags/1/videos", {}, 404, "not_found"),
        (CHRISTMAS, {"limit": 0}, 400, "validation_error"),
        (CHRISTMAS, {"limit": "many"}, 400, "validation_error"),
        (CHRISTMAS, {"cursor": "not-one-of-ours"}, 400, "validation_error"),
        (CHRISTMAS, {"cursor": "YWJj"}, 400, "validation_error"),
        ("/tiktok/nothing", {}, 404, "not_found"),
    ],
)
def test_errors_have_the_documented_type(
    get: Get, path: str, query: dict[str, object], status: int, type_: str
) -> None:
    response = get("unifapi", path, **query)

    assert response.status_code == status
    assert response.json()["error"]["type"] == type_


def test_a_missing_or_wrong_key_is_a_401(client: httpx.Client) -> None:
    url = f"https://api.unifapi.com{CHRISTMAS}"

    missing, wrong = client.get(url), client.get(url, headers={"Authorization": "Bearer wrong"})

    assert (missing.status_code, wrong.status_code) == (401, 401)
    assert wrong.json()["error"]["type"] == "unauthorized"


def test_the_rate_is_announced_and_kept(world: World) -> None:
    sandbox = Sandbox(world, plans={"unifapi": "free"})
    headers = {"Authorization": f"Bearer {sandbox.keys['unifapi']}"}
    request = httpx.Request("GET", f"https://api.unifapi.com{CHRISTMAS}?limit=1", headers=headers)

    responses = [sandbox.respond(request) for _ in range(61)]

    assert responses[0].headers["X-RateLimit-Limit"] == "60"
    assert responses[0].headers["X-RateLimit-Remaining"] == "59"
    assert {response.status_code for response in responses[:60]} == {200}
    assert responses[60].status_code == 429
    assert int(responses[60].headers["Retry-After"]) > 0


def test_videos_have_the_holes_of_real_ones(get: Get, world: World) -> None:
    videos = [
        video
        for hashtag in world.hashtags
        for page in walk(get, f"/tiktok/hashtags/{hashtag.id}/videos")
        for video in page["data"]
    ]

    for odd in (
        [video for video in videos if video["hashtags"] is None],
        [video for video in videos if video["author"] is None],
        [video for video in videos if "music" not in video],
        [video for video in videos if isinstance(video["view_count"], str)],
        [video for video in videos if isinstance(video["create_time"], str)],
    ):
        assert 0 < len(odd) < len(videos) / 4
    assert all("save_count" not in video and "collect_count" not in video for video in videos)
