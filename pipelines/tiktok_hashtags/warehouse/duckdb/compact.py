"""Gives back the space of deleted rows in a DuckDB file."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from tiktok_hashtags.errors import LoadError


def compact(path: Path) -> None:
    """Write a DuckDB file anew: it reuses the space of deleted rows, but does not give it back."""
    aside = path.with_name(f"{path.name}.next")
    try:
        aside.unlink(missing_ok=True)
        with duckdb.connect(config={"force_compression": "zstd"}) as connection:
            connection.execute(f"attach {_quoted(path)} as warehouse (read_only)")
            connection.execute(f"attach {_quoted(aside)} as compacted")
            connection.execute("copy from database warehouse to compacted")
            connection.execute("detach compacted")
        aside.chmod(path.stat().st_mode)
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(path)
    except (OSError, duckdb.Error) as error:
        raise LoadError(f"{path.name}: rows were removed, but their space was not given back: {error}") from error
    finally:
        aside.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    text = str(path.resolve()).replace("'", "''")
    return f"'{text}'"
