from __future__ import annotations

import json
import types
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_hashtags import providers
from tiktok_hashtags.extract.decode import Batch, Entity, Origin
from tiktok_hashtags.extract.wire_types import UrlList, bare
from tiktok_hashtags.fetch.answers import Id, sanitised
from tiktok_hashtags.providers.crawlora import TRENDS
from tiktok_hashtags.providers.scraper import ITEMS
from tiktok_hashtags.providers.tikliveapi import VIDEOS as TIKLIVE_VIDEOS
from tiktok_hashtags.providers.unifapi import VIDEOS

ENTITIES = [entity for name in providers.names() for entity in providers.provider(name).ENTITIES.values()]
CHILD_KEYS = ["run_id", "snapshot_date", "observed_at", "request_key", "position", "list_index"]


def origin(*, page: int = 1, first_position: int = 1, key: str = "key") -> Origin:
    at = datetime(2026, 11, 1, 6, 30)
    requested = {"requested_hashtag": "cat", "requested_hashtag_id": "3242"}
    return Origin("run-1", date(2026, 11, 1), at, key, page, first_position, requested)


def decoded(items: list[Any], entity: Entity = VIDEOS) -> Batch:
    return entity.decode([(origin(), [wire(item) for item in items])])


def wire(item: Any) -> bytes:
    return item if isinstance(item, bytes) else sanitised(json.dumps(item).encode())


def column(batch: Batch, name: str, table: str = "unifapi_videos") -> list[Any]:
    return list(batch.tables[table][name].to_pylist())


def reasons(batch: Batch) -> list[tuple[int, str]]:
    return [(reject.position, reject.reason.partition(" - ")[0]) for reject in batch.rejects]


def test_a_text_that_is_too_long_is_cut_and_counted_in_parent_and_child() -> None:
    items = [
        {"id": "a", "video_description": "ü" * 150, "hashtags": ["x" * 300]},
        {"id": "b", "video_description": "ü" * 100},
        {"id": "c"},
    ]

    batch = VIDEOS.decode([(origin(), [wire(item) for item in items])], max_text_chars=100)

    assert column(batch, "video_description") == ["ü" * 100, "ü" * 100, None]
    assert batch.cut["unifapi_videos.video_description"] == (1, 150)
    assert batch.cut["unifapi_videos__hashtags.value"] == (1, 300)
    assert not batch.rejects


def test_every_row_carries_its_origin() -> None:
    first, second = origin(key="k1"), origin(page=2, first_position=3, key="k2")

    batch = VIDEOS.decode([(first, [b'{"id":"a"}', b'{"id":"b"}']), (second, [b'{"id":"c"}'])])

    table = batch.tables["unifapi_videos"]
    lineage = ["run_id", "snapshot_date", "observed_at", "request_key", "page", "position", "is_text_replaced"]
    assert table.column_names[:9] == [*lineage, "requested_hashtag", "requested_hashtag_id"]
    assert [tuple(row.values()) for row in table.select(["request_key", "page", "position", "id"]).to_pylist()] == [
        ("k1", 1, 1, "a"),
        ("k1", 1, 2, "b"),
        ("k2", 2, 3, "c"),
    ]
    assert set(table["requested_hashtag"].to_pylist()) == {"cat"}
    assert table.schema.field("observed_at").type == pa.timestamp("us")


def test_numbers_that_come_as_text_are_numbers_and_ids_that_come_as_numbers_are_text() -> None:
    batch = decoded([{"id": 7310000000000000123, "view_count": "33173666", "create_time": "1761976800"}, {"id": "2"}])

    assert column(batch, "id") == ["7310000000000000123", "2"]
    assert column(batch, "view_count") == [33173666, None]
    assert column(batch, "create_time") == [1761976800, None]
    assert not batch.rejects
    assert not batch.unknown


def test_a_number_that_is_whole_at_times_is_always_a_double() -> None:
    trend = {"hashtag_name": "cat", "trend": [{"time": 1, "value": 1}, {"time": 2, "value": 0.97}]}

    points = decoded([trend], TRENDS).tables["crawlora_trends__trend"]

    assert points.schema.field("value").type == pa.float64()
    assert points["value"].to_pylist() == [1.0, 0.97]


def test_a_missing_count_is_null_and_never_zero() -> None:
    batch = decoded([{"id": "1"}, {"id": "2", "view_count": None}, {"id": "3", "view_count": 0}])

    assert column(batch, "view_count") == [None, None, 0]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"null", "Expected `object`, got `null`"),
        (b"[1]", "Expected `object`, got `array`"),
        (b"{}", "the item has no id"),
        ({"id": None}, "the item has no id"),
        ({"id": "  "}, "the item has no id"),
        ({"id": "1", "view_count": {"value": 1}}, "Expected `int | null`, got `object`"),
        ({"id": "1", "view_count": "1.3B"}, "Expected `int | null`, got `str`"),
        ({"id": "1", "view_count": 2**64 + 1}, "Expected `int` <= 9223372036854775807"),
        ({"id": "1", "view_count": 2**63}, "Expected `int` <= 9223372036854775807"),
        ({"id": "1", "author": "someone"}, "Expected `object | null`, got `str`"),
        ({"id": "1", "hashtags": "cat"}, "Expected `array | null`, got `str`"),
        ({"id": "1", "duration": "nan"}, "Expected `float` >= -1.7976931348623157e+308"),
        (b'{"id":"1","view_count":' + b"9" * 5_000 + b"}", "Integer value out of range"),
    ],
)
def test_a_bad_item_costs_only_itself(bad: Any, reason: str) -> None:
    batch = decoded([{"id": "before"}, bad, {"id": "after"}])

    assert column(batch, "id") == ["before", "after"]
    assert column(batch, "position") == [1, 3]
    assert reasons(batch) == [(2, reason)]


def test_a_reject_keeps_what_was_rejected() -> None:
    item = {"id": "1", "view_count": "many", "title": "a\x00b 🎄"}

    [reject] = decoded([item]).rejects

    assert reject.entity == "unifapi_videos"
    assert reject.origin.request_key == "key"
    assert json.loads(reject.payload)["title"] == "a\ufffdb 🎄"


def test_a_rejects_payload_is_bounded_and_can_be_stored() -> None:
    rejects = decoded(
        [b'{"id":"1","view_count":"' + b"x" * 1_000_000 + b'"}', b'{"id":"\xff\x00', b'"\\u0000"']
    ).rejects

    assert [len(reject.payload) for reject in rejects] == [100_000, 9, 8]
    assert all("\x00" not in reject.payload for reject in rejects)


@pytest.mark.parametrize("entity", [VIDEOS, ITEMS], ids=lambda entity: entity.table)
def test_illegal_code_points_are_replaced_and_flagged_and_the_rest_is_kept(entity: Entity) -> None:
    caption, key = ("video_description", "id") if entity is VIDEOS else ("desc", "aweme_id")
    texts = ["nul \x00 here", "half \ud83d here", "quotes \" ' \n <b> =1+1 \u202e🎄", "\\u0000"]

    batch = decoded([{key: str(number), caption: text} for number, text in enumerate(texts)], entity)

    assert column(batch, caption, entity.table) == ["nul \ufffd here", "half \ufffd here", *texts[2:]]
    assert column(batch, "is_text_replaced", entity.table) == [True, True, False, False]
    assert not batch.rejects


def test_a_huge_caption_is_read_and_cut() -> None:
    batch = decoded([{"id": "1", "video_description": "x" * 10_000_000}])

    assert [len(text) for text in column(batch, "video_description")] == [65_536]
    assert batch.cut == {"unifapi_videos.video_description": (1, 10_000_000)}


def test_unknown_fields_are_news_but_no_columns() -> None:
    item = {"id": "1", "saves": 5, "author": {"id": "2", "age": 3}} | {'x"; drop table raw.rejects; --': 1}

    batch = decoded([{"id": "0"}, item])

    assert batch.unknown == {"saves", "author.age", 'x"; drop table raw.rejects; --'}
    assert batch.tables["unifapi_videos"].schema == VIDEOS.empty()["unifapi_videos"].schema
    assert column(batch, "id") == ["0", "1"]
    assert not batch.rejects


def test_two_thousand_unknown_keys_and_deep_ones_change_no_row() -> None:
    deep: Any = 1
    for level in range(30):
        deep = {f"level_{level}": deep}
    many = {f"unknown_{number}": number for number in range(2_000)}

    batch = decoded([{"id": "1", "view_count": 5} | many, {"id": "2", "deep": deep}])

    assert (len(batch.unknown), column(batch, "view_count")) == (2_001, [5, None])
    assert not batch.rejects


def test_a_new_field_of_an_open_type_is_news_wherever_it_first_appears() -> None:
    items: list[dict[str, Any]] = [{"id": str(number)} for number in range(120)]
    items[77]["saves"] = 5
    items[-1]["x" * 500] = 1
    for item in items[60:]:
        item["author"] = {"age": 3}

    batch = replace(VIDEOS, is_open=True).decode([(origin(), [json.dumps(item).encode() for item in items])])

    assert batch.unknown == {"saves", "author.age", "x" * 60}


def test_what_is_nested_beyond_reason_is_a_reject() -> None:
    batch = decoded([b'{"id":"1","author":' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001, {"id": "2"}])

    assert column(batch, "id") == ["2"]
    assert len(batch.rejects) == 1


def test_a_list_becomes_a_child_table_with_the_key_of_its_row() -> None:
    items = [{"id": "a", "hashtags": ["Cat", "dog"]}, {"id": "b", "hashtags": []}, {"id": "c", "hashtags": [None, "x"]}]

    child = decoded(items).tables["unifapi_videos__hashtags"]

    assert child.column_names == [*CHILD_KEYS, "value", "video_id", "hashtag_key"]
    shown = child.select(["position", "list_index", "video_id", "value", "hashtag_key"]).to_pylist()
    assert [tuple(row.values()) for row in shown] == [
        (1, 1, "a", "Cat", "cat"),
        (1, 2, "a", "dog", "dog"),
        (3, 2, "c", "x", "x"),
    ]
    assert set(child["request_key"].to_pylist()) == {"key"}


def test_a_child_belongs_to_its_row_when_rows_before_it_are_rejected() -> None:
    items = [None, {"hashtags": ["lost"]}, {"id": "c", "hashtags": ["kept"]}]

    child = decoded(items).tables["unifapi_videos__hashtags"]

    assert [tuple(row.values()) for row in child.select(["position", "video_id", "value"]).to_pylist()] == [
        (3, "c", "kept")
    ]


def test_only_the_first_url_of_a_list_is_kept() -> None:
    covers: list[Any] = [{"url_list": ["u1", "u2"]}, {"url_list": []}, {"url_list": None}, None, {"url_list": [None]}]

    batch = decoded([{"aweme_id": str(n), "video": {"cover": cover}} for n, cover in enumerate(covers)], ITEMS)

    assert column(batch, "video__cover__first_url", "scraper_items") == ["u1", None, None, None, None]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.table)
def test_tables_without_rows_have_the_columns_of_those_with_rows(entity: Entity) -> None:
    full = {name: table.schema for name, table in decoded([example(entity.item)], entity).tables.items()}

    empty = {name: table.schema for name, table in entity.empty().items()}

    assert empty == full
    assert "_parent" not in {name for schema in empty.values() for name in schema.names}


def example(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Make an item that has a value in every field."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: _value(bare(hints[field.name])) for field in msgspec.structs.fields(struct)}


def _value(kind: Any) -> Any:
    if get_origin(kind) is list:
        return [_value(bare(get_args(kind)[0]))]
    if issubclass(kind, msgspec.Struct):
        return example(kind)
    return {str: "#x", Id: "1", int: 1, float: 0.5, bool: True}[kind]


TEXT = st.text(max_size=12)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    Id: st.one_of(st.integers(0, 2**63 - 1).map(str), TEXT),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**31), 2**31),
    bool: st.booleans(),
}


def plain_items(kind: Any) -> st.SearchStrategy[Any]:
    """Items that are what the document says, with null and absent fields."""
    if get_origin(kind) in (Union, types.UnionType) or kind not in SCALARS:
        kind = bare(kind)
    if get_origin(kind) is list:
        return st.lists(plain_items(get_args(kind)[0]) | st.none(), max_size=3)
    if kind is UrlList:
        return st.fixed_dictionaries({"url_list": st.lists(TEXT, max_size=2)})
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        fields = {field.encode_name: plain_items(hints[field.name]) for field in msgspec.structs.fields(kind)}
        return st.fixed_dictionaries({}, optional={name: value | st.none() for name, value in fields.items()})
    return SCALARS[kind]


@pytest.mark.parametrize("entity", [VIDEOS, TIKLIVE_VIDEOS, TRENDS], ids=lambda entity: entity.table)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_fast_way_and_item_by_item_lead_to_the_same_tables(entity: Entity, data: st.DataObject) -> None:
    items = data.draw(st.lists(plain_items(entity.item), max_size=6))
    encoded = [wire(item) for item in items]

    fast = entity.decode([(origin(), encoded)])
    slow = replace(entity, is_open=True).decode([(origin(), encoded)])

    assert reasons(fast) == reasons(slow)
    assert fast.tables.keys() == slow.tables.keys()
    for name, table in fast.tables.items():
        assert table.schema == slow.tables[name].schema
        assert table.to_pylist() == slow.tables[name].to_pylist()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("entity", [VIDEOS, TIKLIVE_VIDEOS, TRENDS, ITEMS], ids=lambda entity: entity.table)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_json_becomes_a_row_or_a_reject_and_nothing_else(entity: Entity, data: st.DataObject) -> None:
    names = st.sampled_from([field.encode_name for field in msgspec.structs.fields(entity.item)])
    items = data.draw(st.lists(st.dictionaries(names, ANY_JSON, max_size=4) | ANY_JSON, max_size=5))

    batch = entity.decode([(origin(), [sanitised(json.dumps(item).encode()) for item in items])])

    table = batch.tables[entity.table]
    positions = sorted([*table["position"].to_pylist(), *(reject.position for reject in batch.rejects)])
    assert positions == list(range(1, len(items) + 1))
    assert table.schema == entity.empty()[entity.table].schema


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_line_of_a_file_becomes_a_row_or_a_reject(lines: list[bytes]) -> None:
    batch = ITEMS.decode([(origin(), lines)])

    assert batch.tables["scraper_items"].num_rows + len(batch.rejects) == len(lines)


def test_pretty_printed_items_are_read_too() -> None:
    batch = decoded([b'{\n  "id": "1",\r\n  "title": "a\\nb"\n}', b'{"id":"2"}'])

    assert column(batch, "title") == ["a\nb", None]


def test_a_batch_without_pages_is_empty() -> None:
    batch = VIDEOS.decode([])

    assert {name: table.num_rows for name, table in batch.tables.items()} == dict.fromkeys(VIDEOS.empty(), 0)
