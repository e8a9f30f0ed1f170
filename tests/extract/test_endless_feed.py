"""A feed without end: left at its limits, in memory that does not grow with it."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tiktok_hashtags.extract.walk import SourceRun, Targets
from tiktok_hashtags.providers.unifapi import unifapi, walks_for
from tiktok_hashtags.watchlist.model import Hashtag

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSession

    from tiktok_hashtags.extract.settings import Settings

# `make torture` pages further.
PAGES = int(os.environ.get("ENDLESS_PAGES", "800"))
PAGE_SIZE = 50
GROWTH_MB = 8


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


class Endless:
    """Answers every request with a full page of new ids under a new cursor; notes the memory in use on the way."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.memory: dict[int, float] = {}

    def __call__(self, _: httpx.Request) -> httpx.Response:
        number = next(self.numbers)
        if number in (PAGES // 4, PAGES):
            self.memory[number] = resident_mb()
        ids = range(number * PAGE_SIZE, (number + 1) * PAGE_SIZE)
        body: dict[str, Any] = {
            "data": [{"id": str(video_id), "view_count": 1, "hashtags": ["a", "b"]} for video_id in ids],
            "pagination": {"has_more": True, "next_cursor": f"cursor-{number}"},
            "billing": {"credits_charged": PAGE_SIZE},
        }
        return httpx.Response(200, json=body)


def test_an_endless_feed_is_left_at_max_pages_in_flat_memory(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    feed = Endless()
    session = make_session(transport=httpx.MockTransport(feed))
    settings = make_settings("unifapi", max_pages=PAGES, requests_per_minute=100_000_000)
    walks = walks_for(Targets(videos=[Hashtag(id="1", max_videos=10**9)]), settings, session)

    for _ in unifapi(run=SourceRun(settings, session, walks)):
        pass

    [walk] = session.tally.walks
    assert (walk.stop_reason, walk.pages, walk.is_complete) == ("max_pages", PAGES, False)
    assert walk.items == walk.new_items == session.tally.rows["unifapi"] == PAGES * PAGE_SIZE
    assert feed.memory[PAGES] - feed.memory[PAGES // 4] < GROWTH_MB


def test_an_endless_feed_is_left_at_max_videos_and_counts_as_complete(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    session = make_session(transport=httpx.MockTransport(Endless()))
    settings = make_settings("unifapi")
    walks = walks_for(Targets(videos=[Hashtag(id="1")]), settings, session)

    for _ in unifapi(run=SourceRun(settings, session, walks)):
        pass

    [walk] = session.tally.walks
    assert (walk.stop_reason, walk.pages, walk.items) == ("max_videos", 10, 500)
