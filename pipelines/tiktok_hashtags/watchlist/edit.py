"""Edits of `watchlist.toml` by commands: they add and remove entries, and every other byte stays.

The new text must pass a run's checks before it replaces the old one in one step.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.project import replace
from tiktok_hashtags.watchlist.model import (
    Dataset,
    Entry,
    Hashtag,
    Search,
    TrendList,
    Watchlist,
    checked_entry,
    hashtag_key,
    name_of_url,
    parse_watchlist,
)
from tiktok_hashtags.watchlist.toml_entries import is_written_as_tables, with_entry, without_entry

KIND: dict[type[Entry], str] = {Hashtag: "hashtags", TrendList: "trends", Search: "searches", Dataset: "datasets"}
# The column names that the header of an imported table may use.
_COLUMNS = {"hashtag": "name", "campaign": "campaigns", "provider": "providers", **{
    name: name for name in Hashtag.__struct_fields__
}}  # fmt: skip
_LISTS = ("campaigns", "providers")
_SIMILARITY = 0.6


@dataclass
class Change:
    """The entries that an edit added, found and removed, by their names in messages."""

    added: list[str] = field(default_factory=list)
    already_there: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def hashtag_named(text: str) -> dict[str, object]:
    """Return the first value of an entry for a URL, an id (digits alone), or else a name."""
    stripped = text.strip()
    if re.match(r"https?://|(www\.)?tiktok\.com/", stripped):
        return {"url": stripped if "://" in stripped else f"https://{stripped}"}
    return {"id": stripped} if stripped.isascii() and stripped.isdigit() else {"name": stripped.lstrip("#＃")}


def add(path: Path, entries: Sequence[Entry], *, providers: Collection[str]) -> Change:
    """Add entries to a watchlist; an entry that is already tracked stays unchanged and is listed.

    Raises:
        ConfigError: The watchlist is missing or invalid, or cannot be written; nothing was changed.
    """
    before, watchlist = _read(path, providers)
    change, text = Change(), before
    tracked = {kind: list(getattr(watchlist, kind)) for kind in KIND.values()}
    for entry in entries:
        kind = KIND[type(entry)]
        if any(_is_same(entry, other) for other in tracked[kind]):
            change.already_there.append(entry_label(entry))
            continue
        _check_tables(path, text, kind, tracked[kind])
        text = with_entry(text, kind, _values(entry))
        tracked[kind].append(entry)
        change.added.append(entry_label(entry))
    _replace(path, before, text, msgspec.structs.replace(watchlist, **_tuples(tracked)), providers)
    return change


def remove(path: Path, wanted: Mapping[str, Callable[[Entry], bool]], *, providers: Collection[str]) -> Change:
    """Remove entries from a watchlist, with the comments that belong to them.

    Args:
        path: The watchlist.
        wanted: The entries to remove, each a name for messages and a test for the entry.
        providers: The names that `providers` and the limits may use.

    Raises:
        ConfigError: One of them is not tracked, or could be several; nothing was changed.
    """
    before, watchlist = _read(path, providers)
    tracked = {kind: list(getattr(watchlist, kind)) for kind in KIND.values()}
    change, text = Change(), before
    for name, is_meant in wanted.items():
        found = [entry for entries in tracked.values() for entry in entries if is_meant(entry)]
        if not found:
            raise ConfigError(f"{path.name}: {name} is not tracked. Nothing was changed.{_similar(name, tracked)}")
        if isinstance(found[0], TrendList) and len(found) > 1:
            listed = "; ".join(entry_label(entry) for entry in found)
            raise ConfigError(
                f"{path.name}: {name} could be several lists ({listed}). Nothing was changed. "
                "Add options to choose one of them."
            )
        for entry in found:
            kind = KIND[type(entry)]
            _check_tables(path, text, kind, tracked[kind])
            at = next(index for index, other in enumerate(tracked[kind]) if other is entry)
            text = without_entry(text, kind, at)
            del tracked[kind][at]
            change.removed.append(entry_label(entry))
    _replace(path, before, text, msgspec.structs.replace(watchlist, **_tuples(tracked)), providers)
    return change


def is_hashtag(text: str) -> Callable[[Entry], bool]:
    """Return a test for the entry of a hashtag by name, URL or id."""
    meant = msgspec.convert(hashtag_named(text), Hashtag)
    return lambda entry: _is_same(meant, entry)


def is_search(keyword: str) -> Callable[[Entry], bool]:
    """Return a test for the entry of a search by keyword."""
    return lambda entry: _is_same(Search(keyword=keyword), entry)


def is_trend(values: Mapping[str, object]) -> Callable[[Entry], bool]:
    """Return a test for the entry of a trend list by its values."""

    def is_meant(entry: Entry) -> bool:
        return isinstance(entry, TrendList) and all(_values_of(entry)[name] == value for name, value in values.items())

    return is_meant


def imported(text: str, *, file: str, shared: Mapping[str, object], providers: Collection[str]) -> list[Entry]:
    """Return the hashtags of a file: one per line, or a CSV table whose first row names its columns.

    Args:
        text: The file's text; `;` separates the items of a list in a cell (`campaigns`, `providers`).
        file: The file's name, for messages.
        shared: Values for the rows that have none.
        providers: The names that `providers` may use.

    Raises:
        ConfigError: A line is not a hashtag; the message names it.
    """
    entries = []
    for number, values in _rows(text):
        try:
            entries.append(checked_entry("hashtags", {**shared, **values}, providers=providers))
        except ConfigError as error:
            raise ConfigError(f"{file}:{number}: {error}. Nothing was changed.") from error
    if not entries:
        raise ConfigError(f"{file}: it contains no hashtags. Nothing was changed.")
    return entries


def entry_label(entry: Entry) -> str:
    """Return an entry's name in messages."""
    if isinstance(entry, TrendList):
        return f"trend list {entry.label}"
    return f'search "{entry.keyword}"' if isinstance(entry, Search) else entry.label


def _rows(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    lines = text.removeprefix("\ufeff").splitlines()
    first = next(csv.reader(lines[:1]), [])
    names = [_COLUMNS.get(cell.strip().casefold()) for cell in first]
    if not names or None in names:
        yield from ((number, hashtag_named(line)) for number, line in enumerate(lines, 1) if line.strip())
        return
    table = csv.reader(io.StringIO("\n".join(lines)))
    next(table)
    for cells in table:
        if any(cell.strip() for cell in cells):
            pairs = zip(names, cells, strict=False)
            yield table.line_num, {str(name): _cell(str(name), cell.strip()) for name, cell in pairs if cell.strip()}


def _cell(name: str, text: str) -> object:
    if name in _LISTS:
        return [item.strip() for item in text.split(";") if item.strip()]
    if name == "max_videos" and text.isascii() and text.isdigit():
        return int(text)
    return text.lstrip("#＃") if name == "name" else text


def _is_same(entry: Entry, other: Entry) -> bool:
    if isinstance(entry, Hashtag) and isinstance(other, Hashtag):
        by_key = entry.key is not None and entry.key == other.key
        return by_key or (entry.id is not None and entry.id == other.id)
    if isinstance(entry, Search) and isinstance(other, Search):
        return entry.keyword.strip().casefold() == other.keyword.strip().casefold()
    if isinstance(entry, TrendList) and isinstance(other, TrendList):
        return _values_of(entry) == _values_of(other)
    return entry == other


def _values_of(entry: TrendList) -> dict[str, object]:
    return {**msgspec.structs.asdict(entry), "country": entry.country.upper() if entry.country else None}


def _values(entry: Entry) -> dict[str, object]:
    """Return an entry's values that differ from the defaults, which its table has to contain."""
    fields = msgspec.structs.fields(type(entry))
    return {each.name: getattr(entry, each.name) for each in fields if getattr(entry, each.name) != each.default}


def _similar(name: str, tracked: Mapping[str, Sequence[Entry]]) -> str:
    """Suggest tracked hashtags with similar names; for trend lists and searches, which are few, suggest all."""
    entries = [entry for listed in tracked.values() for entry in listed]
    hashtags = {each: entry.label for entry in entries if isinstance(entry, Hashtag) for each in (entry.key, entry.id)}
    labels = [entry_label(entry) for entry in entries]
    sought = hashtag_key(name_of_url(name) or name) or name
    similar = difflib.get_close_matches(sought, [known for known in hashtags if known], cutoff=_SIMILARITY)
    kind = re.match(r"trend list |search ", name)
    found = [each for each in labels if each.startswith(kind[0])] if kind else [hashtags[each] for each in similar]
    return f" Similar: {', '.join(dict.fromkeys(found))}." if found else ""


def _tuples(tracked: Mapping[str, Sequence[Entry]]) -> dict[str, Any]:
    return {kind: tuple(entries) for kind, entries in tracked.items()}


def _read(path: Path, providers: Collection[str]) -> tuple[str, Watchlist]:
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError as error:
        raise ConfigError(f"{path.name}: no such file here. Nothing was changed. `tiktags init` writes one.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path.name}: not UTF-8 text ({error.reason} at byte {error.start}). Nothing was changed. "
            "Save it as UTF-8."
        ) from error
    return text, parse_watchlist(text, file=path.name, providers=providers)


def _check_tables(path: Path, text: str, kind: str, tracked: Sequence[Entry]) -> None:
    if not is_written_as_tables(text, kind, count=len(tracked)):
        raise ConfigError(
            f"{path.name}: `{kind}` is not written as tables, so this command cannot edit it. Nothing was changed. "
            f"Write each of its entries under a line [[{kind}]], and none as `{kind} = [...]`."
        )


def _replace(path: Path, before: str, text: str, expected: Watchlist, providers: Collection[str]) -> None:
    """Replace the old text with the new, if the new one has the expected entries and the file is unchanged."""
    if text == before:
        return
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"{path.name}: not UTF-8 text: {error.object[error.start]!r}. Nothing was changed."
        ) from error
    found = parse_watchlist(text, file=path.name, providers=providers)
    if found != expected:
        raise ConfigError(
            f"{path.name}: this command cannot edit a file in this form. Nothing was changed. Edit it by hand."
        )
    target = path.resolve()  # a symbolic link stays one
    if target.read_bytes().decode() != before:
        raise ConfigError(f"{path.name}: another program changed it meanwhile. The command changed nothing. Try again.")
    try:
        replace(target, lambda aside: aside.write_bytes(content))
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be written: {error.strerror}; nothing was changed") from error
