from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from tiktok_hashtags.sandbox import DATASET_ID, Sandbox, World, dataset_items
from tiktok_hashtags.sandbox.scraper import as_javascript_number

Get = Callable[..., httpx.Response]

ITEMS = f"/datasets/{DATASET_ID}/items"


def walk(get: Get, path: str = ITEMS, **query: object) -> list[dict[str, Any]]:
    """All items, in steps of the items received."""
    items: list[dict[str, Any]] = []
    while page := get("scraper", path, offset=len(items), clean=1, **query).json():
        items += page
    return items


def test_paging_by_offset_gives_the_whole_dataset_and_then_an_empty_page(get: Get, world: World) -> None:
    assert walk(get, limit=70) == dataset_items(world, date(2026, 11, 1))


def test_a_page_holds_100_items_at_most(get: Get) -> None:
    assert len(get("scraper", ITEMS, limit=5000).json()) == 100


def test_the_dataset_of_the_next_day_is_another(get: Get, sandbox: Sandbox) -> None:
    today = walk(get)

    sandbox.clock.set(datetime(2026, 11, 2, 6, tzinfo=UTC))

    assert walk(get) != today
    assert walk(get, f"/datasets/{DATASET_ID}-2026-11-01/items") == today


def test_it_costs_nothing(get: Get, sandbox: Sandbox) -> None:
    walk(get)

    assert sandbox.meter()["scraper"]["credits"] == 0


@pytest.mark.parametrize("dataset", ["other", f"{DATASET_ID}-2026-13-01", f"{DATASET_ID}-"])
def test_an_unknown_dataset_is_a_404(get: Get, dataset: str) -> None:
    assert get("scraper", f"/datasets/{dataset}/items").status_code == 404


def test_a_token_in_the_query_does_not_count(client: httpx.Client, sandbox: Sandbox) -> None:
    url = f"https://scraper.example{ITEMS}?token={sandbox.keys['scraper']}"

    assert client.get(url).status_code == 401


def test_an_error_row_has_no_id(world: World) -> None:
    rows = [item for item in dataset_items(world, date(2026, 11, 1)) if "aweme_id" not in item]

    assert [row.keys() for row in rows] == [{"input", "error", "error_code"}]


def test_cha_list_is_null_or_one_tag_without_counts(world: World) -> None:
    items = [item for item in dataset_items(world, date(2026, 11, 1)) if "aweme_id" in item]
    lists = [item["cha_list"] for item in items if item["cha_list"]]

    assert 0.2 < len(lists) / len(items) < 0.8
    assert all(len(tags) == 1 and tags[0]["view_count"] == 0 for tags in lists)


def test_text_extra_holds_every_tag_some_without_id_and_mentions_without_name(world: World) -> None:
    items = [item for item in dataset_items(world, date(2026, 11, 1)) if "aweme_id" in item]
    extras = [extra for item in items for extra in item["text_extra"]]
    tags = [extra for extra in extras if "hashtag_name" in extra]

    assert len(tags) > len(items)
    assert len(tags) < len(extras)
    assert any("hashtag_id" not in tag for tag in tags)
    assert any(tag.get("hashtag_id") == "" for tag in tags)


def test_music_ids_as_numbers_are_corrupted_and_have_a_text_twin(world: World) -> None:
    sounds = [item["music"] for item in dataset_items(world, date(2026, 11, 1)) if item.get("music")]
    numbers = [sound for sound in sounds if isinstance(sound["id"], int)]

    assert as_javascript_number("7486805327061519121") == 7486805327061519000
    assert all("id_str" in sound for sound in numbers)
    assert sum(str(sound["id"]) != sound["id_str"] for sound in numbers) > 0.9 * len(numbers)


def test_objects_are_null_or_missing_now_and_then(world: World) -> None:
    days = [date(2026, 11, day) for day in range(1, 8)]
    items = [item for on in days for item in dataset_items(world, on) if "aweme_id" in item]

    for name in ("author", "music", "video", "status"):
        assert any(name not in item or item[name] is None for item in items)


def test_half_of_the_hashtags_are_requested_by_url(world: World) -> None:
    asked = [item["input"] for item in dataset_items(world, date(2026, 11, 1))]

    assert any(query["name"] is None and query["url"].startswith("https://www.tiktok.com/tag/") for query in asked)
    assert any(query["name"] == "christmas" and query["url"] is None for query in asked)
