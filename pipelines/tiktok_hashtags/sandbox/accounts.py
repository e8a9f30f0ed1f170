"""Keys, plans, limits, credits and balances: each provider's accounts and their charges.

Crawlora's plans are those of its price table; its three limits all apply. The minute is a sliding window over accepted
requests; the day and the month are in UTC. Every provider has a plan named `unlimited`, for tests of other things.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The limits of an account; None means no limit.

    `credits_per_month` is a hard limit only if the plan has no overage price; other plans go on at that price.
    """

    name: str
    requests_per_minute: int | None = None
    credits_per_day: int | None = None
    credits_per_month: int | None = None
    has_overage: bool = False


UNLIMITED = Plan("unlimited")

PLANS: dict[str, dict[str, Plan]] = {
    "crawlora": {
        "free": Plan("free", 5, 500, 2_000),
        "starter": Plan("starter", 15, 5_000, 20_000, has_overage=True),
        "growth": Plan("growth", 45, 25_000, 100_000, has_overage=True),
        "pro": Plan("pro", 120, None, 400_000, has_overage=True),
        "business": Plan("business", 300, None, 1_200_000, has_overage=True),
        "enterprise": Plan("enterprise", 1_000, None, 5_000_000, has_overage=True),
    },
    "tikliveapi": {"payg": Plan("payg", 200)},
    "unifapi": {"free": Plan("free", 60), "paid": Plan("paid", 600)},
    "scraper": {"default": Plan("default")},
}

DEFAULT_PLANS = {"crawlora": "growth", "tikliveapi": "payg", "unifapi": "paid", "scraper": "default"}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request as the provider saw it; `path` holds the query too, as sent."""

    time: datetime
    path: str
    status: int
    credits: int


@dataclass(slots=True)
class Account:
    """One key's account at one provider.

    Attributes:
        balance: The prepaid credits that are left, if the provider has a balance; set it to top up.
        requests: Every request in order of arrival, including refused ones.
    """

    provider: str
    key: str
    plan: Plan
    balance: int | None = None
    requests: list[RequestRow] = field(default_factory=list)
    _accepted: list[datetime] = field(default_factory=list)
    _by_day: Counter[str] = field(default_factory=Counter)

    @property
    def charged(self) -> int:
        """Credits charged since the start."""
        return sum(self._by_day.values())

    def charged_on(self, day: str) -> int:
        """Credits charged on a UTC day, `2026-11-01`, or in a month, `2026-11`."""
        return sum(amount for on, amount in self._by_day.items() if on.startswith(day))

    def in_last_minute(self, now: datetime) -> int:
        """The number of requests accepted in the 60 seconds before now."""
        self._accepted = [at for at in self._accepted if timedelta(0) <= now - at < _MINUTE]
        return len(self._accepted)

    def seconds_until_free(self, now: datetime) -> float:
        """Seconds until the minute window takes another request; 0 if it already does."""
        limit = self.plan.requests_per_minute
        if limit is None or self.in_last_minute(now) < limit:
            return 0.0
        return (self._accepted[-limit] + _MINUTE - now).total_seconds()

    def exceeds(self, price: int, now: datetime) -> str | None:
        """The period, `day` or `month`, whose credits would not cover this price."""
        plan = self.plan
        if plan.credits_per_day is not None and self.charged_on(f"{now:%Y-%m-%d}") + price > plan.credits_per_day:
            return "day"
        if plan.credits_per_month is None or plan.has_overage:
            return None
        return "month" if self.charged_on(f"{now:%Y-%m}") + price > plan.credits_per_month else None

    def accept(self, now: datetime) -> None:
        """Count a request against the minute window."""
        self._accepted.append(now)

    def record(self, now: datetime, path: str, status: int, charged: int) -> None:
        """Log an answered request and take its credits."""
        self.requests.append(RequestRow(now, path, status, charged))
        self._by_day[f"{now:%Y-%m-%d}"] += charged
        if self.balance is not None:
            self.balance -= charged

    def meter(self) -> dict[str, int]:
        """Requests, credits and answers with a status of 2xx since the start."""
        successes = sum(200 <= row.status < 300 for row in self.requests)
        return {"requests": len(self.requests), "credits": self.charged, "status_2xx": successes}


def plan_named(provider: str, name: str) -> Plan:
    """A provider's plan by name.

    Raises:
        ValueError: the provider has no such plan.
    """
    plan = UNLIMITED if name == UNLIMITED.name else PLANS[provider].get(name)
    if plan is None:
        raise ValueError(f"{provider} has no plan {name!r}; choose one of {', '.join(PLANS[provider])}, unlimited")
    return plan
