"""The kinds of value that wire types are made of, and the arrow types and raw columns that follow from them.

A provider declares its items as `msgspec.Struct`s, and everything else is derived: the arrow schema for the fast
decoder, the columns of the raw table (nested fields joined with `__`), and the child tables (lists).

Kinds: `str`; `Id` (text, also where the wire has a number); `Integer` (64 bits, also from "123"); `Number` (finite);
`bool` (also from 0 and 1); a nested struct; `UrlList` (only its first URL is kept); a list of structs or of scalars.
"""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pyarrow as pa

Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# Without bounds the text "nan" would count as a number.
Number = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
# What msgspec raises for bytes that are no JSON, nested too deep, or no UTF-8.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_ILLEGAL = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
REPLACEMENT = b"\\ufffd"
ENDLESS_DIGITS = 1_000


class Id(str):
    """An id: always text, because ids above 2^53 do not survive as JSON numbers."""

    __slots__ = ()


class UrlList(msgspec.Struct):
    """TikTok's `{uri, url_list}`; the URLs are signed and expire, so the first one is all that is kept."""

    url_list: list[str | None] | None = None


def wire_value(kind: type, value: object) -> object:
    """Make an `Id` from the text or the whole number on the wire (a hook for `msgspec`).

    Raises:
        ValueError: The value is neither.
    """
    if kind is not Id:
        raise NotImplementedError(kind)
    if isinstance(value, str):
        return Id(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Id(str(value))
    raise ValueError(f"Expected an id, got `{type(value).__name__}`")


_DECODERS: dict[tuple[Any, bool], msgspec.json.Decoder[Any]] = {}


def prepare(*kinds: Any) -> None:  # a type annotation has no narrower type
    """Build the decoders of some types, which many threads then share.

    Modules call it for the types that they declare, while they are imported: threads that decode a type for the first
    time at the same time crashed msgspec 0.22.
    """
    for kind in kinds:
        for is_strict in (True, False):
            _DECODERS[kind, is_strict] = msgspec.json.Decoder(kind, strict=is_strict, dec_hook=wire_value)


def decoder_of(kind: Any, *, is_strict: bool = True) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a prepared type.

    Args:
        kind: The type to decode into.
        is_strict: Whether "123" is refused where a number is declared.

    Raises:
        TypeError: No module has prepared the type.
    """
    found = _DECODERS.get((kind, is_strict))
    if found is None:
        raise TypeError(f"{kind} was not prepared; the module that declares it calls prepare() for it")
    return found


def prepared_types() -> tuple[Any, ...]:
    """Return the types that threads may decode."""
    return tuple({kind: None for kind, _ in _DECODERS})


def plain_value(value: object) -> str:
    """Turn an `Id` back into `str` (a hook for `msgspec.to_builtins`)."""
    if isinstance(value, Id):
        return str.__str__(value)
    raise NotImplementedError(type(value))


def sanitised(text: bytes) -> bytes:
    """Replace the escaped NULs and lone surrogates of a JSON text by escaped U+FFFD.

    No warehouse stores them, and one of them would refuse the whole page.
    """
    if not _ILLEGAL.search(text):
        return text
    return _ESCAPES.sub(lambda match: REPLACEMENT if _is_illegal(match[0]) else match[0], text)


def _is_illegal(escape: bytes) -> bool:
    return len(escape) == 6 and bool(_ILLEGAL.fullmatch(escape))


def has_endless_number(text: bytes) -> bool:
    """Tell whether JSON holds a number of about `ENDLESS_DIGITS` digits or more, which is no count of anything.

    Texts may hold as many digits as they like. So long a run of digits covers a multiple of half its length and as much
    after it, so only there it is looked for.

    Raises:
        RecursionError: The text is nested too deep.
    """
    half = ENDLESS_DIGITS // 2
    runs = (text[at : at + half] for at in range(0, len(text), half))
    if not any(len(run) == half and run.isdigit() for run in runs):
        return False
    lengths = [0]

    def measure(digits: str) -> None:
        lengths.append(len(digits))

    json.loads(text, parse_int=measure, parse_float=measure)
    return max(lengths) >= ENDLESS_DIGITS


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
    """Return the struct or list type under each wire name, for telling unknown fields."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: bare(hints[field.name]) for field in msgspec.structs.fields(struct)}


def unknown_paths(value: object, kind: Any, path: str = "") -> set[str]:
    """Return the dotted paths in a decoded item that its wire type does not declare, no deeper than declared."""
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
    """Return the keys of a raw item that its wire type does not declare, without a look at what is below them.

    Raises:
        UNREADABLE: The item is no JSON object.
    """
    return _KEYS.decode(item).keys() - known_keys(struct).keys()


def item_ids(items: Sequence[bytes], reference: type[msgspec.Struct]) -> list[str | None]:
    """Return the id of each raw item by the first field of `reference` that has one; None where none has."""
    decoder = decoder_of(reference)
    ids: list[str | None] = []
    for item in items:
        try:
            values = msgspec.structs.astuple(decoder.decode(item))
            ids.append(next((str(value) for value in values if value not in (None, "")), None))
        except UNREADABLE:
            ids.append(None)
    return ids
