from __future__ import annotations

from pathlib import Path

from tests.cli.screen import text_of

from tiktok_hashtags.cli.demo import demo_view
from tiktok_hashtags.jobs.demo import Demo


def test_a_demo_shows_rows_cost_and_growth() -> None:
    demo = Demo(
        Path("demo"),
        days=14,
        tables={"marts.dim_video": 1234},
        cost=[("crawlora", 10, 80, 0.0232), ("tikliveapi", 5, 5, None)],
        growth=[("giftideas", 100, 160, 0.6)],
    )

    text = text_of(demo_view(demo))

    assert "1,234" in text
    assert "$0.0232" in text
    assert "#giftideas" in text
    assert "+60.0%" in text
    assert "Fastest-growing in 14 days" in text
