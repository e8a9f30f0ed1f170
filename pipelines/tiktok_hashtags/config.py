"""The tables of dlt's configuration that belong to no provider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dlt

from tiktok_hashtags.errors import ConfigError

DEFAULT_JOURNAL_DAYS = 35
_KEYS = ("journal_days", "rejects_days")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days before today; None is for ever.

    Args:
        journal_days: Pages of the journal, and dlt's notes on loads that are done.
        rejects_days: `raw.rejects` and `raw.notices`.
    """

    journal_days: int = DEFAULT_JOURNAL_DAYS
    rejects_days: int | None = None


def read_retention() -> Retention:
    """Read `[retention]` of `.dlt/config.toml`.

    Raises:
        ConfigError: A value is no number of days.
    """
    found: dict[str, object] = {name: dlt.config.get(f"retention.{name}") for name in _KEYS}
    return Retention(**{name: _days(name, value) for name, value in found.items() if value not in (None, "")})


def _days(name: str, found: object) -> int:
    text = str(found)
    if isinstance(found, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise ConfigError(f"[retention] {name}: expected a number of days, at least 1, found {found!r}")
    return int(text)


def shared_ledger() -> Path | None:
    """Return the journal and ledger that several project folders share: `[sources] ledger_path`; None for their own."""
    found: object = dlt.config.get("sources.ledger_path")
    return Path(str(found)) if found else None


def key_variable(provider: str) -> str:
    """Return the environment variable that holds a provider's key."""
    return f"SOURCES__{provider.upper()}__API_KEY"
