"""A provider's settings: `[sources.<provider>]` in `.dlt/`, or `SOURCES__<PROVIDER>__...` in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import httpx
import msgspec

from tiktok_hashtags.config import SECRET, Days, Text, key_variable, section, wrong_value
from tiktok_hashtags.errors import MissingKeyError
from tiktok_hashtags.extract.paging import DEFAULT_MAX_PAGES
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch import DIRECT, ApiClient, PricePlan, ProxySetting, Route, check_base_url, route_to
from tiktok_hashtags.redaction import register_api_key

Key = Annotated[str, msgspec.Meta(description="printable ASCII characters", extra=SECRET)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**9, description="a whole number from 1 to 1000000000")]
Dollars = Annotated[float, msgspec.Meta(ge=0, le=1_000_000, description="a number of dollars from 0 to 1000000")]


class _Table(msgspec.Struct, frozen=True):
    """`[sources.<provider>]`; a key that it lacks is read from `[sources]`, except the API key."""

    api_key: Key | None = None
    base_url: Text | None = None
    plan: Text | None = None
    requests_per_minute: Count | None = None
    credit_usd: Dollars | None = None
    page_size: Count | None = None
    max_pages: Count = DEFAULT_MAX_PAGES
    stop_after_known_pages: Count | None = None
    full_walk_every_days: Days = 7
    proxy: ProxySetting | None = None
    ca_bundle: Text | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """A provider's configuration, checked before anything is sent.

    Args:
        api_key: The key; None if there is none.
        own_url: The documented base URL; None if the provider has no server of its own.
        page_size: The number of items to request per page.
        max_pages: The number of pages after which a walk stops for safety.
        stop_after_known_pages: End a walk after this many pages without a new id; None for no such stop.
        full_walk_every_days: How often a walk still goes to the feed's end with that setting.
        route: The proxy and the authorities to trust on the way to the API.
    """

    provider: str
    base_url: str
    api_key: str | None
    plan: PricePlan
    page_size: int
    max_pages: int = DEFAULT_MAX_PAGES
    stop_after_known_pages: int | None = None
    full_walk_every_days: int = 7
    own_url: str | None = None
    route: Route = DIRECT

    @property
    def host(self) -> str:
        """The host, and the port if it is named, that the key is sent to."""
        return _host(self.base_url)

    @property
    def foreign_host(self) -> str | None:
        """A sentence about the host if it is not the provider's own; None where nothing is to be said."""
        own = _host(self.own_url) if self.own_url else None
        if self.api_key is None or own is None or own == self.host:
            return None
        return f"{self.provider}: the key goes to {self.host}, which is not the provider's own server ({own})"

    def __repr__(self) -> str:
        """Keep the key out of every message and log."""
        return f"Settings({self.provider!r}, {self.base_url!r}, plan={self.plan.name!r})"

    def client(self, headers: Mapping[str, str], session: Session) -> ApiClient:
        """Return the run's one client for this provider; without a key, it refuses every call."""
        client: ApiClient | None = session.clients.get(self.provider)
        if client is None:
            client = ApiClient(
                provider=self.provider,
                base_url=self.base_url,
                headers=headers,
                plan=self.plan,
                session=session,
                route=self.route,
            )
            session.clients[self.provider] = client
        if self.api_key is None:
            places = f"{key_variable(self.provider)}, or api_key under [sources.{self.provider}] in .dlt/secrets.toml"
            client.stop(MissingKeyError(f"{self.provider}: there is no key. Nothing was sent. Set {places}."))
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
    """Read a provider's settings; the caller's values take precedence over the configuration.

    Args:
        provider: The provider's name.
        base_url: The documented base URL.
        plans: The documented price plans; the first is the default (the free one).
        page_size: The default page size.
        max_page_size: The largest page that the API returns.
        given: Values by the names of the configuration keys; None counts as not given.

    Raises:
        ConfigError: An unknown plan, a wrong type, a value out of range, an unsafe base URL, or a wrong proxy.
    """
    found = section(f"sources.{provider}", _Table, given=given, fallback="sources")
    url = found.base_url or base_url
    check_base_url(provider, url)
    has_route = found.proxy or found.ca_bundle
    return Settings(
        provider=provider,
        base_url=url,
        api_key=_printable(provider, found.api_key),
        plan=_plan(provider, plans, found),
        page_size=min(found.page_size or page_size, max_page_size),
        max_pages=found.max_pages,
        stop_after_known_pages=found.stop_after_known_pages,
        full_walk_every_days=found.full_walk_every_days,
        own_url=None if _host(base_url).endswith(".invalid") else base_url,
        route=route_to(url, found.proxy, found.ca_bundle) if has_route else DIRECT,
    )


def _host(url: str) -> str:
    return httpx.URL(url).netloc.decode()


def _printable(provider: str, key: str | None) -> str | None:
    """Return a key that a header can carry; any other would end up in the messages of libraries."""
    if key is None:
        return None
    if not (key.isascii() and key.isprintable()):
        raise wrong_value(f"sources.{provider}", "api_key", "printable ASCII characters", key, is_hidden=True)
    register_api_key(key)
    return key


def _plan(provider: str, plans: Mapping[str, PricePlan], found: _Table) -> PricePlan:
    if found.plan is not None and found.plan not in plans:
        raise wrong_value(f"sources.{provider}", "plan", f"one of {', '.join(plans)}", found.plan)
    plan = plans[found.plan] if found.plan else next(iter(plans.values()))
    if found.requests_per_minute is not None:
        plan = replace(plan, requests_per_minute=found.requests_per_minute)
        if found.plan is None:
            plan = replace(plan, name="own", credits_per_day=None, credits_per_month=None, overage_usd=None)
    if found.credit_usd is not None:
        overage = None if plan.overage_usd is None else found.credit_usd
        plan = replace(plan, credit_usd=found.credit_usd, overage_usd=overage)
    return plan
