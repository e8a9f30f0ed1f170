from __future__ import annotations

import pytest

from tiktok_hashtags.errors import BudgetError, ConfigError
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.jobs.plan import check_limits, plan_run
from tiktok_hashtags.watchlist.model import Hashtag, Limits, Watchlist

CAT = Hashtag(name="cat", max_videos=120)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(credits_per_run={"unifapi": 119}), "unifapi: this run could cost 120 credits, over the 119"),
        (Limits(credits_per_run={"crawlora": 7}), "crawlora: this run could cost 8 credits, over the 7"),
    ],
)
def test_a_run_whose_worst_case_is_over_a_limit_of_credits_is_refused(
    session: Session, limits: Limits, said: str
) -> None:
    plans = plan_run(Watchlist(hashtags=(CAT,)), session)

    with pytest.raises(BudgetError) as caught:
        check_limits(plans, limits)

    assert str(caught.value).startswith(said)
    assert "Nothing was sent" in str(caught.value)


@pytest.mark.usefixtures("keys")
def test_a_run_whose_worst_case_fits_its_limits_exactly_is_allowed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__TIKLIVEAPI__CREDIT_USD", "0.01")
    plans = plan_run(Watchlist(hashtags=(CAT,)), session)

    check_limits(plans, Limits(max_usd_per_run=0.12 + 0.05, credits_per_run={"unifapi": 120, "tikliveapi": 5}))
    with pytest.raises(BudgetError, match=r"this run could cost \$0\.1700, over the \$0\.16 of \[limits\] max_usd"):
        check_limits(plans, Limits(max_usd_per_run=0.16))


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("limits", "max_usd"),
    [
        (Limits(max_usd_per_run=100.0), None),
        (Limits(max_usd_per_day=100.0), None),
        (Limits(max_usd_per_month=100.0), None),
        (Limits(), 100.0),
    ],
    ids=["run", "day", "month", "--max-usd"],
)
def test_every_dollar_limit_needs_a_price_for_every_credit(
    session: Session, limits: Limits, max_usd: float | None
) -> None:
    plans = plan_run(Watchlist(hashtags=(CAT,)), session)

    with pytest.raises(ConfigError, match=r"tikliveapi: a dollar limit is set, .* Set credit_usd under"):
        check_limits(plans, limits, max_usd=max_usd)


@pytest.mark.usefixtures("keys")
def test_a_dollar_limit_needs_no_price_for_credits_that_are_not_spent(session: Session) -> None:
    plans = plan_run(Watchlist(hashtags=(Hashtag(name="cat", id="7", providers=("unifapi",)),)), session)

    check_limits(plans, Limits(max_usd_per_run=0.5))
