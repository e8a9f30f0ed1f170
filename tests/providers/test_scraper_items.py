"""The columns that a dataset's items become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.providers.scraper import ITEMS
from tiktok_hashtags.watchlist.model import Dataset

if TYPE_CHECKING:
    from tests.conftest import Crawl, Raw


def written(path: Path, items: list[Any]) -> Targets:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return Targets(datasets=[Dataset(path=str(path))])


def row_of(crawl: Crawl, raw: Raw, tmp_path: Path, item: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    crawl("scraper", written(tmp_path / "a.jsonl", [{"aweme_id": "1"} | item]), into=raw)
    [row] = raw.rows("select * from raw.scraper_items")
    names = [name for (name,) in raw.rows("select column_name from (describe raw.scraper_items)")]
    return tuple(row[names.index(column)] for column in columns)


def test_the_text_twin_of_a_sounds_id_wins_over_the_rounded_number(crawl: Crawl, raw: Raw, tmp_path: Path) -> None:
    music = {
        "id": 7310000000000000000,
        "id_str": "7310000000000000123",
        "is_original": False,
        "is_original_sound": True,
    }

    row = row_of(
        crawl,
        raw,
        tmp_path,
        {"music": music, "added_sound_music_info": {"id": "9", "is_original": True}},
        "music__id",
        "music__is_original",
        "added_sound_music_info__id",
        "added_sound_music_info__is_original",
    )

    assert row == ("7310000000000000123", True, "9", True)


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"name": "#Cat", "url": "https://www.tiktok.com/tag/dog"}, "cat"),
        ({"name": None, "url": "https://www.tiktok.com/tag/Dog"}, "dog"),
        ({"name": "", "url": "https://www.tiktok.com/tag/dog"}, "dog"),
        ({"url": "http://[x"}, None),
        (None, None),
    ],
)
def test_the_requested_hashtag_is_kept(crawl: Crawl, raw: Raw, tmp_path: Path, asked: Any, key: str | None) -> None:
    assert row_of(crawl, raw, tmp_path, {"input": asked}, "input_hashtag_key") == (key,)


def test_hashtags_come_from_both_lists_without_mentions(crawl: Crawl, raw: Raw, tmp_path: Path) -> None:
    items = [
        {
            "aweme_id": "1",
            "desc": "#caption",
            "cha_list": [{"cha_name": "Cat", "cid": 5}],
            "text_extra": [
                {"hashtag_name": "Dog", "hashtag_id": ""},
                {"user_id": "7"},
                {"hashtag_name": ""},
                None,
                {"hashtag_name": "हिन्दी", "hashtag_id": "8"},
            ],
        },
        {"aweme_id": "2", "desc": "#caption", "cha_list": None, "text_extra": []},
        {"aweme_id": "3", "desc": "#Caption", "cha_list": None, "text_extra": None},
    ]

    crawl("scraper", written(tmp_path / "a.jsonl", items), into=raw)

    assert raw.rows(
        "select video_id, list_index, hashtag_name, hashtag_id, hashtag_key"
        " from raw.scraper_items__text_extra order by list_index"
    ) == [("1", 1, "Dog", "", "dog"), ("1", 5, "हिन्दी", "8", "हिन्दी")]
    assert raw.rows("select video_id, cha_name, cid, hashtag_key from raw.scraper_items__cha_list") == [
        ("1", "Cat", "5", "cat")
    ]
    assert raw.rows("select video_id, value, hashtag_key from raw.scraper_items__caption_hashtags") == [
        ("3", "Caption", "caption")
    ]


def test_any_object_of_an_item_can_be_null(crawl: Crawl, raw: Raw, tmp_path: Path) -> None:
    item = dict.fromkeys([field for field in ITEMS.item.__struct_fields__ if field != "aweme_id"])

    session = crawl("scraper", written(tmp_path / "a.jsonl", [{"aweme_id": "1"} | item]), into=raw)

    assert raw.rows("select count(*) from raw.scraper_items") == [(1,)]
    assert session.tally.rejects["scraper"] == 0
