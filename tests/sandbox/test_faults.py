from __future__ import annotations

import pytest

from tiktok_hashtags.sandbox import Fault
from tiktok_hashtags.sandbox.faults import FaultScript


def hits(fault: Fault, count: int) -> list[int]:
    return [number for number in range(1, count + 1) if fault.hits(number)]


def test_hits_the_first_matching_request_once_by_default() -> None:
    assert hits(Fault("unifapi", "503"), 5) == [1]


def test_hits_so_many_in_a_row_from_the_nth_on() -> None:
    assert hits(Fault("unifapi", "503", nth=2, times=3), 9) == [2, 3, 4]


def test_without_times_hits_all_that_follow() -> None:
    assert hits(Fault("unifapi", "503", nth=3, times=None), 5) == [3, 4, 5]


def test_several_nths_are_hit_one_by_one() -> None:
    assert hits(Fault("unifapi", "503", nth=(1, 4)), 5) == [1, 4]


@pytest.mark.parametrize(("kind", "status"), [("503", 503), ("status_500", 500), ("401", 401), ("nul", None)])
def test_a_status_can_be_written_in_two_ways(kind: str, status: int | None) -> None:
    assert Fault("unifapi", kind).status == status


@pytest.mark.parametrize(
    ("provider", "kind", "retry_after"),
    [("tiktok", "503", None), ("unifapi", "explode", None), ("unifapi", "999", None), ("unifapi", "429", "soon")],
)
def test_what_does_not_exist_is_refused(provider: str, kind: str, retry_after: str | None) -> None:
    with pytest.raises(ValueError, match=r"no provider|no fault|retry_after is"):
        Fault(provider, kind, retry_after=retry_after)


def test_counts_only_requests_that_match() -> None:
    script = FaultScript()
    fault = Fault("unifapi", "503", match="cursor=", nth=2)
    script.add(fault)

    struck = [
        script.next_for(provider, path)
        for provider, path in [
            ("unifapi", "/videos?limit=50"),
            ("unifapi", "/videos?cursor=a"),
            ("crawlora", "/videos?cursor=a"),
            ("unifapi", "/videos?cursor=b"),
            ("unifapi", "/videos?cursor=c"),
        ]
    ]

    assert struck == [None, None, None, fault, None]


def test_the_first_of_two_faults_wins_and_both_count() -> None:
    script = FaultScript()
    one, other = Fault("unifapi", "503"), Fault("unifapi", "500", times=2)
    script.add(one)
    script.add(other)

    assert [script.next_for("unifapi", "/") for _ in range(3)] == [one, other, None]


def test_cleared_faults_hit_nothing() -> None:
    script = FaultScript()
    script.add(Fault("unifapi", "503", times=None))

    script.clear()

    assert script.next_for("unifapi", "/") is None
