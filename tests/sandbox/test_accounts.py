from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiktok_hashtags.sandbox.accounts import Account, plan_named

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)


def crawlora(plan: str) -> Account:
    return Account("crawlora", "key", plan_named("crawlora", plan))


def test_the_minute_is_a_sliding_window() -> None:
    account = crawlora("free")
    for second in (0, 1, 2, 3, 4):
        account.accept(NOW + timedelta(seconds=second))

    assert account.seconds_until_free(NOW + timedelta(seconds=10)) == 50
    assert account.seconds_until_free(NOW + timedelta(seconds=60)) == 0


def test_a_clock_set_back_does_not_block_the_minute() -> None:
    account = crawlora("free")
    for _ in range(5):
        account.accept(NOW)

    assert account.seconds_until_free(NOW - timedelta(days=1)) == 0


def test_the_free_plan_is_62_requests_a_day() -> None:
    account = crawlora("free")
    for _ in range(62):
        assert account.exceeds(8, NOW) is None
        account.record(NOW, "/", 200, 8)

    assert account.exceeds(8, NOW) == "day"
    assert account.exceeds(8, NOW + timedelta(days=1)) is None


def test_the_free_plan_is_250_requests_a_month() -> None:
    account = crawlora("free")
    for number in range(250):
        account.record(NOW + timedelta(days=number // 50), "/", 200, 8)

    assert account.exceeds(8, NOW + timedelta(days=6)) == "month"
    assert account.exceeds(8, NOW + timedelta(days=30)) is None


def test_a_plan_with_overage_goes_on_after_the_month_is_used_up() -> None:
    account = crawlora("starter")
    for day in range(5):
        account.record(NOW + timedelta(days=day), "/", 200, 5_000)

    assert account.exceeds(8, NOW + timedelta(days=6)) is None


def test_what_is_charged_leaves_the_balance() -> None:
    account = Account("unifapi", "key", plan_named("unifapi", "paid"), balance=100)

    account.record(NOW, "/", 200, 30)

    assert (account.balance, account.charged) == (70, 30)
    assert account.meter() == {"requests": 1, "credits": 30, "status_2xx": 1}


def test_an_unknown_plan_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="free, starter, growth"):
        plan_named("crawlora", "gold")
