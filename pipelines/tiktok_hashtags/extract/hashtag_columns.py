"""Columns that identify hashtags: a key next to each spelling, and the hashtags of a caption."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from tiktok_hashtags.watchlist import hashtag_key

_HASH = re.compile("[#\uff03]")
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def keys_of(spellings: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the `hashtag_key` of each spelling; null if it has none."""
    column = spellings.combine_chunks() if isinstance(spellings, pa.ChunkedArray) else spellings
    encoded = column.dictionary_encode()
    keys = [hashtag_key(name) if name is not None else None for name in encoded.dictionary.to_pylist()]
    return pa.array(keys, pa.string()).take(encoded.indices)


def with_key(table: pa.Table, spelling: str, *, name: str = "hashtag_key") -> pa.Table:
    """Add the key of a spelling column as the column `name`."""
    return table.append_column(name, keys_of(table[spelling]))


def with_parent(child: pa.Table, parent: pa.Table, column: str, *, name: str = "video_id") -> pa.Table:
    """Add its parent's natural key to each row of a child table."""
    return child.append_column(name, parent[column].take(child["_parent"])).drop_columns(["_parent"])


def caption_hashtags(parent: pa.Table, *, caption: str, video_id: str, has_list: pa.Array) -> pa.Table:
    """Return a child table with the hashtags in the captions of the rows that have no hashtag list."""
    rows, indices, spellings = [], [], []
    captions = parent.select([caption]).filter(pc.invert(has_list))[caption].to_pylist()
    positions = [i for i, listed in enumerate(has_list.to_pylist()) if not listed]
    for row, text in zip(positions, captions, strict=True):
        for number, spelling in enumerate(_hashtags_in(text or ""), start=1):
            rows.append(row)
            indices.append(number)
            spellings.append(spelling)
    take = pa.array(rows, pa.int64())
    keys = {
        name: parent[name].take(take) for name in ("run_id", "snapshot_date", "observed_at", "request_key", "position")
    }
    values = pa.array(spellings, pa.string())
    columns = {"video_id": parent[video_id].take(take), "value": values, "hashtag_key": keys_of(values)}
    return pa.table({**keys, "list_index": pa.array(indices, pa.int64()), **columns})


def _hashtags_in(caption: str) -> Iterator[str]:
    for match in _HASH.finditer(caption):
        end = match.end()
        while end < len(caption) and _is_name_char(caption[end]):
            end += 1
        spelling = caption[match.end() : end]
        is_keycap = unicodedata.category(spelling[:1] or " ").startswith("M")
        if not is_keycap and hashtag_key(spelling):
            yield spelling


@lru_cache(maxsize=4096)
def _is_name_char(char: str) -> bool:
    category = unicodedata.category(char)
    return char == "_" or char in _SKIN_TONES or category[0] in "LNM" or category in {"So", "Cf"}
