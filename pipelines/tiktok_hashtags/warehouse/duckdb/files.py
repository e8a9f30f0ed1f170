"""Copies between DuckDB files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tiktok_hashtags.errors import LoadError
from tiktok_hashtags.project import replace


def quoted(path: Path) -> str:
    """Return a path as DuckDB's SQL has it."""
    text = str(path.resolve()).replace("'", "''")
    return f"'{text}'"


@contextmanager
def copying(source: Path, target: Path, *, options: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file as `source` and a new one as `target`, which is whole on disk at the end.

    Args:
        source: The file to read.
        target: The file to make.
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
    """Write a DuckDB file anew: it reuses the space of deleted rows, but keeps it.

    Call it under the project's lock.

    Raises:
        LoadError: It could not be written; the file is as it was.
    """

    def write(aside: Path) -> None:
        with copying(path, aside) as connection:
            connection.execute("set force_compression = 'zstd'")
            connection.execute("copy from database source to target")

    try:
        for left in path.parent.glob(f".{path.name}.*.next"):  # by a compaction that was killed
            left.unlink()
        replace(path, write)
    except (OSError, duckdb.Error) as error:
        raise LoadError(f"{path.name}: rows were removed, but their space was not given back: {error}") from error
