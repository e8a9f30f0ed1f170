"""Pages without a new item, and pages that hold an item twice: requested again once, then the walk ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.extract.feeds import items_of, page, walked

from tiktok_hashtags.errors import BudgetError, NotFoundError, RequestError, ServerError
from tiktok_hashtags.extract.paging import Page, Rules, Verdict, walk

FIRST = page(["a", "b"], "1", has_more=True, key="first")
REPEAT = page(["a", "b"], "2", has_more=True, key="second")
NEXT = page(["c", "d"], "2", has_more=True, key="second")
LAST = page(["e"], key="third")


class Server:
    """Answers each cursor with its pages in turn, and then always with the last of them."""

    def __init__(self, answers: dict[str | None, Sequence[Page | RequestError]]) -> None:
        self._answers = {cursor: list(pages) for cursor, pages in answers.items()}
        self.asked: list[str | None] = []

    def __call__(self, cursor: str | None, _: int) -> Page:
        self.asked.append(cursor)
        answers = self._answers[cursor]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, RequestError):
            raise answer
        return answer


def ended(server: Server, rules: Rules | None = None) -> tuple[list[bytes], Verdict]:
    steps, verdict = walked(server, rules)
    return items_of(steps), verdict


def test_a_cursor_that_leads_back_to_the_first_page_ends_the_walk_after_a_second_answer() -> None:
    server = Server({None: [FIRST], "1": [REPEAT], "2": [page(["c"])]})

    items, verdict = ended(server)

    assert server.asked == [None, "1", "1"]
    assert (verdict.stop_reason, verdict.is_complete) == ("repeated_items", False)
    assert items == [b"a", b"b", b"a", b"b"]
    assert (verdict.pages, verdict.items, verdict.new_items) == (2, 4, 2)
    assert verdict.suspect == ["first", "second"]


def test_a_repeated_page_that_is_right_when_requested_again_leaves_no_trace() -> None:
    server = Server({None: [FIRST], "1": [REPEAT, NEXT], "2": [LAST]})

    items, verdict = ended(server)

    assert server.asked == [None, "1", "1", "2"]
    assert items == [b"a", b"b", b"c", b"d", b"e"]
    assert (verdict.stop_reason, verdict.suspect) == ("feed_end", [])


DOUBLED = replace(FIRST, ids=["a", "b", "a", "b"], items=[b"a", b"b", b"a", b"b"])
CHANGED = replace(FIRST, ids=["a", "b", "a", "b"], items=[b"a", b"b", b"a now", b"b now"])
ONE_TWICE = replace(FIRST, ids=["a", "b", "a"], items=[b"a", b"b", b"a"])


@pytest.mark.parametrize("doubled", [DOUBLED, CHANGED, ONE_TWICE], ids=["halves", "changed halves", "one item"])
def test_a_page_that_holds_an_item_twice_is_requested_again(doubled: Page) -> None:
    passing = Server({None: [doubled, FIRST], "1": [NEXT], "2": [LAST]})
    lasting = Server({None: [doubled], "1": [NEXT], "2": [LAST]})

    assert ended(passing)[0] == [b"a", b"b", b"c", b"d", b"e"]
    items, verdict = ended(lasting)

    assert (passing.asked, lasting.asked) == ([None, None, "1", "2"], [None, None])
    assert (verdict.stop_reason, verdict.suspect, items) == ("repeated_items", ["first"], doubled.items)


@pytest.mark.parametrize(
    ("answers", "asked", "reason"),
    [
        ({None: [FIRST], "1": [page(["a", "b"])]}, [None, "1", "1"], "repeated_items"),
        ({None: [FIRST], "1": [NEXT], "2": [replace(FIRST, cursor="9")]}, [None, "1", "2", "2"], "repeated_items"),
        ({None: [FIRST], "1": [NEXT], "2": [FIRST]}, [None, "1", "2", "2"], "cursor_loop"),
        ({None: [FIRST], "1": [page(["b", "a"], "2", has_more=True)]}, [None, "1", "1"], "repeated_items"),
        ({None: [FIRST], "1": [page(["b"], "2", has_more=True)]}, [None, "1", "1"], "repeated_items"),
        ({None: [FIRST], "1": [page(["b", None], "2", has_more=True)]}, [None, "1", "1"], "repeated_items"),
    ],
    ids=["last page", "A-B-A", "A-B-A under its own cursor", "another order", "a part", "beside an item without id"],
)
def test_every_page_with_nothing_new_is_a_repeat(
    answers: dict[str | None, list[Page]], asked: list[str | None], reason: str
) -> None:
    server = Server(dict(answers))

    _, verdict = ended(server)

    assert (server.asked, verdict.stop_reason, verdict.is_complete) == (asked, reason, False)


@pytest.mark.parametrize("rules", [Rules(max_items=4), Rules(known_pages=1), Rules(max_pages=2)])
def test_no_rule_turns_a_repeat_into_a_complete_walk(rules: Rules) -> None:
    server = Server({None: [FIRST], "1": [REPEAT]})

    _, verdict = ended(server, rules)

    assert (verdict.stop_reason, server.asked) == ("repeated_items", [None, "1", "1"])


@given(size=st.integers(1, 60), page_size=st.integers(2, 20), moved=st.integers(0, 19))
def test_a_feed_that_moved_between_two_pages_is_read_to_its_end(size: int, page_size: int, moved: int) -> None:
    """The feed moves by some places before each page but the first, so that pages begin with items seen before."""
    asked: list[str | None] = []

    def fetch(cursor: str | None, _: int) -> Page:
        asked.append(cursor)
        offset = int(cursor or 0)
        start = max(offset - moved % page_size * (len(asked) - 1), 0)
        ids = [str(number) for number in range(start, min(start + page_size, size))]
        return page(ids, str(offset + page_size), has_more=start + page_size < size, key=str(offset))

    steps, verdict = walked(fetch)

    assert set(items_of(steps)) == {str(number).encode() for number in range(size)}
    assert (verdict.stop_reason, len(asked)) == ("feed_end", len(set(asked)))


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (replace(page(["a"]), items=[b"a now"]), "feed_end"),
        (page(["a"]), "repeated_items"),
        (replace(page(["a", "b"]), items=[b"a now", b"b now"]), "repeated_items"),
        (replace(page(["a"], "2", has_more=True), items=[b"a now"]), "repeated_items"),
    ],
    ids=["later counts", "the same words", "a whole page", "more is promised"],
)
def test_a_short_rest_that_shows_videos_again_with_later_counts_is_the_feed_s_end(rest: Page, reason: str) -> None:
    server = Server({None: [FIRST], "1": [rest]})

    assert ended(server)[1].stop_reason == reason


@pytest.mark.parametrize("known", [replace(REPEAT, is_replayed=True), replace(REPEAT, is_second_answer=True)])
def test_a_page_is_not_paid_for_a_third_time(known: Page) -> None:
    server = Server({None: [FIRST], "1": [known]})

    _, verdict = ended(server)

    assert server.asked == [None, "1"]
    assert verdict.stop_reason == "repeated_items"


def test_a_page_that_the_balance_cut_short_is_not_requested_again() -> None:
    server = Server({None: [FIRST], "1": [replace(REPEAT, is_partial=True)]})

    _, verdict = ended(server)

    assert (server.asked, verdict.stop_reason) == ([None, "1"], "balance")


def test_a_dataset_may_repeat_its_items() -> None:
    server = Server({None: [DOUBLED], "1": [REPEAT], "2": [page(["a"])]})

    items, verdict = ended(server, Rules(may_repeat=True))

    assert (len(items), verdict.stop_reason, server.asked) == (7, "feed_end", [None, "1", "2"])


@pytest.mark.parametrize("error", [BudgetError("not sent"), ServerError("HTTP 503"), NotFoundError("HTTP 404")])
def test_a_repeat_that_cannot_be_requested_again_is_kept_with_the_error(error: RequestError) -> None:
    server = Server({None: [FIRST], "1": [REPEAT, error]})

    items, verdict = ended(server)

    assert items == [b"a", b"b", b"a", b"b"]
    assert (verdict.stop_reason, verdict.is_complete, verdict.error) == ("repeated_items", False, error)


def test_a_repeat_is_marked_before_it_is_requested_again() -> None:
    server, marked = Server({None: [FIRST], "1": [REPEAT, NEXT], "2": [LAST]}), list[tuple[str, int]]()

    list(walk(server, Rules(), lambda keys: marked.extend((key, len(server.asked)) for key in keys)))

    assert marked == [("second", 2)]
