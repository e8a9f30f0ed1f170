"""Feeds to page through, and the pages and verdict of a walk through one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tiktok_hashtags.errors import RequestError
from tiktok_hashtags.extract.paging import Fetch, Page, Rules, Verdict, walk


def page(ids: Sequence[str | None], cursor: str | None = None, *, has_more: bool = False, key: str = "key") -> Page:
    items = [str(item_id).encode() for item_id in ids]
    return Page(items, ids, cursor, has_more, request_key=key, observed_at=datetime(2026, 11, 1))


def scripted(*steps: Page | RequestError) -> Fetch:
    """Answer with the steps in turn, and then always with the last one."""
    remaining = list(steps)

    def fetch(_: str | None, __: int) -> Page:
        step = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        if isinstance(step, RequestError):
            raise step
        return step

    return fetch


def feed(size: int, page_size: int) -> Fetch:
    """Page through the ids 0, 1, ... with the offset as cursor."""

    def fetch(cursor: str | None, _: int) -> Page:
        start = int(cursor or 0)
        ids = [str(number) for number in range(start, min(start + page_size, size))]
        end = start + len(ids)
        return page(ids, str(end) if end < size else None, has_more=end < size, key=str(start))

    return fetch


def walked(fetch: Fetch, rules: Rules | None = None) -> tuple[list[tuple[int, int, Page]], Verdict]:
    steps: list[tuple[int, int, Page]] = []
    pages = walk(fetch, rules or Rules())
    while True:
        try:
            steps.append(next(pages))
        except StopIteration as end:
            return steps, end.value


def items_of(steps: list[tuple[int, int, Page]]) -> list[bytes]:
    return [item for _, _, got in steps for item in got.items]
