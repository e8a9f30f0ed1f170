"""The requests of a run, and the most that they can cost, before anything is spent.

The worst case counts full pages without retries. Short pages and retries can exceed it; each request is checked against
the limits before it is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tiktok_hashtags import providers
from tiktok_hashtags.config import key_variable
from tiktok_hashtags.errors import BudgetError, ConfigError
from tiktok_hashtags.extract import Session, Settings, Targets, Walk, is_missing, known_id, missing_id
from tiktok_hashtags.fetch import check_priced
from tiktok_hashtags.watchlist import Hashtag, Limits, Watchlist

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """The walks of one provider; `walks` excludes those that are complete for the run's date."""

    name: str
    settings: Settings
    walks: Sequence[Walk]
    is_needed: bool

    @property
    def is_skipped(self) -> bool:
        """Whether there is no key, and the watchlist does not name the provider."""
        return self.settings.api_key is None and not self.is_needed


@dataclass(frozen=True, slots=True)
class Line:
    """The worst case of one resource; `usd` is None if a credit has no price."""

    provider: str
    resource: str
    walks: int
    requests: int
    credits: int
    usd: float | None


def plan_run(watchlist: Watchlist, session: Session, *, only: Sequence[str] = ()) -> list[ProviderPlan]:
    """Return each provider's walks as of now, in the order in which the providers run.

    Args:
        watchlist: What to track.
        session: The run; its `known` lists the walks that need no request.
        only: `provider` or `provider.resource` to narrow the run to; empty for all.

    Raises:
        ConfigError: `only` names something unknown, a setting is wrong, or no provider has a key.
    """
    wanted = _checked_only(only)
    settings = {name: providers.provider(name).configured() for name in providers.names()}
    if session.is_offline:
        settings = {name: replace(item, api_key=item.api_key or "offline") for name, item in settings.items()}
    _check_any_key(watchlist, settings)
    lookups = _lookups(watchlist, settings, session)
    plans = []
    for name in providers.names():
        is_needed = _is_needed(name, watchlist)
        is_wanted = not wanted or name in {item.partition(".")[0] for item in wanted}
        if not is_wanted or (settings[name].api_key is None and not is_needed):
            walks = []
        else:
            targets = _targets(
                name, watchlist, has_key=settings[name].api_key is not None, lookups=lookups.get(name, [])
            )
            walks = providers.provider(name).walks_for(targets, settings[name], session)
        plans.append(ProviderPlan(name, settings[name], _open_walks(walks, wanted, session), is_needed))
    return plans


def unserved(watchlist: Watchlist, plans: Sequence[ProviderPlan], session: Session) -> list[dict[str, str]]:
    """Return a notice for each hashtag of the watchlist that no provider will be asked for."""
    notices = []
    for hashtag in watchlist.hashtags:
        asked = [item for item in plans if _asks(hashtag, item.name, has_key=item.settings.api_key is not None)]
        if hashtag.providers == () or any(_can_be_asked(item, hashtag, session) for item in asked):
            continue
        names = ", ".join(item.name for item in asked)
        why = f"{names} cannot be asked for it. Give its name, or other providers." if asked else "there is no key."
        notice = {"provider": asked[0].name if asked else "", "entity": "hashtags", "kind": "not_asked"}
        notices.append(notice | {"detail": f"{hashtag.label}: {why}"})
    return notices


def refusals(plans: Sequence[ProviderPlan], session: Session) -> list[str]:
    """Return messages about walks that must fail: no key, no id, no readable dataset."""
    looked_up = {
        walk.hashtag_key
        for item in plans
        if item.settings.api_key is not None
        for walk in item.walks
        if walk.endpoint == "hashtags"
    }
    found = []
    for item in plans:
        has_key = item.settings.api_key is not None
        if not has_key and any(walk.worst_requests for walk in item.walks):
            found.append(f"{item.name}: the watchlist needs it, but there is no key. Set {key_variable(item.name)}.")
        found += [str(walk.refusal) for walk in item.walks if walk.refusal]
        found += [missing_id(walk) for walk in item.walks if has_key and _lacks_id(walk, looked_up, session)]
    return found


def _lacks_id(walk: Walk, looked_up: set[str | None], session: Session) -> bool:
    has_id = known_id(walk, session) or walk.hashtag_key in looked_up or session.is_missing(walk.hashtag_key)
    return walk.needs_id and not has_id


def _can_be_asked(item: ProviderPlan, hashtag: Hashtag, session: Session) -> bool:
    module = providers.provider(item.name)
    targets = Targets(
        details=[hashtag] if "details" in module.SERVES else (), videos=[hashtag] if "videos" in module.SERVES else ()
    )
    return is_missing(item.name, hashtag, session) or bool(module.walks_for(targets, item.settings, session))


def lines(plans: Sequence[ProviderPlan]) -> list[Line]:
    """Return the worst case per provider and resource, without resources that need no request."""
    found = []
    for item in plans:
        for resource in providers.provider(item.name).ENTITIES:
            walks = [walk for walk in item.walks if walk.endpoint == resource]
            if walks:
                requests = sum(walk.worst_requests for walk in walks)
                credits = sum(walk.worst_credits for walk in walks)
                usd = item.settings.plan.worst_usd(credits)
                found.append(Line(item.name, resource, len(walks), requests, credits, usd))
    return found


def check_limits(plans: Sequence[ProviderPlan], limits: Limits, *, max_usd: float | None = None) -> None:
    """Refuse a run whose worst case exceeds the watchlist's limits.

    Args:
        plans: Each provider's walks.
        limits: The watchlist's limits; those of a day and a month are checked for each request instead.
        max_usd: The command's own limit in dollars, which is also checked for each request.

    Raises:
        BudgetError: It exceeds a limit; nothing was sent.
        ConfigError: There is a dollar limit on credits without a price.
    """
    worst = lines(plans)
    for name, limit in limits.credits_per_run.items():
        credits = sum(line.credits for line in worst if line.provider == name)
        if credits > limit:
            raise BudgetError(
                f"{name}: this run could cost {credits} credits, over the {limit} of [limits.credits_per_run]. "
                "Nothing was sent. Narrow the watchlist (max_videos, providers), or raise the limit."
            )
    dollars = (limits.max_usd_per_run, limits.max_usd_per_day, limits.max_usd_per_month, max_usd)
    for line in worst if any(limit is not None for limit in dollars) else ():
        if line.credits:
            check_priced(line.provider, line.usd)
    if limits.max_usd_per_run is None:
        return
    usd = sum(line.usd or 0.0 for line in worst)
    if usd > limits.max_usd_per_run + 1e-9:
        raise BudgetError(
            f"this run could cost ${usd:.4f}, over the ${limits.max_usd_per_run:.2f} of [limits] max_usd_per_run. "
            "Nothing was sent. Narrow the watchlist (max_videos, providers), or raise the limit."
        )


def _checked_only(only: Sequence[str]) -> set[str]:
    for item in only:
        name, dot, resource = item.partition(".")
        if name not in providers.names():
            raise ConfigError(f"--only {item}: unknown provider; expected one of {', '.join(providers.names())}")
        known = providers.provider(name).ENTITIES
        if dot and resource not in known:
            raise ConfigError(f"--only {item}: unknown resource; {name} has {', '.join(known)}")
    return set(only)


def _open_walks(walks: Sequence[Walk], wanted: set[str], session: Session) -> list[Walk]:
    chosen = [w for w in walks if not wanted or w.provider in wanted or f"{w.provider}.{w.endpoint}" in wanted]
    unique = {walk.key(session): walk for walk in chosen if not walk.is_done(session)}
    return list(unique.values())


def _check_any_key(watchlist: Watchlist, settings: dict[str, Settings]) -> None:
    has_files = any(dataset.path is not None for dataset in watchlist.datasets)
    if has_files or any(item.api_key is not None for item in settings.values()):
        return
    variables = " or ".join(key_variable(name) for name in settings)
    raise ConfigError(
        f"there is no key for any provider. Nothing was sent. Set {variables}, or api_key in .dlt/secrets.toml."
    )


def _is_needed(name: str, watchlist: Watchlist) -> bool:
    """Return whether the watchlist names this provider, or an entry that only it serves."""
    serves = providers.provider(name).SERVES
    return (
        any(name in (hashtag.providers or ()) for hashtag in watchlist.hashtags)
        or ("trends" in serves and bool(watchlist.trends))
        or ("searches" in serves and bool(watchlist.searches))
        or ("datasets" in serves and bool(watchlist.datasets))
    )


def _asks(hashtag: Hashtag, name: str, *, has_key: bool) -> bool:
    return has_key if hashtag.providers is None else name in hashtag.providers


def _targets(name: str, watchlist: Watchlist, *, has_key: bool, lookups: Sequence[Hashtag]) -> Targets:
    serves = providers.provider(name).SERVES
    hashtags = [hashtag for hashtag in watchlist.hashtags if _asks(hashtag, name, has_key=has_key)]
    return Targets(
        details=[*hashtags, *lookups] if "details" in serves else (),
        videos=hashtags if "videos" in serves else (),
        trends=watchlist.trends if "trends" in serves else (),
        searches=watchlist.searches if "searches" in serves else (),
        datasets=watchlist.datasets if "datasets" in serves else (),
    )


def _lookups(watchlist: Watchlist, settings: dict[str, Settings], session: Session) -> dict[str, list[Hashtag]]:
    """Return the details calls that are made only because another provider's videos need a hashtag's id."""
    with_details = [name for name in providers.names() if "details" in providers.provider(name).SERVES]
    found: dict[str, list[Hashtag]] = {}
    for hashtag in watchlist.hashtags:
        if hashtag.id or hashtag.key is None or session.id_of(hashtag.key):
            continue
        asked = [name for name in settings if _asks(hashtag, name, has_key=settings[name].api_key is not None)]
        with_key = [name for name in with_details if settings[name].api_key is not None]
        needs_id = any("videos" in providers.provider(name).SERVES for name in asked)
        if needs_id and with_key and not set(asked) & set(with_key):
            found.setdefault(_cheapest(with_key, hashtag, settings, session), []).append(Hashtag(name=hashtag.spelling))
    return found


def _cheapest(names: Sequence[str], hashtag: Hashtag, settings: dict[str, Settings], session: Session) -> str:
    """Return the provider with the lowest price in dollars; credits of different providers cannot be compared."""

    def price(name: str) -> tuple[bool, float, int]:
        walks = providers.provider(name).walks_for(Targets(details=[hashtag]), settings[name], session)
        credits = sum(walk.worst_credits for walk in walks)
        usd = settings[name].plan.worst_usd(credits)
        return usd is None, usd or 0.0, credits

    return min(names, key=price)
