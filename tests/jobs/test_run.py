"""Exit codes of a run; what runs do is shown end to end."""

from __future__ import annotations

from itertools import combinations

import pytest

from tiktok_hashtags.errors import worst_exit_code
from tiktok_hashtags.jobs.outcome import Outcome

ORDER = (1, 7, 2, 6, 5, 4, 3, 0)


@pytest.mark.parametrize(("worse", "better"), list(combinations(ORDER, 2)))
def test_where_several_exit_codes_hold_the_first_of_the_order_counts(worse: int, better: int) -> None:
    assert worst_exit_code([better, worse]) == worst_exit_code([worse, better, better]) == worse


def test_a_run_without_any_verdict_is_complete() -> None:
    assert worst_exit_code([]) == 0


def test_the_json_of_a_run_has_the_documented_keys() -> None:
    assert {"run_id", "snapshot_date", "exit_code", "providers", "walks"} <= set(Outcome("r", "2026-11-01").as_json())
