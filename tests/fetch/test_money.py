from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_hashtags.errors import BudgetError, ConfigError, QuotaError, TiktagsError
from tiktok_hashtags.fetch.journal_tables import Spent
from tiktok_hashtags.fetch.money import Budget, Caps, PricePlan, check_caps, check_priced

STARTER = PricePlan("starter", 9 / 20_000, 15, 0.75 / 1000, credits_per_day=5_000, credits_per_month=20_000)


def test_included_credits_cost_the_plans_price_and_further_ones_the_overage() -> None:
    assert STARTER.cost_usd(8, used_this_month=0) == pytest.approx(8 * 9 / 20_000)
    assert STARTER.cost_usd(8, used_this_month=19_996) == pytest.approx(4 * 9 / 20_000 + 4 * 0.00075)
    assert STARTER.cost_usd(8, used_this_month=30_000) == pytest.approx(8 * 0.00075)


def test_credits_without_a_price_cost_an_unknown_amount() -> None:
    assert PricePlan("payg", None, 200).cost_usd(8, used_this_month=0) is None


def test_the_worst_case_is_the_dearer_of_both_prices() -> None:
    assert STARTER.worst_usd(8) == pytest.approx(8 * 0.00075)
    assert PricePlan("free", 0.0, 5).worst_usd(8) == 0.0
    assert PricePlan("payg", None, 200).worst_usd(8) is None


@given(st.integers(0, 50_000), st.integers(0, 50_000))
def test_no_credits_cost_more_than_their_worst_case(credits: int, used: int) -> None:
    cost, worst = STARTER.cost_usd(credits, used_this_month=used), STARTER.worst_usd(credits)

    assert cost is not None
    assert worst is not None
    assert cost <= worst + 1e-9


def test_a_month_is_a_cap_only_where_nothing_can_be_bought_beyond_it() -> None:
    free = PricePlan("free", 0.0, 5, credits_per_month=2_000)

    assert free.month_cap == 2_000
    assert STARTER.month_cap is None


def test_a_request_that_could_exceed_the_credits_of_a_run_is_refused() -> None:
    budget = Budget(max_credits={"crawlora": 20})
    budget.reserve("crawlora", 8, 0.0)
    budget.reserve("crawlora", 8, 0.0)

    with pytest.raises(BudgetError, match=r"crawlora: 16 of 20 credits .* up to 8 was not sent"):
        budget.reserve("crawlora", 8, 0.0)

    budget.reserve("crawlora", 4, 0.0)
    budget.reserve("unifapi", 1_000, 1.0)


def test_a_request_that_could_exceed_the_dollars_of_a_run_is_refused() -> None:
    budget = Budget(max_usd=0.10)
    budget.reserve("unifapi", 50, 0.05)
    budget.reserve("unifapi", 50, 0.05)

    with pytest.raises(BudgetError, match=r"unifapi: \$0\.1000 of \$0\.10 .* up to \$0\.0010 was not sent"):
        budget.reserve("unifapi", 1, 0.001)


def test_what_a_request_did_not_cost_can_be_spent_again() -> None:
    budget = Budget(max_usd=0.05, max_credits={"unifapi": 50})
    budget.reserve("unifapi", 50, 0.05)

    budget.settle("unifapi", reserved=(50, 0.05), charged=(20, 0.02))

    budget.reserve("unifapi", 30, 0.03)
    with pytest.raises(BudgetError):
        budget.reserve("unifapi", 1, 0.0)


def test_a_dollar_limit_over_unpriced_credits_names_the_setting() -> None:
    budget = Budget(max_usd=1.0)

    with pytest.raises(ConfigError, match=r"Set credit_usd under \[sources\.tikliveapi\]"):
        budget.reserve("tikliveapi", 1, None)


def test_unpriced_credits_are_no_matter_without_a_dollar_limit() -> None:
    Budget(max_credits={"tikliveapi": 5}).reserve("tikliveapi", 5, None)
    check_priced("unifapi", 0.0)


def test_a_cap_is_reached_exactly_and_not_exceeded() -> None:
    caps = Caps(plan_day_credits=100, day_credits=100, month_credits=100, day_usd=0.1, month_usd=0.1)
    spent = Spent(day_credits=50, month_credits=50, day_usd=0.05, month_usd=0.05)

    check_caps("unifapi", caps, spent, credits=50, usd=0.05)
    with pytest.raises(QuotaError):
        check_caps("unifapi", caps, spent, credits=51, usd=0.05)
    with pytest.raises(BudgetError):
        check_caps("unifapi", caps, spent, credits=50, usd=0.06)


@pytest.mark.parametrize(
    ("caps", "error", "message"),
    [
        (Caps(plan_day_credits=99), QuotaError, "50 of the plan's 99 credits per day are used"),
        (Caps(plan_month_credits=99), QuotaError, "50 of the plan's 99 credits per month are used"),
        (Caps(day_credits=99), BudgetError, "50 of 99 credits of this day are spent; a request of up to 50 was not"),
        (Caps(month_credits=99), BudgetError, "50 of 99 credits of this month"),
        (Caps(day_usd=0.099), BudgetError, "of this day are spent"),
        (Caps(month_usd=0.099), BudgetError, "of this month are spent"),
    ],
)
def test_a_charge_over_a_cap_is_refused_with_its_limit(caps: Caps, error: type[TiktagsError], message: str) -> None:
    spent = Spent(day_credits=50, month_credits=50, day_usd=0.05, month_usd=0.05)

    with pytest.raises(error, match=message):
        check_caps("unifapi", caps, spent, credits=50, usd=0.05)


def test_without_caps_anything_goes() -> None:
    check_caps("tikliveapi", Caps(), Spent(10**9, 10**9, 1e6, 1e6), credits=10**9, usd=None)


def test_a_dollar_cap_over_unpriced_credits_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="Set credit_usd under"):
        check_caps("tikliveapi", Caps(month_usd=5.0), Spent(), credits=1, usd=None)


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(0, 100))
def test_reservations_never_exceed_the_limit(requests: list[int], limit: int) -> None:
    budget = Budget(max_credits={"unifapi": limit})
    spent = 0

    for credits in requests:
        try:
            budget.reserve("unifapi", credits, None)
        except BudgetError:
            assert spent + credits > limit
        else:
            spent += credits

    assert spent <= limit


def test_threads_cannot_overrun_a_budget_together() -> None:
    budget = Budget(max_credits={"unifapi": 500})

    def attempt(_: int) -> bool:
        try:
            budget.reserve("unifapi", 1, None)
        except BudgetError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        granted = sum(pool.map(attempt, range(2_000)))

    assert granted == 500
