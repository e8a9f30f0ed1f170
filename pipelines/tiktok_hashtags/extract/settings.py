"""A provider's settings: `[sources.<provider>]` in `.dlt/`, or `SOURCES__<PROVIDER>__...` in the environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import dlt

from tiktok_hashtags.config import key_variable
from tiktok_hashtags.errors import ConfigError, MissingKeyError
from tiktok_hashtags.extract.paging import DEFAULT_MAX_PAGES
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch import ApiClient, PricePlan, check_base_url
from tiktok_hashtags.redaction import register_api_key

_T = TypeVar("_T", str, int, float)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a source needs to know before it sends anything.

    Args:
        api_key: The key; None where there is none.
        page_size: Items to ask for per page.
        max_pages: The safety stop of a walk.
        stop_after_known_pages: End a walk after this many pages without a new id; None for never.
        full_walk_every_days: With it on, how often a walk still goes to the feed's end.
    """

    provider: str
    base_url: str
    api_key: str | None
    plan: PricePlan
    page_size: int
    max_pages: int = DEFAULT_MAX_PAGES
    stop_after_known_pages: int | None = None
    full_walk_every_days: int = 7

    def __repr__(self) -> str:
        """Leave the key out of every message and log."""
        return f"Settings({self.provider!r}, {self.base_url!r}, plan={self.plan.name!r})"

    def client(self, headers: Mapping[str, str], session: Session) -> ApiClient:
        """Return the run's one client for this provider; without a key, one that refuses every call."""
        client: ApiClient | None = session.clients.get(self.provider)
        if client is None:
            client = ApiClient(
                provider=self.provider, base_url=self.base_url, headers=headers, plan=self.plan, session=session
            )
            session.clients[self.provider] = client
        if self.api_key is None:
            message = (
                f"{self.provider}: no key; set {key_variable(self.provider)} or api_key under [sources.{self.provider}]"
            )
            client.stop(MissingKeyError(f"{message} in .dlt/secrets.toml. Nothing was sent."))
        return client


def read_settings(
    provider: str,
    *,
    base_url: str,
    plans: Mapping[str, PricePlan],
    page_size: int,
    max_page_size: int,
    given: Mapping[str, object] | None = None,
) -> Settings:
    """Read a provider's settings; what the caller gives goes before the configuration.

    Args:
        provider: The provider's name.
        base_url: The documented base URL.
        plans: The documented price plans; the first is the default (the free one).
        page_size: The default page size.
        max_page_size: The largest page that the API gives.
        given: Values by the names of the configuration keys; None counts as not given.

    Raises:
        ConfigError: An unknown plan, a wrong type, a value out of range, or an unsafe base URL.
    """
    explicit = {name: value for name, value in (given or {}).items() if value is not None}

    def value(name: str, kind: type[_T]) -> _T | None:
        found = explicit.get(name)
        if found is None:
            found = _configured(provider, name)
        return None if found is None or found == "" else _typed(provider, name, found, kind)

    settings = Settings(
        provider=provider,
        base_url=value("base_url", str) or base_url,
        api_key=_printable(provider, value("api_key", str)),
        plan=_plan(provider, plans, value("plan", str), value("requests_per_minute", int), value("credit_usd", float)),
        page_size=min(value("page_size", int) or page_size, max_page_size),
        max_pages=value("max_pages", int) or DEFAULT_MAX_PAGES,
        stop_after_known_pages=value("stop_after_known_pages", int),
        full_walk_every_days=value("full_walk_every_days", int) or 7,
    )
    check_base_url(provider, settings.base_url)
    return settings


def _configured(provider: str, name: str) -> object:
    if name == "api_key":
        return dlt.secrets.get(f"sources.{provider}.api_key")
    found: object = dlt.config.get(f"sources.{provider}.{name}")
    return dlt.config.get(f"sources.{name}") if found is None else found


def _typed(provider: str, name: str, found: object, kind: type[_T]) -> _T:
    lowest = 0 if name == "credit_usd" else 1
    try:
        value = kind(str(found))
    except ValueError as error:
        raise ConfigError(f"[sources.{provider}] {name}: expected {kind.__name__}, found {found!r}") from error
    if kind is not str and not lowest <= float(value) < math.inf:
        raise ConfigError(f"[sources.{provider}] {name}: expected at least {lowest}, found {found!r}")
    return value


def _printable(provider: str, key: str | None) -> str | None:
    """Return a key without the line end that files add; one that no header can carry would end up in messages."""
    stripped = key.strip() if key else ""
    if not (stripped.isascii() and stripped.isprintable()):
        raise ConfigError(f"[sources.{provider}] api_key: expected printable ASCII characters. Nothing was sent.")
    register_api_key(stripped)
    return stripped or None


def _plan(
    provider: str,
    plans: Mapping[str, PricePlan],
    name: str | None,
    requests_per_minute: int | None,
    credit_usd: float | None,
) -> PricePlan:
    if name is not None and name not in plans:
        raise ConfigError(f"[sources.{provider}] plan: expected one of {', '.join(plans)}, found {name!r}")
    plan = plans[name] if name else next(iter(plans.values()))
    if requests_per_minute is not None:
        plan = replace(plan, requests_per_minute=requests_per_minute)
        if name is None:
            plan = replace(plan, name="own", credits_per_day=None, credits_per_month=None, overage_usd=None)
    if credit_usd is not None:
        plan = replace(plan, credit_usd=credit_usd, overage_usd=credit_usd if plan.overage_usd is not None else None)
    return plan
