"""The tools of `make torture` on a small scale: they find nothing, and they would find what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from torture_dates import Dates
from torture_next_day import kill_days

pytestmark = [
    pytest.mark.kill,
    pytest.mark.skipif(not os.environ.get("TIKTAGS_TEST_TORTURE"), reason="takes minutes: set TIKTAGS_TEST_TORTURE=1"),
]


def test_a_kill_whose_next_start_is_a_day_later(tmp_path: Path) -> None:
    tally = kill_days(tmp_path, kills=1, seed=3, dates=3, apis=["unifapi"], builds_marts=False)

    assert (tally.kills, tally.faults) == (1, [])
    assert tally.whole + tally.interrupted + tally.before_the_plan == 1


def test_two_dates_under_faults(tmp_path: Path) -> None:
    lived = Dates(tmp_path, seed=3, apis=["unifapi"])
    try:
        lived.torture(2)
    finally:
        lived.close()

    assert lived.found == []
    assert lived.injected()
