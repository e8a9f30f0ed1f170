from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.extract.feeds import feed, items_of, page, scripted, walked

from tiktok_hashtags.errors import BudgetError, NotFoundError, ServerError
from tiktok_hashtags.extract.paging import Fetch, Page, Rules
from tiktok_hashtags.extract.walk import walk_key

MAX_FAULTS = 12


@given(size=st.integers(0, 60), page_size=st.integers(1, 25))
def test_every_item_comes_once_in_order_for_any_page_size(size: int, page_size: int) -> None:
    steps, verdict = walked(feed(size, page_size))

    assert items_of(steps) == [str(number).encode() for number in range(size)]
    assert (verdict.stop_reason, verdict.is_complete) == ("feed_end", True)
    assert (verdict.items, verdict.new_items, verdict.pages) == (size, size, max(-(-size // page_size), 1))


@given(
    size=st.integers(0, 40),
    page_size=st.integers(1, 10),
    script=st.lists(
        st.sampled_from(["", "", "error", "empty", "partial", "no_cursor", "same_cursor"]), max_size=MAX_FAULTS
    ),
)
def test_no_fault_repeats_an_item_and_complete_means_all(size: int, page_size: int, script: list[str]) -> None:
    good, calls = feed(size, page_size), iter(script)

    def fetch(cursor: str | None, received: int) -> Page:
        start = (cursor or "0").partition("~")[0]
        got = good(start, received)
        match next(calls, ""):
            case "error":
                raise ServerError("HTTP 503")
            case "empty":
                return page([], f"{start}~{received}{cursor}", has_more=True)
            case "partial":
                return replace(got, is_partial=True)
            case "no_cursor":
                return replace(got, cursor=None, has_more=True)
            case "same_cursor":
                return replace(got, cursor=cursor, has_more=True)
        return got

    steps, verdict = walked(fetch)

    items = items_of(steps)
    everything = [str(number).encode() for number in range(size)]
    assert verdict.pages <= size + 2 * MAX_FAULTS + 1
    assert [first for _, first, _ in steps] == [
        1 + sum(len(earlier.items) for _, _, earlier in steps[:index]) for index in range(len(steps))
    ]
    if verdict.is_complete:
        assert items == everything
    elif verdict.stop_reason != "cursor_loop":
        assert items == everything[: len(items)]


@given(
    pages=st.lists(
        st.tuples(st.lists(st.sampled_from("abcdefg"), max_size=4), st.sampled_from(["1", "2", "3", "", None])),
        min_size=1,
        max_size=30,
    )
)
def test_a_feed_that_promises_more_forever_is_left(pages: list[tuple[list[str], str | None]]) -> None:
    fetch = scripted(*(page(ids, cursor, has_more=True) for ids, cursor in pages))

    steps, verdict = walked(fetch, Rules(max_pages=50))

    assert len(steps) <= 50
    assert verdict.stop_reason in {"no_cursor", "cursor_loop", "empty_pages", "repeated_items"}


def numbered(ids_of: Callable[[int], Sequence[str | None]]) -> Fetch:
    """Promise more forever, always under a new cursor."""

    def fetch(cursor: str | None, _: int) -> Page:
        number = int(cursor or 0)
        return page(ids_of(number), str(number + 1), has_more=True)

    return fetch


@pytest.mark.parametrize(
    ("fetch", "rules", "reason", "pages"),
    [
        (feed(10, 5), Rules(), "feed_end", 2),
        (feed(100, 10), Rules(max_items=25), "max_videos", 3),
        (feed(20, 10), Rules(max_items=20), "feed_end", 2),
        (feed(100, 10), Rules(known_pages=2, known_ids={str(n) for n in range(10, 100)}), "known_pages", 3),
        (scripted(page([], "1", has_more=True), page(["a"])), Rules(known_pages=1), "feed_end", 2),
        (feed(100, 10), Rules(max_pages=4), "max_pages", 4),
        (scripted(NotFoundError("no such hashtag")), Rules(), "not_found", 0),
        (scripted(page(["a"], "1", has_more=True), ServerError("HTTP 500")), Rules(), "server_error", 1),
        (scripted(BudgetError("not sent")), Rules(), "budget", 0),
        (scripted(replace(page(["a"], "1", has_more=True), is_partial=True)), Rules(), "balance", 1),
        (scripted(replace(page(["a"]), is_partial=True)), Rules(), "balance", 1),
        (scripted(page(["a"], None, has_more=True)), Rules(), "no_cursor", 1),
        (scripted(page(["a"], "", has_more=True)), Rules(), "no_cursor", 1),
        (scripted(page(["a"], "1", has_more=True), page(["b"], "1", has_more=True)), Rules(), "cursor_loop", 2),
        (numbered(lambda _: []), Rules(), "empty_pages", 2),
        (numbered(lambda _: ["a", "b"]), Rules(), "repeated_items", 2),
        (numbered(lambda _: [None, None]), Rules(), "repeated_items", 2),
        (numbered(lambda _: ["a", "b"]), Rules(may_repeat=True, max_pages=7), "max_pages", 7),
        (feed(5_000, 2), Rules(max_pages=None), "feed_end", 2_500),
    ],
)
def test_a_verdict_names_the_reason_for_the_end(fetch: Fetch, rules: Rules, reason: str, pages: int) -> None:
    steps, verdict = walked(fetch, rules)

    assert (verdict.stop_reason, verdict.pages, len(steps)) == (reason, pages, pages)
    assert verdict.is_complete == (reason in {"feed_end", "max_videos", "known_pages", "not_found"})


def test_one_empty_page_does_not_end_a_walk() -> None:
    fetch = scripted(
        page(["a"], "1", has_more=True), page([], "2", has_more=True), page(["b"], "3", has_more=True), page(["c"])
    )

    steps, verdict = walked(fetch)

    assert items_of(steps) == [b"a", b"b", b"c"]
    assert verdict.is_complete


def test_a_cycle_of_cursors_is_a_loop() -> None:
    fetch = scripted(
        page(["a"], "1", has_more=True),
        page(["b"], "2", has_more=True),
        page(["c"], "3", has_more=True),
        page(["d"], "1", has_more=True),
    )

    steps, verdict = walked(fetch)

    assert items_of(steps) == [b"a", b"b", b"c", b"d"]
    assert verdict.stop_reason == "cursor_loop"


@pytest.mark.parametrize(
    ("pages", "suspect"),
    [
        # The cursor that came before is at fault, or the one that led to where it came from.
        ([(["a"], "1"), (["b"], "2"), (["c"], "1")], [2]),
        ([(["a"], "1"), (["b"], "x"), (["a"], "1")], [1, 2]),
        ([(["a"], "1"), (["b"], None)], [1]),
        ([(["a"], "1"), ([], "2"), ([], "3")], [0, 1, 2]),
        ([(["a"], "1"), (["b"], "2"), (["a"], "3")], [1, 2]),
    ],
    ids=["loop", "cycle", "no cursor", "empty", "repeated"],
)
def test_pages_that_misled_a_walk_are_suspect(pages: list[tuple[list[str], str | None]], suspect: list[int]) -> None:
    made = [page(ids, cursor, has_more=True, key=str(number)) for number, (ids, cursor) in enumerate(pages)]

    steps, verdict = walked(scripted(*made))

    assert len(steps) == len(pages)
    assert verdict.suspect == [str(number) for number in suspect]


@pytest.mark.parametrize("rules", [Rules(), Rules(max_items=20), Rules(max_pages=3)])
def test_pages_that_led_on_are_not_suspect(rules: Rules) -> None:
    _, verdict = walked(feed(50, 10), rules)

    assert verdict.suspect == []


def test_a_new_id_between_known_ones_restarts_the_count_of_known_pages() -> None:
    known = {str(number) for number in range(100)} - {"15"}

    _, verdict = walked(feed(100, 10), Rules(known_pages=2, known_ids=known))

    assert (verdict.pages, verdict.new_items, verdict.stop_reason) == (4, 1, "known_pages")


def test_an_id_within_the_walk_is_new_once() -> None:
    changed = replace(page(["a", "b", "a", None], "1", has_more=True), items=[b"a", b"b", b"a now", b"null"])
    fetch = scripted(changed, page(["b", "c", None]))

    _, verdict = walked(fetch)

    assert (verdict.items, verdict.new_items) == (7, 3)


def test_a_page_that_the_balance_cut_short_does_not_move_the_cursor() -> None:
    cut = replace(page(["b"], "2", has_more=True), is_partial=True)

    steps, verdict = walked(scripted(page(["a"], "1", has_more=True), cut))

    assert items_of(steps) == [b"a", b"b"]
    assert (verdict.last_cursor, verdict.stop_reason) == ("1", "balance")


def test_the_page_function_receives_the_number_of_earlier_items() -> None:
    received_counts: list[tuple[str | None, int]] = []
    good = feed(10, 4)

    def fetch(cursor: str | None, received: int) -> Page:
        received_counts.append((cursor, received))
        return good(cursor, received)

    walked(fetch)

    assert received_counts == [(None, 0), ("4", 4), ("8", 8)]


def test_replayed_pages_are_counted() -> None:
    replayed = replace(page(["b"]), is_replayed=True)

    _, verdict = walked(scripted(page(["a"], "1", has_more=True), replayed))

    assert (verdict.pages, verdict.replayed_pages) == (2, 1)


def test_the_error_that_ended_a_walk_is_in_its_verdict() -> None:
    error = ServerError("unifapi videos of #cat: HTTP 503")

    steps, verdict = walked(scripted(page(["a"], "1", has_more=True), error))

    assert items_of(steps) == [b"a"]
    assert verdict.error is error
    assert verdict.last_cursor == "1"


def test_the_same_target_on_the_same_date_is_the_same_walk() -> None:
    def key(target: str = "cat", on: date | None = date(2026, 11, 1)) -> str:
        return walk_key(provider="unifapi", endpoint="videos", target=target, snapshot_date=on)

    keys = [key(), key("dog"), key(on=date(2026, 11, 2)), key(on=None)]

    assert key() == key()
    assert len(set(keys)) == 4
