"""Where a project keeps its files."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a watchlist, and what runs leave in it."""

    root: Path

    def make_data(self) -> None:
        """Make the folder of the runs, for its owner's eyes alone; one that is there keeps its mode."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, exist_ok=True)

    @property
    def watchlist(self) -> Path:
        """What to track."""
        return self.root / "watchlist.toml"

    @property
    def secrets(self) -> Path:
        """The file with the keys, if they are not in the environment."""
        return self.root / ".dlt" / "secrets.toml"

    @property
    def secrets_warning(self) -> str | None:
        """What is wrong with the secrets file's mode; None where nothing is, or where there is no such file."""
        mode = stat.S_IMODE(self.secrets.stat().st_mode) if self.secrets.is_file() else 0
        if not mode & 0o077:
            return None
        return f"{self.secrets} can be read by others (mode {mode:o}); run chmod 600 {self.secrets}"

    @property
    def data(self) -> Path:
        """Everything that runs write for themselves."""
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
        """Held by the run that is under way."""
        return self.data / "run.lock"

    @property
    def pipelines(self) -> Path:
        """Dlt's working folder."""
        return self.data / "dlt"

    @property
    def set_aside(self) -> Path:
        """Load packages that could never be loaded."""
        return self.data / "dlt-set-aside"

    @property
    def exports(self) -> Path:
        """What BI tools read."""
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
        """Lies in a folder whose data are made up."""
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
