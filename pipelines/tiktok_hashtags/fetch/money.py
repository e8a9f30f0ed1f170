"""Prices of credits and limits on them: price plans, caps, a run's budget, and the layer that keeps to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from tiktok_hashtags.clock import Clock
from tiktok_hashtags.errors import BudgetError, ConfigError, QuotaError, RequestError, TiktagsError
from tiktok_hashtags.fetch.calls import Answer, Call, Reply
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.journal_tables import RequestRow, Spent


@dataclass(frozen=True, slots=True)
class PricePlan:
    """A price plan as the provider publishes it.

    Args:
        credit_usd: The price of an included credit (plan price / included credits); None if it is not published.
        overage_usd: The price of a credit above `credits_per_month`; None if none can be bought.
        requests_per_minute: The plan's rate limit.
        credits_per_day: The cap of a UTC day; None if the plan has none.
        credits_per_month: The included credits of a UTC month; None if nothing is included or capped.
    """

    name: str
    credit_usd: float | None
    requests_per_minute: int
    overage_usd: float | None = None
    credits_per_day: int | None = None
    credits_per_month: int | None = None

    @property
    def month_cap(self) -> int | None:
        """The credits after which the provider refuses requests; None if it goes on at the overage price."""
        return self.credits_per_month if self.overage_usd is None else None

    def worst_usd(self, credits: int) -> float | None:
        """Return the most that some credits can cost, at any point of the month; None without a price."""
        return None if self.credit_usd is None else credits * max(self.credit_usd, self.overage_usd or 0.0)

    def cost_usd(self, credits: int, *, used_this_month: int) -> float | None:
        """Return the price of some credits after those already used this month; None if a price is unknown."""
        if self.credit_usd is None:
            return None
        if self.credits_per_month is None or self.overage_usd is None:
            return credits * self.credit_usd
        included = min(credits, max(self.credits_per_month - used_this_month, 0))
        return included * self.credit_usd + (credits - included) * self.overage_usd


@dataclass(frozen=True, slots=True)
class Caps:
    """Caps on a key's spending in a UTC day and month, over all processes that share a ledger; None for no cap.

    Args:
        day_credits: Credits of this provider in a day, by the user's own limit.
        month_credits: The same in a month.
        day_usd: Dollars of all providers in a day, by the user's own limit.
        month_usd: The same in a month.
        plan_day_credits: Credits in a day, by the provider's plan.
        plan_month_credits: The same in a month.
    """

    day_credits: int | None = None
    month_credits: int | None = None
    day_usd: float | None = None
    month_usd: float | None = None
    plan_day_credits: int | None = None
    plan_month_credits: int | None = None


def check_caps(provider: str, caps: Caps, spent: Spent, *, credits: int, usd: float | None) -> None:
    """Refuse a request whose worst case would exceed a cap.

    Raises:
        BudgetError: It could exceed a limit of the watchlist.
        QuotaError: It could exceed the provider's plan.
    """
    for name, used, cap in (
        ("day", spent.day_credits, caps.plan_day_credits),
        ("month", spent.month_credits, caps.plan_month_credits),
    ):
        if cap is not None and used + credits > cap:
            raise QuotaError(
                f"{provider}: {used} of the plan's {cap} credits per {name} are used; nothing more was sent"
            )
    for name, used, cap in (
        ("day", spent.day_credits, caps.day_credits),
        ("month", spent.month_credits, caps.month_credits),
    ):
        if cap is not None and used + credits > cap:
            raise BudgetError(
                f"{provider}: {used} of {cap} credits of this {name} are spent; "
                f"a request of up to {credits} was not sent"
            )
    for name, dollars, limit in (
        ("day", spent.day_usd, caps.day_usd),
        ("month", spent.month_usd, caps.month_usd),
    ):
        if limit is None:
            continue
        check_priced(provider, usd)
        if dollars + (usd or 0.0) > limit + 1e-9:
            raise BudgetError(
                f"{provider}: ${dollars:.4f} of ${limit:.2f} of this {name} are spent; "
                f"a request of up to ${usd:.4f} was not sent"
            )


@dataclass
class Budget:
    """The rest of one run's limits, shared by all its providers and threads.

    Args:
        max_usd: Dollars for the whole run; None for no limit.
        max_credits: Credits per provider; a provider that is not named has no limit.
    """

    max_usd: float | None = None
    max_credits: Mapping[str, int] = field(default_factory=dict)
    _usd: float = 0.0
    _credits: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, provider: str, credits: int, usd: float | None) -> None:
        """Reserve the worst case of a request.

        Raises:
            BudgetError: The request could exceed a limit; it must not be sent.
            ConfigError: There is a dollar limit, but the provider's credits have no price.
        """
        with self._lock:
            limit = self.max_credits.get(provider)
            spent = self._credits.get(provider, 0)
            if limit is not None and spent + credits > limit:
                raise BudgetError(
                    f"{provider}: {spent} of {limit} credits of this run are spent; "
                    f"a request of up to {credits} was not sent"
                )
            if self.max_usd is not None:
                check_priced(provider, usd)
                if self._usd + (usd or 0.0) > self.max_usd + 1e-9:
                    raise BudgetError(
                        f"{provider}: ${self._usd:.4f} of ${self.max_usd:.2f} of this run are spent; "
                        f"a request of up to ${usd:.4f} was not sent"
                    )
            self._credits[provider] = spent + credits
            self._usd += usd or 0.0

    def settle(self, provider: str, *, reserved: tuple[int, float | None], charged: tuple[int, float | None]) -> None:
        """Replace a reservation with the real cost of the request."""
        with self._lock:
            self._credits[provider] = self._credits.get(provider, 0) - reserved[0] + charged[0]
            self._usd += (charged[1] or 0.0) - (reserved[1] or 0.0)


def check_priced(provider: str, usd: float | None) -> None:
    """Refuse a dollar limit on credits without a price.

    Raises:
        ConfigError: `usd` is None.
    """
    if usd is None:
        raise ConfigError(
            f"{provider}: a dollar limit is set, but the price of its credits is not published. "
            f"Nothing was sent. Set credit_usd under [sources.{provider}] in .dlt/config.toml."
        )


class NewRow(Protocol):
    """Makes the ledger's row for a call."""

    def __call__(self, call: Call, *, credits: int) -> RequestRow:
        """Return the row without its price in dollars."""


class Ledger:
    """The layer that writes an attempt's worst-case charge before it is sent, and its real cost afterwards.

    Args:
        exchange: Sends the call and returns the accepted answer.
        provider: The provider that the key belongs to.
        new_row: Makes the row for an attempt.
        journal: The journal that keeps the rows.
        budget: The run's limits.
        clock: The run's clock.
        plan: Prices and limits of the key.
        caps: The user's own limits for a day and a month.
    """

    def __init__(
        self,
        exchange: Callable[[Call], Answer],
        *,
        provider: str,
        new_row: NewRow,
        journal: Journal,
        budget: Budget,
        clock: Clock,
        plan: PricePlan,
        caps: Caps,
    ) -> None:
        self._exchange, self._new_row, self._journal, self._budget = exchange, new_row, journal, budget
        self._provider, self._clock, self._plan = provider, clock, plan
        self._caps = replace(caps, plan_day_credits=plan.credits_per_day, plan_month_credits=plan.month_cap)
        self._lock = threading.Lock()
        self.requests = 0
        self.credits = 0

    def __call__(self, call: Call) -> Reply:
        """Send a call if the budgets and the plan leave room for its worst case.

        Raises:
            BudgetError: It could exceed one of the user's limits; it was not sent.
            QuotaError: It could exceed the plan's day or month; it was not sent.
        """
        row, used = self._reserved(call)
        try:
            answer = self._exchange(call)
        except RequestError as error:
            spent = call.worst_credits if error.credits is None else error.credits
            self._settle(replace(row, credits=spent, outcome=error.outcome, status=error.status), row, used)
            raise
        accepted = answer.accepted
        settled = replace(
            row,
            credits=accepted.credits,
            outcome=accepted.outcome,
            status=answer.status,
            bytes=len(answer.body),
        )
        self._settle(settled, row, used)
        return Reply(
            accepted.payload,
            call.request_key,
            row.requested_at,
            accepted.credits,
            is_replayed=False,
            body=answer.body,
            is_partial=accepted.is_partial,
        )

    def _reserved(self, call: Call) -> tuple[RequestRow, int]:
        worst, estimate = call.worst_credits, self._plan.worst_usd(call.worst_credits)
        self._budget.reserve(self._provider, worst, estimate)
        row = self._new_row(call, credits=worst)

        def price(spent: Spent) -> float | None:
            cost = self._plan.cost_usd(worst, used_this_month=spent.month_credits)
            check_caps(self._provider, self._caps, spent, credits=worst, usd=cost)
            return cost

        try:
            reserved, used = self._journal.reserve(row, price)
        except TiktagsError:
            self._budget.settle(self._provider, reserved=(worst, estimate), charged=(0, 0.0))
            raise
        self._budget.settle(self._provider, reserved=(worst, estimate), charged=(worst, reserved.cost_usd))
        with self._lock:
            self.requests += 1
            self.credits += worst
        return reserved, used

    def _settle(self, settled: RequestRow, reserved: RequestRow, used: int) -> None:
        cost = self._plan.cost_usd(settled.credits, used_this_month=used)
        settled = replace(settled, cost_usd=cost, finished_at=self._clock())
        with self._lock:
            self.credits += settled.credits - reserved.credits
        self._budget.settle(
            self._provider,
            reserved=(reserved.credits, reserved.cost_usd),
            charged=(settled.credits, settled.cost_usd),
        )
        self._journal.settle(settled, reserved=reserved)
