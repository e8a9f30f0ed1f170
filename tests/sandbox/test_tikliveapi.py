from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tiktok_hashtags.sandbox import Sandbox, World

Get = Callable[..., httpx.Response]


def walk(get: Get, path: str, list_key: str, **query: object) -> list[dict[str, Any]]:
    """All pages of a cursor."""
    pages = [get("tikliveapi", path, **query).json()]
    while pages[-1]["hasMore"]:
        pages.append(get("tikliveapi", path, cursor=pages[-1]["cursor"], **query).json())
    assert all(page[list_key] for page in pages)
    return pages


def test_details_by_id_and_by_name_are_the_same_and_without_envelope(get: Get, world: World) -> None:
    by_id = get("tikliveapi", "/challenge-info-id/", id="3242").json()
    by_name = get("tikliveapi", "/challenge-info-name/", name="#CHRISTMAS").json()

    assert by_id == by_name
    assert by_id["view_count"] == 321_857_738_740
    assert by_id["user_count"] == world.hashtags[0].creator_count


@pytest.mark.parametrize(
    ("path", "query"),
    [("/challenge-info-id/", {"id": "1"}), ("/challenge-info-name/", {"name": "nosuch"}), ("/nothing/", {})],
)
def test_what_does_not_exist_is_a_free_404(get: Get, sandbox: Sandbox, path: str, query: dict[str, object]) -> None:
    assert get("tikliveapi", path, **query).status_code == 404
    assert sandbox.account("tikliveapi").charged == 0


def test_paths_end_in_a_slash(get: Get) -> None:
    assert get("tikliveapi", "/challenge-info-id", id="3242").status_code == 404


def test_without_a_key_the_answer_is_a_200_that_asks_to_sign_up(client: httpx.Client, sandbox: Sandbox) -> None:
    response = client.get("https://api.tikliveapi.com/challenge-info-id/?id=3242")

    assert response.status_code == 200
    assert "Please sign up" in response.json()["message"]
    assert sandbox.account("tikliveapi").charged == 0


def test_a_wrong_key_is_a_401(client: httpx.Client) -> None:
    url = "https://api.tikliveapi.com/challenge-info-id/?id=3242"

    assert client.get(url, headers={"X-Api-Key": "wrong"}).status_code == 401


def test_walking_the_posts_gives_the_feed_of_the_world(get: Get, world: World, sandbox: Sandbox) -> None:
    feed = world.feed(world.hashtags[0], sandbox.clock.now().date(), "tikliveapi")

    pages = walk(get, "/challenge-posts/", "videos", challenge_id="3242", count=30)

    videos = [video for page in pages for video in page["videos"]]
    assert [video.get("aweme_id", video["video_id"]) for video in videos] == [entry.video.id for entry in feed]
    assert [int(video["play_count"]) for video in videos] == [entry.stats.view_count for entry in feed]
    assert sandbox.meter()["tikliveapi"]["credits"] == len(pages) == -(-len(feed) // 30)


def test_has_more_is_a_boolean_or_a_number(get: Get) -> None:
    pages = walk(get, "/challenge-posts/", "videos", challenge_id="3242", count=30)

    assert {type(page["hasMore"]) for page in pages} == {bool, int}
    assert type(pages[0]["cursor"]) is int


def test_a_page_holds_ten_by_default_and_thirty_at_most(get: Get) -> None:
    by_default = get("tikliveapi", "/challenge-posts/", challenge_id="3242").json()
    at_most = get("tikliveapi", "/challenge-posts/", challenge_id="3242", count=1000).json()

    assert (len(by_default["videos"]), len(at_most["videos"])) == (10, 30)


def test_videos_have_the_holes_of_real_ones(get: Get, world: World) -> None:
    videos = [
        video
        for hashtag in world.hashtags
        for page in walk(get, "/challenge-posts/", "videos", challenge_id=hashtag.id, count=30)
        for video in page["videos"]
    ]

    for odd in (
        [video for video in videos if video["title"] is None],
        [video for video in videos if video["video_id"].startswith("v")],
        [video for video in videos if "author" not in video],
        [video for video in videos if video["music_info"] is None],
        [video for video in videos if isinstance(video["play_count"], str)],
    ):
        assert 0 < len(odd) < len(videos) / 4
    assert all("hashtags" not in video for video in videos)
    assert all(video["aweme_id"].isdecimal() for video in videos if video["video_id"].startswith("v"))


def test_an_unknown_hashtag_has_an_empty_page(get: Get) -> None:
    page = get("tikliveapi", "/challenge-posts/", challenge_id="1").json()

    assert (page["videos"], page["hasMore"]) == ([], False)


def test_a_search_pages_with_a_text_cursor_in_rank_order(get: Get, world: World, sandbox: Sandbox) -> None:
    truth = world.search("cat", sandbox.clock.now().date())

    pages = walk(get, "/search-challenge/", "challenge_list", keyword="cat", count=2)

    assert [item["id"] for page in pages for item in page["challenge_list"]] == [hashtag.id for hashtag in truth]
    assert type(pages[0]["cursor"]) is str


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/challenge-posts/", {}),
        ("/challenge-posts/", {"challenge_id": "3242", "cursor": "x"}),
        ("/search-challenge/", {"keyword": " "}),
    ],
)
def test_a_missing_or_bad_parameter_is_a_400(get: Get, path: str, query: dict[str, object]) -> None:
    assert get("tikliveapi", path, **query).status_code == 400
