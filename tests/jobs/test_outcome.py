"""The notices and messages of a run beyond its walks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tiktok_hashtags.errors import BalanceError, QuotaError, ServerError, TiktagsError
from tiktok_hashtags.extract.session import WalkResult
from tiktok_hashtags.jobs.outcome import Outcome, count, walk_exit_code

if TYPE_CHECKING:
    from tests.conftest import MakeSession


NOON = datetime(2026, 11, 1, 12)


def walked(endpoint: str, *, items: int = 1, hashtag_key: str | None = None) -> WalkResult:
    """A complete walk of the hashtag with the id 3242."""
    return WalkResult(
        walk_key=endpoint,
        provider="unifapi" if endpoint == "videos" else "tikliveapi",
        endpoint=endpoint,
        hashtag_key=hashtag_key,
        hashtag_id="3242",
        target="id 3242",
        started_at=NOON,
        finished_at=NOON,
        pages=1,
        items=items,
        new_items=items,
        stop_reason="feed_end",
        is_complete=True,
        replayed_pages=0,
        last_cursor=None,
        error=None,
    )


@pytest.mark.parametrize(
    ("walks", "told"),
    [
        ([walked("videos")], ["no_hashtag_name"]),
        ([walked("videos"), walked("hashtags")], []),
        ([walked("videos", items=0)], []),
        ([walked("videos", hashtag_key="christmas")], []),
    ],
    ids=["by an id alone", "with details by id", "no videos", "by name and id"],
)
def test_a_feed_whose_hashtag_has_no_name_is_a_notice(
    make_session: MakeSession, walks: list[WalkResult], told: list[str]
) -> None:
    session, outcome = make_session(), Outcome("r", "2026-11-01")
    session.tally.walks += walks

    count(outcome, session, [])

    assert [notice["kind"] for notice in outcome.notices] == told


def test_a_name_known_from_earlier_details_is_no_notice(make_session: MakeSession) -> None:
    session, outcome = make_session(), Outcome("r", "2026-11-01")
    session.learned.learn("christmas", "3242")
    session.tally.walks.append(walked("videos"))

    count(outcome, session, [])

    assert outcome.notices == []


@pytest.mark.parametrize(
    ("stop_reason", "error", "exit_code"),
    [
        ("max_pages", None, 4),
        ("balance", None, BalanceError.exit_code),
        ("quota", QuotaError("used up"), QuotaError.exit_code),
        ("server_error", ServerError("HTTP 500"), ServerError.exit_code),
    ],
)
def test_a_walk_that_is_not_complete_asks_for_an_exit_code(
    stop_reason: str, error: TiktagsError | None, exit_code: int
) -> None:
    ended = replace(walked("videos"), stop_reason=stop_reason, is_complete=False, error=error)

    assert walk_exit_code(ended) == exit_code > 0
    assert walk_exit_code(walked("videos")) == 0
