"""The one loop that pages through every cursor, with every reason for which it can stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Generator, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import numpy as np

from tiktok_hashtags.errors import (
    BodyError,
    CaptchaError,
    EnvelopeError,
    InterruptedWalkError,
    NetworkError,
    NotJournaledError,
    PageClampedError,
    RequestError,
    ServerError,
    UnreachableError,
)

COMPLETE_REASONS = frozenset({"feed_end", "max_videos", "known_pages", "not_found"})
DEFAULT_MAX_PAGES = 1000
MAX_EMPTY_PAGES = 1
MAX_NAMELESS_PAGES = 1
MISLED_REASONS = frozenset({"cursor_loop", "no_cursor", "empty_pages", "repeated_items"})
_RECENT_IDS = 8192
_OF_ONE_PAGE = (NetworkError, ServerError, BodyError, NotJournaledError, InterruptedWalkError)
_OF_MORE_PAGES = (UnreachableError, CaptchaError, PageClampedError)
_Id = TypeVar("_Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a feed.

    Args:
        items: The raw bytes of each item.
        ids: The id of each item; None if it has none.
        cursor: The start of the next page; None if the answer names none.
        has_more: Whether the answer promises a next page.
        is_partial: The balance cut the page short: its rows count, its cursor does not.
        is_second_answer: An earlier answer to the same request misled its walk.
    """

    items: Sequence[bytes]
    ids: Sequence[str | None]
    cursor: str | None
    has_more: bool
    request_key: str
    observed_at: datetime
    is_partial: bool = False
    is_replayed: bool = False
    is_second_answer: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """When a walk may end before its feed does.

    Args:
        max_items: Stop after the page that reaches this many items; None for no limit.
        max_pages: A safety stop; a walk that it ends is incomplete. None for no limit.
        may_repeat: Whether pages without a new item, and pages that hold an item twice, are as they should be.
        known_pages: Stop after this many pages in a row without a new id; None for no limit.
        known_ids: The ids that count as known.
        skip_to: Takes a cursor and the size of the page before it (0 for none); returns the start of the page after the
            one at the cursor, and the number of skipped items. None if only a page itself names its successor.
    """

    max_items: int | None = None
    max_pages: int | None = DEFAULT_MAX_PAGES
    may_repeat: bool = False
    known_pages: int | None = None
    known_ids: Container[str] = frozenset()
    skip_to: Callable[[str | None, int], tuple[str, int] | None] | None = None


@dataclass(slots=True)
class Verdict:
    """The result of a walk; `suspect` holds the request keys of pages that misled it and should be requested again."""

    pages: int = 0
    items: int = 0
    new_items: int = 0
    replayed_pages: int = 0
    stop_reason: str = ""
    last_cursor: str | None = None
    error: RequestError | None = None
    suspect: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the walk got everything that its rules demand."""
        return self.stop_reason in COMPLETE_REASONS


Fetch = Callable[[str | None, int], Page]
MarkSuspect = Callable[[Sequence[str]], None]


def walk(
    fetch: Fetch, rules: Rules, mark_suspect: MarkSuspect = lambda _: None
) -> Generator[tuple[int, int, Page], None, Verdict]:
    """Yield (page number, position of its first item, page) until a rule, the feed or an error ends the walk.

    Args:
        fetch: Gets the page at a cursor, given the number of items received before it.
        rules: When to stop early.
        mark_suspect: Has `fetch` request a page again that the journal has.

    Complete stop reasons: `feed_end` (no more is promised), `max_videos`, `known_pages`, `not_found`.
    Incomplete: `max_pages`; `cursor_loop` (a cursor came again); `no_cursor` (more is promised, but no cursor to it);
    `empty_pages` (more is promised, but two pages in a row are empty); `repeated_items` (a page without a new item, or
    one that holds an item twice, also when it was requested again); `balance` (the page was cut short); or the `reason`
    of the error that ended it.

    A failing request ends only this walk: it is in the verdict, not raised. If the rules can skip a page, a page that
    stays broken is skipped, unless it is the second in a row; the walk is still incomplete.
    """
    verdict = Verdict()
    state = _State(rules)
    cursor: str | None = None
    while not verdict.stop_reason:
        try:
            page = fetch(cursor, state.received)
        except RequestError as error:
            cursor = state.skipped(cursor, error, verdict)
            continue
        if state.is_repeat(page) and not (page.is_replayed or page.is_second_answer):
            mark_suspect([page.request_key])
            page = _second_answer(page, partial(fetch, cursor, state.received), verdict)
        verdict.pages += 1
        verdict.replayed_pages += page.is_replayed
        yield verdict.pages + state.gaps, state.received + 1, page
        verdict.items += len(page.items)
        verdict.new_items += state.count_new(page)
        verdict.last_cursor = cursor = cursor if page.is_partial else page.cursor
        verdict.stop_reason = state.stop_reason(page, verdict)
    if verdict.stop_reason in MISLED_REASONS:
        verdict.suspect = state.trail
    if verdict.error and verdict.is_complete:
        verdict.stop_reason = verdict.error.reason
    return verdict


def _second_answer(page: Page, fetch: Callable[[], Page], verdict: Verdict) -> Page:
    """Request a page again; if that fails, keep the page, which was paid for."""
    try:
        return fetch()
    except RequestError as error:
        verdict.error = error
        return page


def _is_doubled(page: Page) -> bool:
    """Return whether a page holds an item twice in the same words, or each of several items twice.

    One video with two counts is normal: a feed changes while the provider reads it.
    """
    times = Counter(item_id for item_id in page.ids if item_id is not None)
    if times.total() == len(times):
        return False
    named = [(item_id, bytes(item)) for item_id, item in zip(page.ids, page.items, strict=True) if item_id is not None]
    return len(set(named)) < len(named) or (len(times) > 1 and min(times.values()) > 1)


class IdSet:
    """Ids as 64-bit hashes: 8 bytes each, except the latest few thousand.

    Hashes are valid in this process only; among a billion ids, two share a hash with a chance of 1 in 37.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._recent: set[int] = set()
        self._sorted = np.sort(np.fromiter((hash(item_id) for item_id in ids), dtype=np.int64))

    def __contains__(self, item_id: object) -> bool:
        """Return whether an id is in the set."""
        number = hash(item_id)
        at = int(np.searchsorted(self._sorted, number))
        return number in self._recent or (at < len(self._sorted) and int(self._sorted[at]) == number)

    def unseen(self, ids: Iterable[_Id | None]) -> list[_Id]:
        """Return the ids that are not in the set yet, each once, and add them."""
        found = {hash(item_id): item_id for item_id in ids if item_id is not None}
        fresh = [number for number in found if number not in self._recent]
        if fresh and len(self._sorted):
            numbers = np.array(fresh, dtype=np.int64)
            at = np.searchsorted(self._sorted, numbers)
            is_old = self._sorted[np.minimum(at, len(self._sorted) - 1)] == numbers
            fresh = numbers[~is_old].tolist()
        self._recent.update(fresh)
        if len(self._recent) > _RECENT_IDS:
            self._merge()
        return [found[number] for number in fresh]

    def _merge(self) -> None:
        recent = np.fromiter(self._recent, dtype=np.int64, count=len(self._recent))
        self._sorted = np.sort(np.concatenate([self._sorted, recent]), kind="stable")
        self._recent.clear()


@dataclass(slots=True)
class _State:
    rules: Rules
    seen_ids: IdSet = field(default_factory=IdSet)
    seen_items: IdSet = field(default_factory=IdSet)
    seen_cursors: IdSet = field(default_factory=IdSet)
    received: int = 0
    gaps: int = 0
    page_size: int = 0
    is_after_gap: bool = False
    pages_without_new: int = 0
    pages_without_unseen: int = 0
    empty_pages: int = 0
    is_misled: bool = False
    trail: list[str] = field(default_factory=list)

    def skipped(self, cursor: str | None, error: RequestError, verdict: Verdict) -> str | None:
        """Record an error; return the start of the page after it, or end the walk."""
        verdict.error = error
        place = self._skip_to(cursor, error)
        if place is None:
            verdict.stop_reason = error.reason
            return cursor
        self.is_after_gap = True
        self.gaps += 1
        self.received += place[1]
        return place[0]

    def _skip_to(self, cursor: str | None, error: RequestError) -> tuple[str, int] | None:
        # A failing envelope on the first page is likely the whole list's fault, and each try is charged.
        kinds = (*_OF_ONE_PAGE, EnvelopeError) if self.page_size else _OF_ONE_PAGE
        is_of_one_page = isinstance(error, kinds) and not isinstance(error, _OF_MORE_PAGES)
        if self.rules.skip_to is None or self.is_after_gap or not is_of_one_page:
            return None
        return self.rules.skip_to(cursor, self.page_size)

    def is_repeat(self, page: Page) -> bool:
        """Whether a page has nothing new although its items have ids, or holds an item twice."""
        if self.rules.may_repeat or page.is_partial:
            return False
        named = [item_id for item_id in page.ids if item_id is not None]
        is_known = all(item_id in self.seen_ids for item_id in named) and not self._is_rest(page)
        return bool(named) and (is_known or _is_doubled(page))

    def _is_rest(self, page: Page) -> bool:
        """Whether a page is the short rest of a feed that shows some videos again, with later counts."""
        is_short = not page.has_more and len(page.items) < self.page_size
        return is_short and any(bytes(item) not in self.seen_items for item in page.items)

    def count_new(self, page: Page) -> int:
        """Count the ids that are in no earlier load and on no earlier page."""
        self.is_misled = self.is_repeat(page)
        if not self.rules.may_repeat:
            self.seen_items.unseen(bytes(item) for item in page.items)
        unseen = self.seen_ids.unseen(page.ids)
        new = sum(1 for item_id in unseen if item_id not in self.rules.known_ids)
        self.received += len(page.items)
        self.page_size, self.is_after_gap = len(page.items), False
        self.pages_without_unseen = 0 if unseen or not page.items else self.pages_without_unseen + 1
        self.pages_without_new = 0 if new or not page.items else self.pages_without_new + 1
        self.empty_pages = self.empty_pages + 1 if not page.items else 0
        self.trail = [page.request_key] if unseen else [*self.trail, page.request_key]
        return new

    def stop_reason(self, page: Page, verdict: Verdict) -> str:
        """Return the reason to end the walk after this page, or "" to go on."""
        rules = self.rules
        if page.is_partial:
            return "balance"
        if not page.has_more:
            return "repeated_items" if self.is_misled else "feed_end"
        if self.is_misled:
            return self._fault(page, verdict)
        if rules.max_items is not None and self.received >= rules.max_items:
            return "max_videos"
        if rules.known_pages is not None and self.pages_without_new >= rules.known_pages:
            return "known_pages"
        return self._fault(page, verdict)

    def _fault(self, page: Page, verdict: Verdict) -> str:
        if page.cursor is None or page.cursor == "":
            return "no_cursor"
        if not self.seen_cursors.unseen([page.cursor]):
            return "cursor_loop"
        if self.empty_pages > MAX_EMPTY_PAGES:
            return "empty_pages"
        rules = self.rules
        if self.is_misled or (not rules.may_repeat and self.pages_without_unseen > MAX_NAMELESS_PAGES):
            return "repeated_items"
        return "max_pages" if rules.max_pages is not None and verdict.pages + self.gaps >= rules.max_pages else ""
