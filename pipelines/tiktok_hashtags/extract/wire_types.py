"""The kinds of value in wire types, and the arrow types and raw columns derived from them.

A provider declares its items as `msgspec.Struct`s, and everything else is derived: the arrow schema for the fast
decoder, the columns of the raw table (nested fields joined with `__`), and the child tables (lists).

Kinds: `str`; `Id` (text, also where the wire has a number); `Integer` (64 bits, also from "123"); `Number` (finite);
`bool` (also from 0 and 1); a nested struct; `UrlList` (only its first URL is kept); a list of structs or of scalars.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tiktok_hashtags.fetch import UNREADABLE, Id, decoder_of

Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# Without bounds, the text "nan" would count as a number.
Number = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]

_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class UrlList(msgspec.Struct):
    """TikTok's `{uri, url_list}`; the URLs are signed and expire, so only the first one is kept."""

    url_list: list[str | None] | None = None


def plain_value(value: object) -> str:
    """Turn an `Id` back into `str` (a hook for `msgspec.to_builtins`)."""
    if isinstance(value, Id):
        return str.__str__(value)
    raise NotImplementedError(type(value))


@cache
def arrow_fields(struct: type[msgspec.Struct]) -> tuple[pa.Field, ...]:
    """Return the arrow fields of a struct under their wire names."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(pa.field(f.encode_name, arrow_type(hints[f.name])) for f in msgspec.structs.fields(struct))


def arrow_type(hint: Any) -> pa.DataType:  # a type annotation has no narrower type
    """Return the arrow type of a wire type's annotation."""
    kind = bare(hint)
    if get_origin(kind) is list:
        return pa.list_(arrow_type(get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return pa.struct(arrow_fields(kind))
    scalars = {str: pa.string(), Id: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    return scalars[kind]


def bare(hint: Any) -> Any:  # a type annotation has no narrower type
    """Strip `Annotated` and `| None` from an annotation."""
    if get_origin(hint) is Annotated:
        return bare(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return bare(next(arg for arg in get_args(hint) if arg is not type(None)))
    return hint


@cache
def known_keys(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the struct or list type under each wire name, to recognise unknown fields."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: bare(hints[field.name]) for field in msgspec.structs.fields(struct)}


def unknown_paths(value: object, kind: Any, path: str = "") -> set[str]:
    """Return the dotted paths of a decoded item's undeclared fields, down to the depth that its wire type declares."""
    if get_origin(kind) is list:
        values = value if isinstance(value, list) else []
        return set().union(*(unknown_paths(item, bare(get_args(kind)[0]), f"{path}[]") for item in values))
    if not (isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return set()
    if kind is UrlList:
        return set()
    known = known_keys(kind)
    paths = {f"{path}.{key}".lstrip(".") for key in value if key not in known}
    nested = (unknown_paths(value[key], known[key], f"{path}.{key}") for key in value if key in known)
    return paths.union(*nested)


def unknown_keys(item: bytes, struct: type[msgspec.Struct]) -> set[str]:
    """Return the keys of a raw item that its wire type does not declare, without looking below them.

    Raises:
        UNREADABLE: The item is not a JSON object.
    """
    return _KEYS.decode(item).keys() - known_keys(struct).keys()


def item_ids(items: Sequence[bytes], reference: type[msgspec.Struct]) -> list[str | None]:
    """Return the id of each raw item by the first field of `reference` that has one; None if none has."""
    decoder = decoder_of(reference)
    ids: list[str | None] = []
    for item in items:
        try:
            values = msgspec.structs.astuple(decoder.decode(item))
            ids.append(next((str(value) for value in values if value not in (None, "")), None))
        except UNREADABLE:
            ids.append(None)
    return ids


def flattened(
    struct: type[msgspec.Struct], nested: pa.Table, *, keys: pa.Table
) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """Return the scalar columns of a table of structs (nested names joined with `__`), and a child table for each list.

    Args:
        struct: The wire type of the rows.
        nested: The rows under their wire names.
        keys: The columns that a child's rows take from their parent, row by row.
    """
    columns, lists = _columns_and_lists(struct, nested)
    return columns, {name: _child(kind, values, keys) for name, (kind, values) in lists.items()}


def _columns_and_lists(
    struct: type[msgspec.Struct], nested: pa.Table
) -> tuple[dict[str, Any], dict[str, tuple[Any, pa.ChunkedArray]]]:
    columns: dict[str, Any] = {}
    lists: dict[str, tuple[Any, pa.ChunkedArray]] = {}
    kinds = known_keys(struct)
    for wire_field in msgspec.structs.fields(struct):
        kind, values = kinds[wire_field.encode_name], nested[wire_field.encode_name]
        if kind is UrlList:
            columns[f"{wire_field.name}__first_url"] = _first_url(values)
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            inner_columns, inner_lists = _columns_and_lists(kind, _unnested(values, kind))
            columns.update({f"{wire_field.name}__{name}": column for name, column in inner_columns.items()})
            lists.update({f"{wire_field.name}__{name}": value for name, value in inner_lists.items()})
        elif pa.types.is_list(values.type):
            lists[wire_field.name] = (bare(get_args(kind)[0]), values)
        else:
            columns[wire_field.name] = values
    return columns, lists


def _unnested(values: pa.ChunkedArray, kind: type[msgspec.Struct]) -> pa.Table:
    names = [wire_field.name for wire_field in arrow_fields(kind)]
    if values.num_chunks == 0:
        return pa.schema(arrow_fields(kind)).empty_table()
    return pa.table({name: pc.struct_field(values, name) for name in names})


def _first_url(values: pa.ChunkedArray) -> pa.Array:
    urls = (
        pc.struct_field(values, "url_list").combine_chunks()
        if values.num_chunks
        else pa.array([], pa.list_(pa.string()))
    )
    first = pa.nulls(len(urls), pa.string())
    has_any = pc.fill_null(pc.greater(pc.list_value_length(urls), 0), False)
    filled = urls.filter(has_any)
    return pc.replace_with_mask(first, has_any, pc.list_element(filled, 0)) if len(filled) else first


def _child(kind: Any, values: pa.ChunkedArray, keys: pa.Table) -> pa.Table:
    """Return one row per list element, with the keys of the row it came from."""
    lists = values.combine_chunks() if values.num_chunks else pa.array([], values.type)
    parents = pc.list_parent_indices(lists)
    elements = pc.list_flatten(lists)
    index = _list_index(parents)
    if elements.null_count:
        is_there = pc.is_valid(elements)
        parents, elements, index = parents.filter(is_there), elements.filter(is_there), index.filter(is_there)
    of_parent = {name: keys[name].take(parents) for name in keys.column_names}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        columns, _ = _columns_and_lists(
            kind, pa.table({f.name: pc.struct_field(elements, f.name) for f in arrow_fields(kind)})
        )
    else:
        columns = {"value": elements.cast(arrow_type(kind))}
    return pa.table({**of_parent, "list_index": index, **columns, "_parent": parents.cast(pa.int64())})


def _list_index(parents: pa.Array) -> pa.Array:
    owner = parents.to_numpy(zero_copy_only=False)
    if len(owner) == 0:
        return pa.array([], pa.int64())
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    lengths = np.diff(np.r_[starts, len(owner)])
    return pa.array(np.arange(len(owner)) - np.repeat(starts, lengths) + 1)
