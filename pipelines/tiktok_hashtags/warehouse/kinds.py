"""The kinds of warehouse, and which of them a project has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import dlt

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import Warehouse
from tiktok_hashtags.warehouse.duckdb.database import DuckDbFile
from tiktok_hashtags.warehouse.postgres.database import PostgresServer

# A further kind is a folder beside these two and a line here; the names are the values of `destination`.
KINDS: dict[str, Callable[[Project], Warehouse]] = {"duckdb": DuckDbFile, "postgres": PostgresServer}
DEFAULT = "duckdb"


def open_warehouse(project: Project) -> Warehouse:
    """Return the warehouse that `destination` in the project's `.dlt/config.toml` chooses, by default a DuckDB file.

    Raises:
        ConfigError: There is no such destination, or it lacks credentials or a package.
    """
    found: object = dlt.config.get("destination")
    if isinstance(found, Mapping):
        _check_unchosen(found)
        found = DEFAULT
    name = str(found or DEFAULT)
    if name not in KINDS:
        raise ConfigError(f"destination: expected one of {', '.join(KINDS)}, found {name!r}")
    return KINDS[name](project)


def _check_unchosen(tables: Mapping[str, object]) -> None:
    """Check that no kind is configured under `[destination]` which nothing chooses; dlt has tables of its own there.

    Raises:
        ConfigError: One is.
    """
    for name in KINDS:
        if name in tables and name != DEFAULT:
            raise ConfigError(
                f"destination: expected one of {', '.join(KINDS)}, found a table. "
                f'Put `destination = "{name}"` at the top of .dlt/config.toml and '
                f"[destination.{name}.credentials] into .dlt/secrets.toml."
            )
