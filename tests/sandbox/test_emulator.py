from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tiktok_hashtags.sandbox import PROVIDERS, Sandbox, World

PATHS = {
    "crawlora": "/api/v1/tiktok/hashtag/christmas",
    "tikliveapi": "/challenge-info-id/?id=3242",
    "unifapi": "/tiktok/hashtags/3242/videos?limit=3",
    "scraper": "/datasets/holiday-hashtags/items?limit=3",
}
HOSTS = {"crawlora": "api.crawlora.net", "tikliveapi": "api.tikliveapi.com", "unifapi": "api.unifapi.com"}


def ask(sandbox: Sandbox, url: str, method: str = "GET") -> httpx.Response:
    """Send every provider's key, as nobody should."""
    provider = next(name for name in PROVIDERS if name in url or PATHS[name] in url)
    key = sandbox.keys[provider]
    headers = {"x-api-key": key, "authorization": f"Bearer {key}"}
    response = sandbox.respond(httpx.Request(method, url, headers=headers))
    response.read()
    return response


@pytest.mark.parametrize("provider", PROVIDERS)
def test_host_and_path_prefix_lead_to_the_same_answer(world: World, provider: str) -> None:
    by_host, by_prefix = Sandbox(world), Sandbox(world)
    by_host.clock.frozen = by_prefix.clock.frozen = True

    one = ask(by_host, f"https://{HOSTS.get(provider, 'anywhere.example')}{PATHS[provider]}")
    other = ask(by_prefix, f"http://127.0.0.1:8900/{provider}{PATHS[provider]}")

    assert one.status_code == 200
    assert one.json() == other.json()


def test_anything_else_is_a_stray(sandbox: Sandbox) -> None:
    response = sandbox.respond(httpx.Request("GET", "https://elsewhere.example/collect"))

    assert response.status_code == 421
    assert [url.host for url in sandbox.strays] == ["elsewhere.example"]
    assert all(counts["requests"] == 0 for counts in sandbox.meter().values())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_get_is_answered(sandbox: Sandbox, provider: str) -> None:
    assert ask(sandbox, f"http://127.0.0.1/{provider}{PATHS[provider]}", "POST").status_code == 405


def test_every_answer_carries_the_server_time(sandbox: Sandbox) -> None:
    response = ask(sandbox, f"https://api.unifapi.com{PATHS['unifapi']}")

    assert response.headers["date"] == "Sun, 01 Nov 2026 06:00:00 GMT"


def test_the_log_keeps_path_and_query_but_no_key(sandbox: Sandbox) -> None:
    ask(sandbox, f"https://api.unifapi.com{PATHS['unifapi']}")

    [row] = sandbox.account("unifapi").requests

    assert (row.path, row.status, row.credits) == (PATHS["unifapi"], 200, 3)
    assert row.time == sandbox.clock.now()
    assert sandbox.keys["unifapi"] not in repr(row)


def test_the_day_limit_lasts_until_midnight_utc(world: World) -> None:
    sandbox = Sandbox(world, plans={"crawlora": "free"})
    sandbox.clock.frozen = True
    url = f"https://api.crawlora.net{PATHS['crawlora']}"
    statuses = []
    for _ in range(63):
        statuses.append(ask(sandbox, url).status_code)
        sandbox.clock.advance(15)

    sandbox.clock.advance(86_400)

    assert statuses == [200] * 62 + [429]
    assert ask(sandbox, url).status_code == 200


def test_keys_and_balance_can_be_chosen(world: World) -> None:
    sandbox = Sandbox(world, keys={"unifapi": "mine"}, balance=2)
    request = httpx.Request(
        "GET", "https://api.unifapi.com" + PATHS["unifapi"], headers={"authorization": "Bearer mine"}
    )

    response = sandbox.respond(request)

    response.read()
    assert response.json()["billing"]["truncated_due_to_balance"] is True


def test_concurrent_requests_are_all_counted(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        urls = [f"https://api.unifapi.com{PATHS['unifapi']}"] * 80
        responses = list(pool.map(lambda url: ask(sandbox, url), urls))

    assert {response.status_code for response in responses} == {200}
    assert sandbox.meter()["unifapi"] == {"requests": 80, "credits": 240, "status_2xx": 80}
