from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tiktok_hashtags.extract.paging import Rules
from tiktok_hashtags.extract.session import Known
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import feed_rules, hashtags_of, is_missing
from tiktok_hashtags.watchlist.model import Hashtag

if TYPE_CHECKING:
    from tests.conftest import MakeSession

TODAY = date(2026, 11, 1)
CAT = Hashtag(name="Cat", max_videos=100)


def test_digits_are_an_id_and_other_text_is_a_name() -> None:
    entry = Hashtag(name="dog", max_videos=5)

    assert hashtags_of(["3242", "#cat", "２０２６", entry]) == [
        Hashtag(id="3242"),
        Hashtag(name="#cat"),
        Hashtag(name="２０２６"),
        entry,
    ]


def test_a_feed_is_walked_to_the_watchlists_limit_and_known_ids_end_nothing_by_default(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    known = Known(video_ids={("unifapi", "cat"): {"1"}}, full_walk_dates={("unifapi", "cat"): TODAY})

    rules = feed_rules(CAT, make_settings("unifapi", max_pages=9), make_session(known=known))

    assert rules == Rules(max_items=100, max_pages=9, known_pages=None, known_ids={"1"})


@pytest.mark.parametrize(
    ("last_full_walk", "known_pages"),
    [(None, None), (TODAY, 2), (TODAY - timedelta(days=6), 2), (TODAY - timedelta(days=7), None)],
)
def test_known_pages_end_a_walk_only_between_full_walks(
    make_session: MakeSession,
    make_settings: Callable[..., Settings],
    last_full_walk: date | None,
    known_pages: int | None,
) -> None:
    dates = {("unifapi", "cat"): last_full_walk} if last_full_walk else {}
    session = make_session(known=Known(full_walk_dates=dates))

    rules = feed_rules(CAT, make_settings("unifapi", stop_after_known_pages=2), session)

    assert rules.known_pages == known_pages


def test_what_is_known_of_another_provider_or_hashtag_does_not_count(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    known = Known(video_ids={("tikliveapi", "cat"): {"1"}, ("unifapi", "dog"): {"2"}, ("unifapi", "3242"): {"3"}})
    session, settings = make_session(known=known), make_settings("unifapi")

    assert feed_rules(CAT, settings, session).known_ids == frozenset()
    assert feed_rules(Hashtag(id="3242"), settings, session).known_ids == {"3"}


@pytest.mark.parametrize(("days", "missing"), [(0, True), (6, True), (7, False)])
def test_a_hashtag_that_was_not_found_is_left_alone_for_seven_days(
    make_session: MakeSession, days: int, missing: bool
) -> None:
    said = TODAY - timedelta(days=days)
    session = make_session(known=Known(not_found={("unifapi", "cat"): said, ("unifapi", "77"): said}))

    assert is_missing("unifapi", CAT, session) is missing
    assert is_missing("unifapi", Hashtag(id="77"), session) is missing
    assert not is_missing("crawlora", CAT, session)
    assert not is_missing("unifapi", Hashtag(name="dog"), session)
