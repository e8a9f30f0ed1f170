from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.fetch.ledger_calls import NOW, WORST, Network, fetch, page, requests_of

from tiktok_hashtags.errors import BudgetError, QuotaError
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.journal_tables import RequestRow
from tiktok_hashtags.fetch.money import Budget, PricePlan

if TYPE_CHECKING:
    from tests.conftest import MakeClient, MakeSession

FREE = PricePlan("free", 0.0, 1_000, credits_per_day=100, credits_per_month=250)


def earlier(journal: Journal, number: int, requested_at: datetime, credits: int) -> None:
    journal.reserve(
        price=lambda _: 0.0,
        row=RequestRow(
            request_id=f"earlier-{number}",
            run_id="run-0",
            snapshot_date=requested_at.date(),
            request_key="key",
            walk_key=None,
            provider="example",
            endpoint="things",
            hashtag_key=None,
            requested_at=requested_at,
            credits=credits,
            cost_usd=None,
        ),
    )


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        (
            [(NOW - timedelta(hours=5), 60)],
            "60 of the plan's 100 credits per day are used; nothing more was sent",
        ),
        ([(NOW.replace(hour=0), 51)], "51 of the plan's 100 credits"),
    ],
)
def test_the_plans_day_counts_what_earlier_runs_spent(
    make_client: MakeClient, session: Session, spent: list[tuple[datetime, int]], said: str
) -> None:
    for number, (at, credits) in enumerate(spent):
        earlier(session.journal, number, at, credits)
    network = Network(page())

    with pytest.raises(QuotaError, match=said):
        fetch(make_client(network, plan=FREE, session=session))

    assert network.count == 0


def test_a_request_that_the_plan_refuses_leaves_the_budget_to_other_providers(
    make_client: MakeClient, make_session: MakeSession
) -> None:
    session = make_session(budget=Budget(max_usd=0.10))
    plan = PricePlan("small", 0.001, 1_000, credits_per_day=WORST - 1)

    with pytest.raises(QuotaError):
        fetch(make_client(Network(page()), plan=plan, session=session))

    with pytest.raises(BudgetError, match=r"\$0\.0000 of \$0\.10"):
        session.budget.reserve("other", 1, 0.11)


def test_the_plans_month_counts_days_before(make_client: MakeClient, make_session: MakeSession) -> None:
    now = datetime(2026, 11, 20, 6)
    session = make_session(clock=lambda: now, snapshot_date=now.date())
    for day in (1, 10, 19):
        earlier(session.journal, day, datetime(2026, 11, day), 70)
    earlier(session.journal, 31, datetime(2026, 10, 31, 23, 59), 1_000)
    network = Network(page())

    with pytest.raises(QuotaError, match="210 of the plan's 250 credits per month"):
        fetch(make_client(network, plan=FREE, session=session))

    assert network.count == 0


def test_a_new_day_has_its_credits_again(make_client: MakeClient, session: Session) -> None:
    earlier(session.journal, 1, NOW - timedelta(days=1), 100)
    network = Network(page())

    fetch(make_client(network, plan=PricePlan("free", 0.0, 1_000, credits_per_day=100), session=session))

    assert network.count == 1


def test_a_plan_with_overage_goes_on_beyond_its_month(make_client: MakeClient, session: Session) -> None:
    earlier(session.journal, 1, NOW, 90)
    plan = PricePlan("starter", 0.001, 1_000, overage_usd=0.01, credits_per_month=100)

    fetch(make_client(Network(page(20)), plan=plan, session=session))

    costs = [row["cost_usd"] for row in requests_of(session)]
    assert costs == [pytest.approx(10 * 0.001 + 10 * 0.01)]


def test_a_request_within_the_days_last_credits_is_sent(make_client: MakeClient, session: Session) -> None:
    earlier(session.journal, 1, NOW, 50)
    network = Network(page())

    fetch(make_client(network, plan=FREE, session=session))

    assert network.count == 1
