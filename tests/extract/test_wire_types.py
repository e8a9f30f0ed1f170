from __future__ import annotations

import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_hashtags.extract.wire_types import (
    Integer,
    Number,
    UrlList,
    arrow_fields,
    item_ids,
    plain_value,
    unknown_paths,
)
from tiktok_hashtags.fetch.answers import Id, prepare, sanitised, wire_value


class Inner(msgspec.Struct):
    id: Id | None = None
    share: Number | None = None


class Item(msgspec.Struct, rename={"like_count": "likeCount"}):
    id: Id | None = None
    like_count: Integer | None = None
    is_new: bool | None = None
    inner: Inner | None = None
    cover: UrlList | None = None
    tags: list[str | None] | None = None
    parts: list[Inner | None] | None = None


class Reference(msgspec.Struct):
    aweme_id: str | int | None = None
    video_id: str | int | None = None


prepare(Reference)


def decoded(text: bytes) -> Item:
    return msgspec.json.decode(text, type=Item, strict=False, dec_hook=wire_value)


def legal(text: str) -> str:
    return "".join("\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char for char in text)


@given(st.text(st.characters(exclude_categories=[]), max_size=50), st.booleans())
def test_exactly_the_illegal_code_points_of_a_text_are_replaced(text: str, is_upper: bool) -> None:
    paired = json.loads(json.dumps(text))
    wire = json.dumps(paired)
    if is_upper:
        wire = wire.replace("\\ud", "\\uD").replace("\\ue", "\\uE")

    clean = msgspec.json.decode(sanitised(wire.encode()))

    assert clean == legal(paired)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (rb"a\u0000b", "a\ufffdb"),
        (rb"a\ud83db", "a\ufffdb"),
        (rb"a\uDE00b", "a\ufffdb"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
        (rb"\ud83d\ude00", "😀"),
        (rb"\uD83D\uDE00", "😀"),
        (rb"\ud83d\u0041", "\ufffdA"),
        (rb"\\u0000", "\\u0000"),
        (rb"\\\u0000", "\\\ufffd"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\"\/\n", '"/\n'),
        (rb"\u00e9", "é"),
    ],
)
def test_an_escape_is_replaced_only_where_it_means_an_illegal_code_point(escaped: bytes, text: str) -> None:
    assert msgspec.json.decode(sanitised(b'"' + escaped + b'"')) == text


def test_a_clean_text_is_not_copied() -> None:
    text = '{"desc": "🎄 é"}'.encode()

    assert sanitised(text) is text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"7310000000000000123", "7310000000000000123"),
        (b'"7310000000000000123"', "7310000000000000123"),
        (b'"v140"', "v140"),
        (b'"null"', "null"),
        (b"0", "0"),
    ],
)
def test_an_id_is_text_for_any_wire_value(value: bytes, expected: str) -> None:
    item = decoded(b'{"id":' + value + b"}")

    assert msgspec.to_builtins(item, enc_hook=plain_value)["id"] == expected


@pytest.mark.parametrize("value", [b"true", b"1.5", b"[]", b"{}", b"7.3e18"])
def test_what_cannot_be_an_id_is_refused(value: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(b'{"id":' + value + b"}")


@pytest.mark.parametrize(
    ("value", "count"), [(b'"33173666"', 33173666), (b"-5", -5), (b"9223372036854775807", 2**63 - 1), (b"1.0", 1)]
)
def test_a_count_comes_as_number_or_digits(value: bytes, count: int) -> None:
    assert decoded(b'{"likeCount":' + value + b"}").like_count == count


@pytest.mark.parametrize(
    "value", [b'"1.3B"', b"1.5", b"9223372036854775808", b"-9223372036854775809", b'"99999999999999999999"', b"true"]
)
def test_a_count_that_is_no_64_bit_integer_is_refused(value: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(b'{"likeCount":' + value + b"}")


@pytest.mark.parametrize("value", [b'"nan"', b'"inf"', b'"-Infinity"', b"1e999", b'"1e999"'])
def test_a_number_is_finite(value: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(b'{"inner":{"share":' + value + b"}}")


def test_arrow_fields_follow_from_the_wire_type() -> None:
    inner = pa.struct([("id", pa.string()), ("share", pa.float64())])

    fields = arrow_fields(Item)

    assert pa.schema(fields) == pa.schema(
        [
            ("id", pa.string()),
            ("likeCount", pa.int64()),
            ("is_new", pa.bool_()),
            ("inner", inner),
            ("cover", pa.struct([("url_list", pa.list_(pa.string()))])),
            ("tags", pa.list_(pa.string())),
            ("parts", pa.list_(inner)),
        ]
    )


def test_unknown_fields_are_named_by_their_path_no_deeper_than_the_wire_type_goes() -> None:
    item: dict[str, Any] = {
        "id": "1",
        "likes": 5,
        "inner": {"id": "2", "odd": {"deep": {"deeper": 1}}},
        "parts": [{"id": "3"}, None, {"new": 1}],
        "cover": {"uri": "x", "width": 3},
        "tags": ["a"],
    }

    assert unknown_paths(item, Item) == {"likes", "inner.odd", "parts[].new"}


@pytest.mark.parametrize("value", [None, 5, "x", [], [{"id": 1}]])
def test_what_is_no_object_has_no_unknown_fields(value: object) -> None:
    assert unknown_paths(value, Item) == set()


def test_the_first_field_with_an_id_names_the_item() -> None:
    items = [
        b'{"video_id": "v1", "aweme_id": "7"}',
        b'{"video_id": "8"}',
        b'{"aweme_id": "", "video_id": 9}',
        b"{}",
        b'{"aweme_id": null}',
        b"null",
        b'{"aweme_id": [1]}',
        b'{"aweme_id": "\xff"}',
        b'{"aweme_id": ' + b"9" * 5_000 + b"}",
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"aweme_id": "1"',
    ]

    assert item_ids(items, Reference) == ["7", "8", "9", None, None, None, None, None, None, None, None]


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_no_bytes_break_the_reading_of_ids(items: list[bytes]) -> None:
    assert len(item_ids(items, Reference)) == len(items)
