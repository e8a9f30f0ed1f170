"""The registry of providers: every module of this package without a leading underscore is one.

A provider's module is named after it and has `NAME`, `SERVES` (the parts of a watchlist that it can serve), `ENTITIES`
(raw tables by resource), `configured()`, `walks_for()`, and a dlt source with the provider's name. A folder appended to
this package's `__path__` is searched too.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, cast

from tiktok_hashtags.extract import Entity, Session, Settings, Targets, Walk


class Provider(Protocol):
    """The part of a provider's module that plans and runs use."""

    NAME: str
    SERVES: frozenset[str]
    ENTITIES: Mapping[str, Entity]

    def configured(self, **given: object) -> Settings:
        """Return the provider's settings."""

    def walks_for(self, targets: Targets, settings: Settings, session: Session) -> list[Walk]:
        """Return the walks for some targets."""


def names() -> tuple[str, ...]:
    """Return the providers' names, those with hashtag details first: others need the ids that details bring."""
    return _names(tuple(__path__))


@cache
def _names(folders: tuple[str, ...]) -> tuple[str, ...]:
    found = [module.name for module in pkgutil.iter_modules(folders) if not module.name.startswith("_")]
    return tuple(sorted(found, key=lambda name: ("details" not in provider(name).SERVES, name)))


@cache
def provider(name: str) -> Provider:
    """Return a provider's module."""
    return cast(Provider, importlib.import_module(f"{__name__}.{name}"))


def source(name: str) -> Callable[..., Any]:
    """Return a provider's dlt source."""
    return cast("Callable[..., Any]", getattr(provider(name), name))
