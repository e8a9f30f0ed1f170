"""`watchlist.toml` as typed values, with names, URLs and ids normalised.

A hashtag's identity is its normalised name (`hashtag_key`), because real payloads spell one hashtag in several casings.
The id is only an attribute, because they omit or round it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.redaction import redact_url

MAX_NAME_BYTES = 256
DEFAULT_MAX_VIDEOS = 500
DEFAULT_MAX_SEARCH_ITEMS = 90

Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
IndustryId = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Dollars = Annotated[float, msgspec.Meta(ge=0)]
Credits = Annotated[int, msgspec.Meta(ge=0)]
CountryCode = Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{2}$")]


class Hashtag(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A hashtag to follow, by name, URL or id.

    `key` is None for a hashtag given by id alone; `max_videos` is a soft limit on a walk's items.
    """

    name: str | None = None
    url: str | None = None
    id: str | None = None
    providers: tuple[str, ...] | None = None
    max_videos: Positive = DEFAULT_MAX_VIDEOS
    region: CountryCode | None = None
    campaigns: tuple[str, ...] = ()
    role: Literal["own", "competitor", "market"] = "market"

    @property
    def key(self) -> str | None:
        """The normalised name, or None if only an id is known."""
        return hashtag_key(self.spelling) if self.spelling else None

    @property
    def spelling(self) -> str | None:
        """The name as the watchlist writes it, without `#`."""
        raw = self.name if self.name is not None else name_of_url(self.url)
        return raw.strip().lstrip("#\uff03") if raw is not None else None

    @property
    def label(self) -> str:
        """The hashtag's name in messages."""
        return f"#{self.spelling}" if self.spelling else f"id {self.id}"


class TrendList(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A trend list to follow."""

    source: Literal["popular_trend", "creative_center"] = "popular_trend"
    country: CountryCode | None = None
    period_days: Literal[7, 30, 90, 120] = 7
    industry_id: IndustryId = 0
    new_on_board: bool = False

    @property
    def label(self) -> str:
        """The list's name in messages."""
        parts = [self.source, self.country or "all countries", f"{self.period_days} days"]
        parts += [f"industry {self.industry_id}"] if self.industry_id else []
        return " ".join(parts + (["new on board"] if self.new_on_board else []))


class Search(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A keyword to search hashtags for; `max_items` is a soft limit, because no document states where a search ends."""

    keyword: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_BYTES)]
    max_items: Positive = DEFAULT_MAX_SEARCH_ITEMS


class Dataset(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A scraper dataset: files (`path`: file, folder, glob or fsspec URL) or an HTTP dataset (`dataset_id`)."""

    path: Text | None = None
    dataset_id: Text | None = None
    captured_at: datetime | None = None

    @property
    def label(self) -> str:
        """The dataset's name in messages."""
        return redact_url(self.path) if self.path else f"dataset {self.dataset_id}"


class Limits(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Limits on the cost of a run, a UTC day and a UTC month; None and a missing key mean no limit.

    Days and months count the whole ledger, which other projects with the same `ledger_path` share.
    """

    max_usd_per_run: Dollars | None = None
    max_usd_per_day: Dollars | None = None
    max_usd_per_month: Dollars | None = None
    credits_per_run: dict[str, Credits] = {}
    credits_per_day: dict[str, Credits] = {}
    credits_per_month: dict[str, Credits] = {}


class Watchlist(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Everything that a project tracks."""

    hashtags: tuple[Hashtag, ...] = ()
    trends: tuple[TrendList, ...] = ()
    searches: tuple[Search, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    limits: Limits = Limits()


Entry = Hashtag | TrendList | Search | Dataset
_ENTRIES: dict[str, type[Entry]] = {
    "hashtags": Hashtag,
    "trends": TrendList,
    "searches": Search,
    "datasets": Dataset,
}
_TYPES: dict[str, type[msgspec.Struct]] = {**_ENTRIES, "limits": Limits}


def hashtag_key(name: str) -> str | None:
    """Return the normalised name that identifies a hashtag everywhere, or None if the text contains no name.

    Strips leading `#`, applies NFKC and case folding and drops format characters (category Cf). Empty names,
    names with control characters and names over 256 bytes have no key.
    """
    key, before = name, None
    while key != before:  # dropping a character can expose one that has to be folded
        key, before = _folded(key), key
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in key) or len(key.encode()) > MAX_NAME_BYTES:
        return None
    return key or None


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.strip().lstrip("#\uff03")).casefold()
    return "".join(char for char in folded if unicodedata.category(char) != "Cf")


def read_watchlist(path: Path, *, providers: Collection[str]) -> Watchlist:
    """Read and check a watchlist file.

    Args:
        path: The TOML file.
        providers: The names that `providers` and the limits may use.

    Raises:
        ConfigError: The file is missing, is not TOML, has an unknown key or a wrong type, or lists nothing.
    """
    if not path.is_file():
        raise ConfigError(f"{path.name}: no such file here. Nothing was sent. `tiktags init` writes one.")
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        fault = f"not UTF-8 text ({error.reason} at byte {error.start})"
        raise ConfigError(f"{path.name}: {fault}. Nothing was sent. Save it as UTF-8.") from error
    watchlist = parse_watchlist(text, file=path.name, providers=providers)
    if not any((watchlist.hashtags, watchlist.trends, watchlist.searches, watchlist.datasets)):
        raise ConfigError(
            f"{path.name}: there is nothing to track. Nothing was sent. "
            "Add at least one [[hashtags]], [[trends]], [[searches]] or [[datasets]]."
        )
    return watchlist


def parse_watchlist(text: str, *, file: str, providers: Collection[str]) -> Watchlist:
    """Check the text of a watchlist, which may list nothing.

    Args:
        text: TOML.
        file: The name of its file, for messages.
        providers: The names that `providers` and the limits may use.

    Raises:
        ConfigError: It is not TOML, or has an unknown key, a wrong type or an invalid value.
    """
    text = text.removeprefix("\ufeff")
    try:
        watchlist = msgspec.toml.decode(text, type=Watchlist)
    except msgspec.ValidationError as error:
        message = _indexed(text, str(error))
        raise ConfigError(f"{_place(file, text, message)}: {_expectation(message)}") from error
    except msgspec.DecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(f"{f'{file}:{line[1]}' if line else file}: not valid TOML: {error}") from error
    _check(watchlist, file, text, providers)
    return watchlist


def checked_entry(kind: str, values: Mapping[str, object], *, providers: Collection[str]) -> Entry:
    """Return one entry of a list (`hashtags`, `trends`, `searches`) from the values of its table.

    Raises:
        ConfigError: A watchlist with this entry would be refused.
    """
    try:
        entry: Entry = msgspec.convert(values, _ENTRIES[kind])
    except msgspec.ValidationError as error:
        place = re.search(r"\$\.(\w+)", str(error))
        raise ConfigError(f"{f'{place[1]}: ' if place else ''}{_expectation(str(error))}") from error
    problem = _problem(entry, providers)
    if problem:
        raise ConfigError(problem)
    return entry


def _check(watchlist: Watchlist, file: str, text: str, providers: Collection[str]) -> None:
    for kind in ("hashtags", "trends", "datasets"):
        for index, entry in enumerate(getattr(watchlist, kind)):
            wrong = _provider_problem(entry, providers)
            _check_row(wrong, file, text, f"{kind}[{index}].providers")
            _check_row(_problem(entry, providers), file, text, f"{kind}[{index}]")
    for span in ("run", "day", "month"):
        named = getattr(watchlist.limits, f"credits_per_{span}")
        _check_row(_name_problem(named, providers), file, text, f"limits.credits_per_{span}")


def _problem(entry: Entry, providers: Collection[str]) -> str | None:
    """Return the first problem that the types cannot express, or None."""
    if isinstance(entry, Hashtag):
        return _hashtag_problem(entry) or _provider_problem(entry, providers)
    if isinstance(entry, TrendList):
        return _trend_problem(entry)
    if isinstance(entry, Dataset) and (entry.path is None) == (entry.dataset_id is None):
        return "expected either `path` or `dataset_id`"
    return None


def _provider_problem(entry: Entry, providers: Collection[str]) -> str | None:
    return _name_problem(entry.providers or (), providers) if isinstance(entry, Hashtag) else None


def _name_problem(named: Collection[str], providers: Collection[str]) -> str | None:
    unknown = next((name for name in named if name not in providers), None)
    return f"unknown provider {unknown!r}; expected one of {', '.join(sorted(providers))}" if unknown else None


def _check_row(problem: str | None, file: str, text: str, where: str) -> None:
    if problem:
        raise ConfigError(f"{_place(file, text, f'$.{where}')}: {problem}")


def _hashtag_problem(hashtag: Hashtag) -> str | None:
    if hashtag.name is None and hashtag.url is None and hashtag.id is None:
        return 'expected a `name`, a `url` or an `id`, for example name = "christmas"'
    if hashtag.id is not None and not (hashtag.id.isascii() and hashtag.id.isdigit()):
        return f'expected `id` to be digits, for example id = "3242", found {hashtag.id!r}'
    if hashtag.url is not None and hashtag.name is None and name_of_url(hashtag.url) is None:
        return f"expected a `url` like https://www.tiktok.com/tag/christmas, found {hashtag.url[:80]!r}"
    if hashtag.spelling is not None and hashtag.key is None:
        return (
            f"not a hashtag name (empty, control characters, or over {MAX_NAME_BYTES} bytes): {hashtag.spelling[:40]!r}"
        )
    return None


def _trend_problem(trend: TrendList) -> str | None:
    if trend.source == "creative_center" and trend.country is None:
        return "expected a `country`: the creative_center list needs one"
    periods = (7, 30, 90) if trend.source == "creative_center" else (7, 30, 120)
    if trend.period_days not in periods:
        return f"expected `period_days` of {trend.source} to be one of {periods}, found {trend.period_days}"
    if trend.source == "creative_center" and trend.new_on_board:
        return "expected no `new_on_board`: the creative_center list has no such filter"
    return None


def name_of_url(url: str | None) -> str | None:
    """Return the hashtag name in a URL like https://www.tiktok.com/tag/christmas, or None."""
    try:
        parts = urlsplit(url or "")
    except ValueError:  # not a URL, like http://[x
        return None
    match = re.fullmatch(r"/tag/([^/]+)/?", parts.path)
    on_tiktok = parts.hostname is not None and (
        parts.hostname == "tiktok.com" or parts.hostname.endswith(".tiktok.com")
    )
    return unquote(match[1]) if match and on_tiktok else None


def _expectation(message: str) -> str:
    problem = message.split(" - at ", maxsplit=1)[0]
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", problem)
    if not unknown:
        return problem[:1].lower() + problem[1:]
    kind = re.search(r"\$\.(\w+)", message)
    allowed = _TYPES[kind[1]].__struct_fields__ if kind and kind[1] in _TYPES else tuple(_TYPES)
    return f"unknown key `{unknown[1]}`; expected one of {', '.join(allowed)}"


def _indexed(text: str, message: str) -> str:
    """Return a message with the index of the first wrong table, which msgspec leaves out."""
    kind = re.search(r"\$\.(\w+)\[\.\.\.\]", message)
    rows = msgspec.toml.decode(text)[kind[1]] if kind else ()
    for index, row in enumerate(rows):
        try:
            msgspec.convert(row, _TYPES[kind[1]] if kind else Watchlist)
        except msgspec.ValidationError:
            return message.replace("[...]", f"[{index}]", 1)
    return message


def _place(file: str, text: str, message: str) -> str:
    """Return `file:line` of the key in a message, as near as a scan of the text can find it."""
    path = re.search(r"\$\.(\w+)(?:\[(\d+|\.\.\.)\])?(?:\.(\w+))?", message)
    key = re.search(r"unknown field `(.*?)`", message)
    lines = text.splitlines()
    start = 0
    if path:
        headers = [i for i, line in enumerate(lines) if re.match(rf"\s*\[*\s*{path[1]}\b", line)]
        nth = int(path[2]) if path[2] and path[2].isdigit() else 0
        start = headers[min(nth, len(headers) - 1)] if headers else 0
    wanted = key[1] if key else (path[3] if path else None)
    if wanted:
        key_line = re.compile(rf"\s*\[*\s*(?:\w+\.)?\"?{re.escape(wanted)}\"?\s*[=\].]")
        start = next((i for i in range(start, len(lines)) if key_line.match(lines[i])), start)
    return f"{file}:{start + 1}"
