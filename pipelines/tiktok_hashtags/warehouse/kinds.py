"""The kinds of warehouse, and the choice of a project's own."""

from __future__ import annotations

from collections.abc import Callable

from tiktok_hashtags.config import destination
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
        ConfigError: The destination does not exist, or it lacks credentials or a package.
    """
    return KINDS[destination(KINDS)](project)
