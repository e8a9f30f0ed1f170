"""From the raw bytes of items to arrow tables: one parent table and its child tables per entity.

Fast path: arrow's own JSON reader with the schema that the wire type implies, several pages at a time. If it refuses a
batch (a number for a text, an undeclared field, a lone surrogate), the batch is decoded item by item with msgspec,
which also accepts "123" for 123; an item that fails there is a reject, and the others stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from tiktok_hashtags.config import MAX_TEXT_CHARS
from tiktok_hashtags.extract.wire_types import (
    arrow_fields,
    flattened,
    plain_value,
    unknown_keys,
    unknown_paths,
)
from tiktok_hashtags.fetch import REPLACEMENT, UNREADABLE, decoder_of, prepare

Derive = Callable[[pa.Table, dict[str, pa.Table], pa.Table], tuple[pa.Table, dict[str, pa.Table]]]
MAX_PAYLOAD_CHARS = 100_000
MAX_PATH_CHARS = 60
_SAMPLED_ITEMS = 50
# Larger items are searched on the top level only: as Python objects they would take 20 times their bytes.
_SEARCHED_BYTES = 1 << 20
MAX_LIST = 10_000

_LINEAGE = pa.schema(
    [
        ("run_id", pa.string()),
        ("snapshot_date", pa.date32()),
        ("observed_at", pa.timestamp("us")),
        ("request_key", pa.string()),
        ("page", pa.int64()),
        ("position", pa.int64()),
        ("is_text_replaced", pa.bool_()),
    ]
)
_CHILD_LINEAGE = ("run_id", "snapshot_date", "observed_at", "request_key", "position")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the items of one page come from; `requested` are further columns, the same for the page's items."""

    run_id: str
    snapshot_date: date
    observed_at: datetime
    request_key: str
    page: int
    first_position: int
    requested: Mapping[str, str | int | bool | None] = field(default_factory=dict)


class Refused(bytes):
    """An item that is refused before decoding: the beginning of its bytes, and the reason."""

    reason: str

    def __new__(cls, beginning: bytes, reason: str) -> Self:
        """Make one."""
        made = super().__new__(cls, beginning)
        made.reason = reason
        return made


@dataclass(frozen=True, slots=True)
class Reject:
    """An item that could not be decoded, with its content and the reason."""

    entity: str
    origin: Origin
    position: int
    reason: str
    payload: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The tables of a batch, by raw table name, its rejects, and the paths of undocumented fields.

    `cut` holds, by `table.column`, the number of texts that were cut and the length of the longest.
    """

    tables: dict[str, pa.Table]
    rejects: list[Reject]
    unknown: set[str]
    cut: dict[str, tuple[int, int]] = field(default_factory=dict)


def _no_derived(
    table: pa.Table, children: dict[str, pa.Table], _nested: pa.Table
) -> tuple[pa.Table, dict[str, pa.Table]]:
    return table, children


@dataclass(frozen=True)
class Entity:
    """A raw table: its wire type and the columns added to it.

    Args:
        table: The name of the raw table, `<provider>_<entity>`.
        item: The wire type of one item.
        ids: The ids of decoded items, before flattening; an item without one is a reject. None: every object counts.
        requested: The columns that `Origin.requested` fills, with their arrow types.
        derive: Adds columns and child tables after flattening; also gets the table before it.
        is_open: The document names only part of the items' fields: below the top level, only some items of a batch are
            searched for undocumented fields.
        unread: Dotted paths of documented fields that nobody needs.
    """

    table: str
    item: type[msgspec.Struct]
    ids: Callable[[pa.Table], pa.Array] | None = None
    requested: Mapping[str, pa.DataType] = field(default_factory=dict)
    derive: Derive = _no_derived
    is_open: bool = False
    unread: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        prepare(self.item)

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        """Decodes one item that arrow refused; "123" counts as 123."""
        return decoder_of(self.item, is_strict=False)

    @cached_property
    def schema(self) -> pa.Schema:
        """The arrow schema of the items under their wire names."""
        return pa.schema(arrow_fields(self.item))

    def empty(self) -> dict[str, pa.Table]:
        """Return the entity's tables with all columns and no rows."""
        return _tables(self, self.schema.empty_table(), _Rows([], [], []))

    def decode(self, pages: Sequence[tuple[Origin, Sequence[bytes]]], *, max_text_chars: int = MAX_TEXT_CHARS) -> Batch:
        """Decode the raw items of some pages; longer texts are cut, and the journal keeps them whole."""
        rows = _Rows.of(pages, joined=not self.is_open)
        unknown: set[str] = set()
        nested = _fast(self, rows)
        rejects: list[Reject] = []
        if nested is None:
            unknown = _unknown_fields(self, rows.items)
            nested, rows, rejects = _item_by_item(self, rows)
        kept, rows, missing = _with_id(self, nested, rows)
        cut: dict[str, tuple[int, int]] = {}
        tables = {
            name: _with_short_texts(name, table, max_text_chars, cut)
            for name, table in _tables(self, kept, rows).items()
        }
        return Batch(tables, rejects + missing, unknown, cut)


@dataclass(slots=True)
class _Rows:
    """The items of a batch, each with its page and its position there, and as lines of text."""

    items: Sequence[bytes]
    places: list[tuple[Origin, int]]
    replaced: list[bool]
    lines: bytes = b""

    @classmethod
    def of(cls, pages: Sequence[tuple[Origin, Sequence[bytes]]], *, joined: bool) -> _Rows:
        items = [item for _, page in pages for item in page]
        places = [(origin, origin.first_position + offset) for origin, page in pages for offset in range(len(page))]
        lines = b"\n".join(items) if joined else b""
        is_looked_at = not joined or REPLACEMENT in lines
        return cls(items, places, [is_looked_at and REPLACEMENT in bytes(item) for item in items], lines)

    def take(self, indices: Sequence[int]) -> _Rows:
        return _Rows(
            [self.items[i] for i in indices], [self.places[i] for i in indices], [self.replaced[i] for i in indices]
        )

    def reject(self, entity: Entity, index: int, reason: str) -> Reject:
        origin, position = self.places[index]
        text = bytes(self.items[index])[:MAX_PAYLOAD_CHARS]
        return Reject(entity.table, origin, position, reason, text.decode(errors="replace").replace("\x00", "\ufffd"))


def _fast(entity: Entity, rows: _Rows) -> pa.Table | None:
    """Decode all items at once, or return None if any of them differs from the wire type."""
    schema = entity.schema
    if (entity.is_open and rows.items) or any(isinstance(item, Refused) for item in rows.items):
        return None
    if not rows.items:
        return schema.empty_table()
    lines = _one_a_line(rows)
    if lines is None:
        return None
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    read = pj.ReadOptions(use_threads=False, block_size=len(lines) + 1)
    try:
        table = pj.read_json(pa.BufferReader(lines), parse_options=parse, read_options=read)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table if table.num_rows == len(rows.items) else None


def _one_a_line(rows: _Rows) -> bytes | None:
    """Return the items as JSON Lines; None if one is not an object, because that crashes arrow's reader."""
    breaks = len(rows.items) - 1
    if (
        rows.lines[:1] == b"{"
        and rows.lines.count(b"\n{") == breaks == rows.lines.count(b"\n")
        and b"\r" not in rows.lines
    ):
        return rows.lines
    texts = [bytes(item) for item in rows.items]
    if not all(text[:1] == b"{" for text in texts):
        return None
    return b"\n".join(text.replace(b"\n", b" ").replace(b"\r", b" ") for text in texts)


def _item_by_item(entity: Entity, rows: _Rows) -> tuple[pa.Table, _Rows, list[Reject]]:
    kept: list[int] = []
    values: list[Any] = []
    rejects: list[Reject] = []
    for index, item in enumerate(rows.items):
        if isinstance(item, Refused):
            rejects.append(rows.reject(entity, index, item.reason))
            continue
        try:
            decoded = entity.decoder.decode(item)
            if entity.is_open and (name := _too_long_list(decoded)):
                rejects.append(rows.reject(entity, index, f"a list of the item has over {MAX_LIST} entries: {name}"))
                continue
            values.append(msgspec.to_builtins(decoded, enc_hook=plain_value))
            kept.append(index)
        except UNREADABLE as error:
            rejects.append(rows.reject(entity, index, str(error)))
    return pa.Table.from_pylist(values, schema=entity.schema), rows.take(kept), rejects


def _too_long_list(item: msgspec.Struct) -> str | None:
    """Return the name of a list that no real item has, because its rows would take the memory of all others."""
    values = ((name, getattr(item, name)) for name in item.__struct_fields__)
    return next((name for name, value in values if isinstance(value, list) and len(value) > MAX_LIST), None)


def _unknown_fields(entity: Entity, items: Sequence[bytes]) -> set[str]:
    """Return the paths of undocumented fields, each cut to `MAX_PATH_CHARS`."""
    step = max(len(items) // _SAMPLED_ITEMS, 1) if entity.is_open else 1
    found: set[str] = set()
    for index, item in enumerate(items):
        with suppress(*UNREADABLE):
            if index % step == 0 and len(item) <= _SEARCHED_BYTES:
                found |= unknown_paths(msgspec.json.decode(item), entity.item)
            else:
                found |= unknown_keys(item, entity.item)
    return {path[:MAX_PATH_CHARS].replace("\n", " ") for path in found} - entity.unread


def _with_id(entity: Entity, nested: pa.Table, rows: _Rows) -> tuple[pa.Table, _Rows, list[Reject]]:
    """Reject the items without an id."""
    if entity.ids is None or nested.num_rows == 0:
        return nested, rows, []
    has_id = pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(entity.ids(nested))), 0), False)
    if pc.all(has_id).as_py():
        return nested, rows, []
    mask = has_id.to_pylist()
    rejects = [rows.reject(entity, i, "the item has no id") for i, has in enumerate(mask) if not has]
    return nested.filter(has_id), rows.take([i for i, has in enumerate(mask) if has]), rejects


def _tables(entity: Entity, nested: pa.Table, rows: _Rows) -> dict[str, pa.Table]:
    lineage = _lineage(entity, rows)
    columns, lists = flattened(entity.item, nested, keys=lineage.select(_CHILD_LINEAGE))
    parent = pa.table({**{name: lineage[name] for name in lineage.column_names}, **columns})
    parent, children = entity.derive(
        parent, {f"{entity.table}__{name}": table for name, table in lists.items()}, nested
    )
    return {entity.table: parent, **children}


def _with_short_texts(name: str, table: pa.Table, max_chars: int, cut: dict[str, tuple[int, int]]) -> pa.Table:
    """Cut the texts of a table that are too long, and note how many and how long they were."""
    for at, column in enumerate(table.schema):
        # A character takes a byte at least, so most columns need no second look.
        if column.type != pa.string() or (pc.max(pc.binary_length(table[at])).as_py() or 0) <= max_chars:
            continue
        lengths = pc.utf8_length(table[at])
        count = pc.sum(pc.greater(lengths, max_chars)).as_py()
        if count:
            cut[f"{name}.{column.name}"] = count, pc.max(lengths).as_py()
            table = table.set_column(at, column, pc.utf8_slice_codeunits(table[at], 0, max_chars))
    return table


def _lineage(entity: Entity, rows: _Rows) -> pa.Table:
    origins: dict[int, int] = {}
    pages: list[Origin] = []
    indices = np.empty(len(rows.places), dtype=np.int64)
    for row, (origin, _) in enumerate(rows.places):
        if id(origin) not in origins:
            origins[id(origin)] = len(pages)
            pages.append(origin)
        indices[row] = origins[id(origin)]
    take = pa.array(indices)
    per_page: dict[str, Any] = {
        name: pa.array([getattr(page, name) for page in pages], _LINEAGE.field(name).type).take(take)
        for name in ("run_id", "snapshot_date", "observed_at", "request_key", "page")
    }
    per_page["position"] = pa.array([position for _, position in rows.places], pa.int64())
    per_page["is_text_replaced"] = pa.array(rows.replaced, pa.bool_())
    requested = {
        name: pa.array([page.requested.get(name) for page in pages], kind).take(take)
        for name, kind in entity.requested.items()
    }
    return pa.table({**per_page, **requested})
