"""What credits cost, and how many may be spent: a provider's plan, a run's budget."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tiktok_hashtags.errors import BudgetError, ConfigError, QuotaError


@dataclass(frozen=True, slots=True)
class Plan:
    """A price plan as the provider publishes it.

    Args:
        credit_usd: What an included credit costs (plan price / included credits); None where nobody publishes it.
        overage_usd: What a credit beyond `credits_per_month` costs; None where there is none to buy.
        requests_per_minute: The plan's rate limit.
        credits_per_day: The cap of a UTC day; None where the plan has none.
        credits_per_month: The included credits of a UTC month; None where nothing is included or capped.
    """

    name: str
    credit_usd: float | None
    requests_per_minute: int
    overage_usd: float | None = None
    credits_per_day: int | None = None
    credits_per_month: int | None = None

    @property
    def month_cap(self) -> int | None:
        """The credits after which the provider refuses, or None where it goes on for the overage price."""
        return self.credits_per_month if self.overage_usd is None else None

    def worst_usd(self, credits: int) -> float | None:
        """Return the most that some credits can cost, wherever in the month they fall; None without a price."""
        return None if self.credit_usd is None else credits * max(self.credit_usd, self.overage_usd or 0.0)

    def cost_usd(self, credits: int, *, used_this_month: int) -> float | None:
        """Return what some credits cost after those already used this month; None where a price is unknown."""
        if self.credit_usd is None:
            return None
        if self.credits_per_month is None or self.overage_usd is None:
            return credits * self.credit_usd
        included = min(credits, max(self.credits_per_month - used_this_month, 0))
        return included * self.credit_usd + (credits - included) * self.overage_usd


@dataclass(frozen=True, slots=True)
class Caps:
    """What a key may still spend in a UTC day and month, over all processes that share a ledger; None for no cap.

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


@dataclass(frozen=True, slots=True)
class Spent:
    """What a ledger has counted so far in a UTC day and month."""

    day_credits: int = 0
    month_credits: int = 0
    day_usd: float = 0.0
    month_usd: float = 0.0


def check_caps(provider: str, caps: Caps, spent: Spent, *, credits: int, usd: float | None) -> None:
    """Refuse a request whose worst case could exceed a cap.

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
                f"{provider}: {used} of the {cap} credits that the plan has a {name} are used; nothing more was sent"
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
    """What one run may still spend, shared by all its providers and threads.

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
        """Set aside the worst case of a request.

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
        """Replace a reservation by what the request really cost."""
        with self._lock:
            self._credits[provider] = self._credits.get(provider, 0) - reserved[0] + charged[0]
            self._usd += (charged[1] or 0.0) - (reserved[1] or 0.0)


def check_priced(provider: str, usd: float | None) -> None:
    """Refuse a dollar limit over credits without a price.

    Raises:
        ConfigError: `usd` is None.
    """
    if usd is None:
        raise ConfigError(
            f"{provider}: a dollar limit is set, but nobody publishes the price of its credits; "
            f"set credit_usd under [sources.{provider}] in .dlt/config.toml. Nothing was sent."
        )
