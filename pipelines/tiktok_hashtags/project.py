"""The paths of a project's files, and the atomic replacement of a file."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a watchlist and the files that runs write."""

    root: Path

    def make_data(self) -> None:
        """Create the folder of the runs, readable by its owner only; an existing one keeps its mode."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, exist_ok=True)

    @property
    def watchlist(self) -> Path:
        """The file that lists what to track."""
        return self.root / "watchlist.toml"

    @property
    def secrets(self) -> Path:
        """The file with the keys, if they are not in the environment."""
        return self.root / ".dlt" / "secrets.toml"

    @property
    def secrets_warning(self) -> str | None:
        """A warning if others can read the secrets file; None if they cannot, or if there is no such file."""
        return _others_can_read(self.secrets, mode="600")

    @property
    def data_warning(self) -> str | None:
        """A warning if others can read what runs keep; None if they cannot, or if there is no such folder yet."""
        return _others_can_read(self.data, mode="700")

    @property
    def data(self) -> Path:
        """The folder of everything that runs write for their own use."""
        return self.root / "data"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that loads and dbt write."""
        return self.data / "warehouse.duckdb"

    @property
    def journal(self) -> Path:
        """The page journal and credit ledger."""
        return self.data / "journal.sqlite"

    @property
    def lock(self) -> Path:
        """The file that a run locks while it is under way."""
        return self.data / "run.lock"

    @property
    def pipelines(self) -> Path:
        """Dlt's working folder."""
        return self.data / "dlt"

    @property
    def quarantine(self) -> Path:
        """The folder of load packages that can never be loaded."""
        return self.data / "dlt-set-aside"

    @property
    def exports(self) -> Path:
        """The folder that BI tools read."""
        return self.root / "exports"

    @property
    def publication(self) -> Path:
        """The published DuckDB file."""
        return self.exports / "hashtags.duckdb"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.root / "reports" / "index.html"

    @property
    def demo_marker(self) -> Path:
        """The file that marks a folder whose data are made up."""
        return self.root / ".tiktags-demo"

    @property
    def is_demo(self) -> bool:
        """Whether the data are made up."""
        return self.demo_marker.exists()

    @property
    def docs(self) -> Path:
        """The data dictionary."""
        return self.root / "reports" / "docs"

    @property
    def dbt(self) -> Path:
        """Dbt's target and logs."""
        return self.data / "dbt"


def _others_can_read(path: Path, *, mode: str) -> str | None:
    """Return a warning if others have any right on a path; None if they have none, or if it does not exist."""
    found = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
    return f"{path} can be read by others (mode {found:o}); run chmod {mode} {path}" if found & 0o077 else None


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Replace a file at once: readers find the old or the new one, never a part, even if this process is killed.

    Args:
        path: The file; its mode stays. Processes that have the old one open can go on reading it.
        write: Writes the new file at the path that it is given.

    Raises:
        OSError: The file could not be written; the old one stays.
    """
    # The name belongs to this call, because two processes may replace a file at the same time.
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.next")
    try:
        write(aside)
        if path.exists():
            aside.chmod(stat.S_IMODE(path.stat().st_mode))
        replace_all({path: aside})
    finally:
        aside.unlink(missing_ok=True)


def replace_all(files: Mapping[Path, Path]) -> None:
    """Replace several files; for a short moment, new and old ones are mixed.

    Args:
        files: Each new file by the path that it replaces, on the same file system.

    Raises:
        OSError: A file could not be moved; those before it in the mapping were.
    """
    for new in files.values():
        with new.open("rb") as written:
            os.fsync(written.fileno())
    for place, new in files.items():
        new.replace(place)
