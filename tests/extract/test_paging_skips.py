from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.extract.feeds import feed, items_of, walked

from tiktok_hashtags.errors import (
    AuthError,
    BodyError,
    BudgetError,
    CaptchaError,
    EnvelopeError,
    NetworkError,
    PageClampedError,
    RequestError,
    ServerError,
    StatusError,
    UnreachableError,
)
from tiktok_hashtags.extract.paging import Fetch, Page, Rules


def offsets(page_size: int) -> Callable[[str | None, int], tuple[str, int]]:
    """Where the page after the one at an offset begins."""

    def skip_to(cursor: str | None, _: int) -> tuple[str, int]:
        return str(int(cursor or 0) + page_size), page_size

    return skip_to


def broken(fetch: Fetch, errors: Mapping[int, RequestError]) -> Fetch:
    """A feed whose pages at some offsets cannot be had."""

    def broken_fetch(cursor: str | None, received: int) -> Page:
        if error := errors.get(int(cursor or 0)):
            raise error
        return fetch(cursor, received)

    return broken_fetch


@given(size=st.integers(1, 60), page_size=st.integers(1, 12), data=st.data())
def test_a_page_that_stays_broken_costs_only_its_own_items(size: int, page_size: int, data: st.DataObject) -> None:
    starts = list(range(0, size, page_size))
    drawn = sorted(data.draw(st.sets(st.sampled_from(starts))))
    lost = [start for start in drawn if start - page_size not in drawn and start + page_size not in drawn]
    fetch = broken(feed(size, page_size), {start: ServerError("HTTP 500") for start in lost})

    steps, verdict = walked(fetch, Rules(skip_to=offsets(page_size)))

    kept = [number for start in starts if start not in lost for number in range(start, min(start + page_size, size))]
    assert items_of(steps) == [str(number).encode() for number in kept]
    assert [first + offset - 1 for _, first, got in steps for offset in range(len(got.items))] == kept
    assert verdict.stop_reason == ("server_error" if lost else "feed_end")
    assert verdict.is_complete == (not lost)


@pytest.mark.parametrize(
    ("error", "pages"),
    [
        (ServerError("HTTP 500"), 3),
        (NetworkError("reset"), 3),
        (BodyError("HTML"), 3),
        (EnvelopeError("code 1"), 3),
        (CaptchaError("a captcha"), 1),
        (PageClampedError("page 1 again"), 1),
        (UnreachableError("refused"), 1),
        (StatusError("HTTP 400"), 1),
        (AuthError("HTTP 401"), 1),
        (BudgetError("not sent"), 1),
    ],
)
def test_only_a_fault_of_a_single_page_is_skipped(error: RequestError, pages: int) -> None:
    steps, verdict = walked(broken(feed(40, 10), {10: error}), Rules(skip_to=offsets(10)))

    assert (len(steps), verdict.stop_reason, verdict.error) == (pages, error.reason, error)


def test_the_second_broken_page_in_a_row_ends_the_walk() -> None:
    faults = {start: ServerError(f"HTTP 500 at {start}") for start in (10, 20)}

    steps, verdict = walked(broken(feed(60, 10), faults), Rules(skip_to=offsets(10)))

    assert (len(steps), str(verdict.error)) == (1, "HTTP 500 at 20")


def test_a_failing_envelope_on_the_first_page_is_not_paid_for_twice() -> None:
    asked: list[str | None] = []

    def fetch(cursor: str | None, _: int) -> Page:
        asked.append(cursor)
        raise EnvelopeError("code 1")

    walked(fetch, Rules(skip_to=offsets(10)))

    assert asked == [None]


def test_page_numbers_and_limits_count_the_page_that_is_missing() -> None:
    fetch = broken(feed(100, 10), {10: ServerError("HTTP 500")})

    steps, verdict = walked(fetch, Rules(max_items=40, skip_to=offsets(10)))

    assert [(number, first) for number, first, _ in steps] == [(1, 1), (3, 21), (4, 31)]
    assert (verdict.items, verdict.stop_reason) == (30, "server_error")
