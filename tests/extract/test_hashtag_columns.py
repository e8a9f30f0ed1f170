from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_hashtags.extract.hashtag_columns import caption_hashtags, keys_of, with_key, with_parent


def videos(*captions: str | None) -> pa.Table:
    count = len(captions)
    return pa.table(
        {
            "run_id": pa.array(["run-1"] * count, pa.string()),
            "snapshot_date": pa.array([date(2026, 11, 1)] * count, pa.date32()),
            "observed_at": pa.array([datetime(2026, 11, 1, 6)] * count, pa.timestamp("us")),
            "request_key": pa.array(["key"] * count, pa.string()),
            "position": pa.array(range(1, count + 1), pa.int64()),
            "id": pa.array([f"video-{number}" for number in range(1, count + 1)], pa.string()),
            "caption": pa.array(captions, pa.string()),
        }
    )


def tagged(*captions: str | None, has_list: list[bool] | None = None) -> pa.Table:
    listed = pa.array(has_list if has_list is not None else [False] * len(captions), pa.bool_())
    return caption_hashtags(videos(*captions), caption="caption", video_id="id", has_list=listed)


@pytest.mark.parametrize(
    ("caption", "hashtags"),
    [
        ("merry #Christmas everyone", ["Christmas"]),
        ("#a#b", ["a", "b"]),
        ("#one, #two. #three! (#four) #five?", ["one", "two", "three", "four", "five"]),
        ("#snake_case #日本 #Ünïcode2026", ["snake_case", "日本", "Ünïcode2026"]),
        ("#हिन्दी #தமிழ்", ["हिन्दी", "தமிழ்"]),
        ("#🎄🎅🏽 #❤️‍🔥", ["🎄🎅🏽", "❤️‍🔥"]),
        ("＃全角", ["全角"]),
        ("##double # alone #", ["double"]),
        ("press #️⃣ now", []),
        ("#a-b #c/d #e@f", ["a", "c", "e"]),
        ("#line\n#break\t#tab", ["line", "break", "tab"]),
        ("#same #SAME", ["same", "SAME"]),
        ("#" + "x" * 300, []),
        ("no hashtag", []),
        ("", []),
        (None, []),
    ],
)
def test_a_hashtag_of_a_caption_ends_where_its_name_does(caption: str | None, hashtags: list[str]) -> None:
    table = tagged(caption)

    assert table["value"].to_pylist() == hashtags
    assert table["list_index"].to_pylist() == list(range(1, len(hashtags) + 1))


def test_only_rows_without_a_list_are_read_from_their_caption() -> None:
    table = tagged("#a", "#b #c", "#d", has_list=[True, False, False])

    rows = table.select(["video_id", "position", "list_index", "value", "hashtag_key"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("video-2", 2, 1, "b", "b"),
        ("video-2", 2, 2, "c", "c"),
        ("video-3", 3, 1, "d", "d"),
    ]


def test_a_table_without_hashtags_has_all_columns() -> None:
    full, empty, none = tagged("#a"), tagged("nothing"), tagged()

    assert full.schema == empty.schema == none.schema
    assert (empty.num_rows, none.num_rows) == (0, 0)


@given(st.text())
def test_each_hashtag_of_any_caption_has_a_key(caption: str) -> None:
    table = tagged(caption.encode("utf-8", "ignore").decode())

    assert None not in table["hashtag_key"].to_pylist()


def test_keys_are_null_where_there_is_no_name() -> None:
    spellings = pa.chunked_array([["Cat", None], ["", "#Cat", "a\nb"]], pa.string())

    assert keys_of(spellings).to_pylist() == ["cat", None, None, "cat", None]
    assert keys_of(pa.array([], pa.string())).to_pylist() == []


def test_a_key_stands_beside_its_spelling() -> None:
    table = with_key(pa.table({"cha_name": ["Cat", None]}), "cha_name")

    assert table.to_pylist() == [{"cha_name": "Cat", "hashtag_key": "cat"}, {"cha_name": None, "hashtag_key": None}]


def test_a_child_row_gets_the_id_of_its_parent() -> None:
    child = pa.table({"value": ["a", "b", "c"], "_parent": pa.array([1, 0, 1], pa.int64())})

    table = with_parent(child, pa.table({"id": ["first", "second"]}), "id")

    assert table.to_pydict() == {"value": ["a", "b", "c"], "video_id": ["second", "first", "second"]}
