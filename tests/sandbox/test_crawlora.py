from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World
from tiktok_hashtags.sandbox.crawlora import rounded

Get = Callable[..., httpx.Response]


def details(get: Get, name: str) -> Any:
    return get("crawlora", f"/tiktok/hashtag/{quote(name, safe='')}").json()["data"]


def trends(get: Get, **query: object) -> Any:
    return get("crawlora", "/tiktok/popular-trend/hashtag", country_code="US", **query).json()["data"]["data"]


def test_exact_counts_are_decimal_strings_and_the_others_rounded(get: Get, world: World) -> None:
    info = details(get, "christmas")["challengeInfo"]

    assert info["challenge"]["id"] == "3242"
    assert info["statsV2"]["viewCount"] == "321857738740"
    assert info["stats"]["viewCount"] == 321_900_000_000


@pytest.mark.parametrize(("exact", "shown"), [(321_857_738_740, 321_900_000_000), (1_949, 1_900), (999, 999), (0, 0)])
def test_rounding_keeps_one_decimal_of_the_unit(exact: int, shown: int) -> None:
    assert rounded(exact) == shown


def test_details_of_a_hashtag_have_holes(get: Get, world: World) -> None:
    infos = [details(get, hashtag.name)["challengeInfo"] for hashtag in world.catalogue]

    for hole in (
        [info for info in infos if "statsV2" not in info],
        [info for info in infos if "challengeAnnouncement" not in info],
        [info for info in infos if "title" not in info["challenge"]],
        [info for info in infos if info["stats"]["videoCount"] == 0],
    ):
        assert 0 < len(hole) < len(infos)


def test_every_known_name_is_found_as_one_path_segment(get: Get, world: World) -> None:
    for hashtag in world.hashtags:
        assert details(get, hashtag.name)["challengeInfo"]["challenge"]["id"] == hashtag.id


@pytest.mark.parametrize("name", ["nosuchhashtag", "../christmas", "christmas/x", "%2e", "?"])
def test_an_unknown_hashtag_is_a_billed_success_without_challenge_info(get: Get, sandbox: Sandbox, name: str) -> None:
    data = details(get, name)

    assert data["statusCode"] == 10202
    assert "challengeInfo" not in data
    assert sandbox.account("crawlora").charged == 8


def test_trend_pages_follow_each_other_until_the_list_ends(get: Get, world: World, sandbox: Sandbox) -> None:
    pages = [trends(get, page=page, limit=50) for page in (1, 2, 3)]

    ranks = [item["rank"] for page in pages for item in page["list"]]
    truth = world.trend_list("US", 7, None, sandbox.clock.now().date())
    assert ranks == list(range(1, len(truth) + 1))
    assert [page["pagination"]["has_more"] for page in pages] == [True, True, False]


def test_page_and_limit_are_clamped_without_a_word(get: Get) -> None:
    far, tenth = trends(get, page=11, limit=5), trends(get, page=10, limit=5)

    assert far["list"] == tenth["list"]
    assert trends(get, limit=1000)["pagination"]["size"] == 100


def test_whole_trend_values_look_like_integers(get: Get) -> None:
    values = [point["value"] for item in trends(get)["list"] for point in item["trend"]]

    assert {type(value) for value in values} == {int, float}
    assert all(0 <= value <= 1 for value in values)


def test_trend_times_are_midnights(get: Get) -> None:
    assert all(point["time"] % 86_400 == 0 for item in trends(get)["list"] for point in item["trend"])


def test_about_half_of_the_trend_items_have_no_industry(get: Get) -> None:
    items = trends(get, limit=100)["list"]

    assert 30 < sum("industry_info" in item for item in items) < 70


def test_creative_center_is_one_page_in_another_shape(get: Get) -> None:
    data = get("crawlora", "/tiktok/creative-center/hashtags", country_code="GB", period=90).json()["data"]

    assert data["total_count"] == len(data["hashtags"]) > 50
    assert set(data["hashtags"][0]) == {
        "hashtag_id",
        "hashtag_name",
        "industry_ids",
        "popularity_curve",
        "publish_count",
        "rank",
        "top_creators",
        "video_views",
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/tiktok/popular-trend/hashtag", {"period": 90}),
        ("/tiktok/popular-trend/hashtag", {"period": "week"}),
        ("/tiktok/creative-center/hashtags", {"country_code": "US", "period": 120}),
        ("/tiktok/creative-center/hashtags", {"period": 7}),
    ],
)
def test_a_bad_parameter_is_a_free_400(get: Get, sandbox: Sandbox, path: str, query: dict[str, object]) -> None:
    response = get("crawlora", path, **query)

    assert response.status_code == 400
    assert response.json().keys() == {"code", "msg", "data"}
    assert sandbox.account("crawlora").charged == 0


def test_the_other_error_body_comes_from_the_gateway(client: httpx.Client) -> None:
    response = client.get("https://api.crawlora.net/api/v1/tiktok/hashtag/cat", headers={"x-api-key": "wrong"})

    assert response.status_code == 401
    assert response.json()["error"].keys() == {"code", "message", "request_id"}


def test_the_free_plan_takes_five_requests_a_minute(world: World) -> None:
    sandbox = Sandbox(world, plans={"crawlora": "free"})
    sandbox.clock = SandboxClock(sandbox.clock.now(), frozen=True)
    request = httpx.Request(
        "GET",
        "https://api.crawlora.net/api/v1/tiktok/hashtag/cat",
        headers={"x-api-key": sandbox.keys["crawlora"]},
    )
    responses = [sandbox.respond(request) for _ in range(6)]

    sandbox.clock.advance(60)

    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert 1 <= int(responses[-1].headers["Retry-After"]) <= 61
    assert sandbox.respond(request).status_code == 200
    assert sandbox.meter()["crawlora"] == {"requests": 7, "credits": 48, "status_2xx": 6}
