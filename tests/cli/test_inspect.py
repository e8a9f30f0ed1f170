from __future__ import annotations

from typing import Any

from tests.cli.screen import text_of

from tiktok_hashtags.cli.inspect import status_view


def test_a_status_without_runs_is_reported() -> None:
    found: dict[str, Any] = {"runs": [], "incomplete_walks": [], "tables": {}}

    assert "no runs yet" in text_of(status_view(found))


def test_a_status_lists_what_is_incomplete() -> None:
    walk = {"provider": "unifapi", "endpoint": "videos", "target": "#cat", "stop_reason": "network"}
    found = {
        "runs": [{"run_id": "r", "walks": 2}],
        "incomplete_walks": [walk],
        "interrupted_walks": [{"snapshot_date": "2026-11-01", "target": "#dog"}],
        "tables": {"marts.dim_hashtag": 3},
        "unfinished_runs": ["2026-11-02: interrupted"],
    }

    text = text_of(status_view(found))

    assert "Incomplete in the last run" in text
    assert "2026-11-02: interrupted" in text
    assert "#dog" in text
    assert "#cat" in text
    assert "marts.dim_hashtag" in text
