from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tiktok_hashtags.sandbox import Fault, Sandbox, World

Get = Callable[..., httpx.Response]

VIDEOS = "/tiktok/hashtags/3242/videos"
LISTS: dict[str, tuple[str, dict[str, object], Callable[[Any], list[Any]]]] = {
    "crawlora": ("/tiktok/popular-trend/hashtag", {}, lambda body: body["data"]["data"]["list"]),
    "tikliveapi": ("/challenge-posts/", {"challenge_id": 3242}, lambda body: body["videos"]),
    "unifapi": (VIDEOS, {}, lambda body: body["data"]),
    "scraper": ("/datasets/holiday-hashtags/items", {"limit": 20}, lambda body: body),
}


def items(get: Get, provider: str) -> list[Any]:
    """The items of the provider's first page."""
    path, query, of = LISTS[provider]
    return of(get(provider, path, **query).json())


def walk(get: Get, pages: int) -> list[Any]:
    """At most so many pages of videos."""
    bodies = [get("unifapi", VIDEOS, limit=50).json()]
    while (cursor := bodies[-1]["pagination"]["next_cursor"]) and len(bodies) < pages:
        bodies.append(get("unifapi", VIDEOS, limit=50, cursor=cursor).json())
    return bodies


@pytest.mark.parametrize("provider", LISTS)
@pytest.mark.parametrize("kind", ["500", "status_503", "401", "403", "402", "404"])
def test_a_status_comes_in_the_providers_envelope_and_is_free(
    get: Get, sandbox: Sandbox, provider: str, kind: str
) -> None:
    sandbox.script(Fault(provider, kind))

    path, query, _ = LISTS[provider]
    response = get(provider, path, **query)

    assert response.status_code == int(kind[-3:])
    assert response.json().keys() & {"error", "code", "message"}
    assert sandbox.account(provider).charged == 0


def test_an_error_can_state_a_charge(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "500", credits=7))

    billing = get("unifapi", VIDEOS).json()["error"]["billing"]

    assert (billing["credits_charged"], billing["balance_remaining"]) == (7, 999_993)
    assert sandbox.account("unifapi").charged == 7
    assert sandbox.account("unifapi").balance == 999_993


def test_retry_after_comes_in_every_form(get: Get, sandbox: Sandbox) -> None:
    forms = ("seconds", "date", "past", "absurd", None)
    sandbox.script(*(Fault("unifapi", "429", nth=n, retry_after=form, seconds=30) for n, form in enumerate(forms, 1)))

    seconds, on, past, absurd, none = (get("unifapi", VIDEOS).headers.get("Retry-After") for _ in forms)

    assert seconds == "30"
    assert parsedate_to_datetime(str(on)) == sandbox.clock.now() + timedelta(seconds=30)
    assert parsedate_to_datetime(str(past)) < sandbox.clock.now()
    assert int(str(absurd)) > 86_400 * 365
    assert none is None


def test_a_redirect_leads_to_another_host(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "redirect"))

    response = get("unifapi", VIDEOS)

    assert response.status_code == 302
    assert response.headers["Location"] == "https://elsewhere.example/collect"


@pytest.mark.parametrize("provider", LISTS)
@pytest.mark.parametrize("kind", ["envelope", "inner_envelope", "captcha", "sign_up"])
def test_a_failure_inside_a_200_holds_no_items(get: Get, sandbox: Sandbox, provider: str, kind: str) -> None:
    sandbox.script(Fault(provider, kind))

    with pytest.raises((KeyError, TypeError, ValueError)):
        items(get, provider)[0]["nothing"]

    assert sandbox.account(provider).requests[0].status == 200


@pytest.mark.parametrize("code", [None, 10000, "10000"])
def test_a_captcha_is_a_status_code_in_details(get: Get, sandbox: Sandbox, code: int | str | None) -> None:
    sandbox.script(Fault("crawlora", "captcha", code=code))

    data = get("crawlora", "/tiktok/hashtag/cat").json()["data"]

    assert data["statusCode"] == (code or 10000)
    assert sandbox.account("crawlora").charged == 8


def test_the_same_cursor_comes_again(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "same_cursor", nth=2))
    first, second = walk(get, 2)

    assert second["pagination"]["next_cursor"] == first["pagination"]["next_cursor"]


def test_cursors_can_turn_in_a_circle(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "cursor_cycle", times=None))

    cursors = [body["pagination"]["next_cursor"] for body in walk(get, 6)]

    assert cursors[:2] == cursors[2:4] == cursors[4:6]
    assert cursors[0] != cursors[1]


def test_a_feed_can_go_on_forever_with_new_items(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "has_more_forever", times=None))

    bodies = walk(get, 12)

    ids = [video["id"] for body in bodies for video in body["data"]]
    assert len(bodies) == 12
    assert all(body["data"] for body in bodies)
    assert len(set(ids)) > 400


def test_an_empty_page_loses_no_items(get: Get, sandbox: Sandbox) -> None:
    whole = [video["id"] for body in walk(get, 99) for video in body["data"]]

    sandbox.script(Fault("unifapi", "empty_page", nth=2))
    bodies = walk(get, 99)

    assert bodies[1]["data"] == []
    assert bodies[1]["billing"]["credits_charged"] == 1
    assert [video["id"] for body in bodies for video in body["data"]] == whole


def test_more_can_be_announced_without_a_cursor(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "no_cursor"))

    assert walk(get, 1)[0]["pagination"] == {"has_more": True, "next_cursor": None}


def test_the_same_items_come_under_new_cursors(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "same_items", nth=2, times=None))

    bodies = walk(get, 6)

    assert len({body["pagination"]["next_cursor"] for body in bodies}) == 6
    assert len({json.dumps([video["id"] for video in body["data"]]) for body in bodies}) == 1


def test_a_page_can_hold_its_items_twice_and_charge_for_both(get: Get, sandbox: Sandbox) -> None:
    sound = walk(get, 1)[0]
    sandbox.script(Fault("unifapi", "doubled_items"))

    body = walk(get, 1)[0]

    assert [video["id"] for video in body["data"]] == 2 * [video["id"] for video in sound["data"]]
    assert body["data"][: len(sound["data"])] == body["data"][len(sound["data"]) :]
    assert (body["pagination"], body["billing"]["credits_charged"]) == (sound["pagination"], len(body["data"]))


def test_a_scripted_truncation_charges_for_what_is_left(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "truncated"))

    body = walk(get, 1)[0]

    assert len(body["data"]) == body["billing"]["credits_charged"] == sandbox.account("unifapi").charged == 25
    assert body["billing"]["truncated_due_to_balance"] is True


@pytest.mark.parametrize("provider", LISTS)
@pytest.mark.parametrize("kind", ["null_item", "no_id_item", "wrong_type_item", "int_beyond_64"])
def test_a_bad_item_comes_in_front_of_the_good_ones(get: Get, sandbox: Sandbox, provider: str, kind: str) -> None:
    good = items(get, provider)
    sandbox.script(Fault(provider, kind))

    page = items(get, provider)

    assert len(page) == len(good) + 1
    assert json.dumps(page[0]) != json.dumps(good[0])


def test_each_bad_item_is_bad_in_its_own_way(get: Get, sandbox: Sandbox) -> None:
    kinds = ("null_item", "no_id_item", "wrong_type_item", "int_beyond_64")
    sandbox.script(*(Fault("unifapi", kind, nth=n) for n, kind in enumerate(kinds, 1)))

    null, no_id, wrong, huge = (items(get, "unifapi")[0] for _ in kinds)

    assert null is None
    assert "id" not in no_id
    assert isinstance(wrong["view_count"], dict)
    assert huge["view_count"] > 2**64


@pytest.mark.parametrize("provider", LISTS)
def test_nasty_but_good_items_keep_their_place_and_id(get: Get, sandbox: Sandbox, provider: str) -> None:
    kinds = ("huge_caption", "nul", "lone_surrogate", "unknown_keys", "deep_unknown", "sql_key")
    good = items(get, provider)
    sandbox.script(*(Fault(provider, kind, nth=n, item=1, megabytes=0.1) for n, kind in enumerate(kinds, 1)))

    pages = [items(get, provider) for _ in kinds]
    huge, nul, surrogate, unknown, deep, sql = (page[1] for page in pages)

    assert {len(page) for page in pages} == {len(good)}
    assert len(json.dumps(huge)) > 100_000
    assert "\\u0000" in json.dumps(nul)
    assert "\\ud83d here" in json.dumps(surrogate)
    assert len(unknown) == len(good[1]) + 2_000
    assert json.dumps(deep).count("level_") == 30
    assert any("drop table" in name for name in sql)


@pytest.mark.parametrize("kind", ["wrong_type_item", "int_beyond_64", "null_item"])
def test_details_go_bad_themselves(get: Get, sandbox: Sandbox, kind: str) -> None:
    good = get("crawlora", "/tiktok/hashtag/cat").json()["data"]["challengeInfo"]
    sandbox.script(Fault("crawlora", kind))

    bad = get("crawlora", "/tiktok/hashtag/cat").json()["data"]["challengeInfo"]

    assert bad != good


@pytest.mark.parametrize("provider", LISTS)
@pytest.mark.parametrize("kind", ["html_200", "invalid_json", "empty_body"])
def test_a_body_can_be_no_json_at_all(get: Get, sandbox: Sandbox, provider: str, kind: str) -> None:
    sandbox.script(Fault(provider, kind))

    path, query, _ = LISTS[provider]
    response = get(provider, path, **query)

    assert response.status_code == 200
    with pytest.raises(ValueError):  # noqa: PT011 - what json raises differs, the message does not matter
        response.json()


def test_bodies_can_hold_what_strict_json_refuses(get: Get, sandbox: Sandbox) -> None:
    kinds = ("nan", "huge_int", "deep_nesting")
    sandbox.script(*(Fault("unifapi", kind, nth=n) for n, kind in enumerate(kinds, 1)))

    nan, huge, deep = (get("unifapi", VIDEOS).content for _ in kinds)

    assert b'"view_count":NaN' in nan
    assert b'"view_count":' + b"9" * 5_000 in huge
    assert b"[" * 200_000 in deep


def test_after_a_fault_the_answers_are_as_before(get: Get, sandbox: Sandbox, world: World) -> None:
    before = [body["data"] for body in walk(get, 99)]
    sandbox.script(Fault("unifapi", "wrong_type_item"), Fault("unifapi", "sql_key", nth=2))
    walk(get, 99)

    after = [body["data"] for body in walk(get, 99)]

    assert [[v["id"] for v in page] for page in after] == [[v["id"] for v in page] for page in before]
