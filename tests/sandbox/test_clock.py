from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tiktok_hashtags.sandbox import SandboxClock

START = datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_runs_on_from_its_base() -> None:
    seconds = iter([100.0, 130.5])
    clock = SandboxClock(START, monotonic=lambda: next(seconds))

    assert clock.now() == START + timedelta(seconds=30.5)


def test_a_frozen_clock_moves_only_by_hand() -> None:
    clock = SandboxClock(START, frozen=True)
    before = clock.now()

    clock.advance(90)

    assert before == START
    assert clock.now() == START + timedelta(seconds=90)


def test_can_be_set_back() -> None:
    clock = SandboxClock(START, frozen=True)

    clock.set(datetime(2026, 10, 1, tzinfo=UTC))

    assert clock.now() == datetime(2026, 10, 1, tzinfo=UTC)


def test_other_time_zones_and_none_become_utc() -> None:
    clock = SandboxClock(datetime(2026, 11, 1, 6), frozen=True)
    before = clock.now()

    clock.set(datetime(2026, 11, 1, 6, tzinfo=timezone(timedelta(hours=2))))

    assert before == START
    assert clock.now() == datetime(2026, 11, 1, 4, tzinfo=UTC)
