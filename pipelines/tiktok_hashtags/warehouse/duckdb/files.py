"""Copies between DuckDB files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.project import replace


def quoted(path: Path) -> str:
    """Return a path as a string literal of SQL."""
    text = str(path.resolve()).replace("'", "''")
    return f"'{text}'"


@contextmanager
def copying(source: Path, target: Path, *, options: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file as `source` and a new one as `target`, which is whole on disk at the end.

    Args:
        source: The file to read.
        target: The file to create.
        options: DuckDB's options for the new file, in parentheses.

    Raises:
        duckdb.Error: A file cannot be opened, read or written.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach {quoted(source)} as source (read_only)")
        connection.execute(f"attach {quoted(target)} as target {options}")
        yield connection
        connection.execute("detach target")


def compact(path: Path) -> None:
    """Rewrite a DuckDB file, because it keeps the space of deleted rows for reuse.

    Call it under the project's lock.

    Raises:
        LoadError: It could not be written; the old file stays.
    """

    def write(aside: Path) -> None:
        with copying(path, aside) as connection:
            connection.execute("set force_compression = 'zstd'")
            connection.execute("copy from database source to target")

    try:
        for left in path.parent.glob(f".{path.name}.*.next"):  # left by a compaction that was killed
            left.unlink()
        replace(path, write)
    except (OSError, duckdb.Error) as error:
        raise LoadError(f"{path.name}: rows were deleted, but their space was not freed: {error}") from error
