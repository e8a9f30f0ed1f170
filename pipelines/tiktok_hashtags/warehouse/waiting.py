"""Load packages that wait for the next run, since when and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tiktok_hashtags.project import Project, replace

_INTERRUPTED = "the run that fetched it ended before it was loaded"


@dataclass(frozen=True, slots=True)
class WaitingPackage:
    """A load package that was fetched and not loaded.

    Args:
        load_id: dlt's name for the package: the second, since 1970, in which it was begun.
        reason: The reason why the last attempt failed, or that there was none.
    """

    load_id: str
    reason: str

    def __str__(self) -> str:
        """Return the package for the user."""
        return f"load package {self.load_id}, fetched {self._since}: {self.reason}"

    @property
    def _since(self) -> str:
        try:
            return f"{datetime.fromtimestamp(float(self.load_id), UTC):%Y-%m-%d %H:%M} UTC"
        except (ValueError, OverflowError, OSError):
            return "at an unknown time"


def waiting_packages(project: Project) -> list[WaitingPackage]:
    """Return the packages that wait, the oldest first."""
    reasons = _reasons(project)
    return [WaitingPackage(name, reasons.get(name, _INTERRUPTED)) for name in sorted(set(_pending(project)))]


def remember_failure(project: Project, reason: str) -> None:
    """Note for `waiting_packages` why the packages that wait now could not be loaded.

    Without room or the right to write it, the note is not made: the error of the load is what the user is told.
    """
    with suppress(OSError):
        noted = json.dumps(dict.fromkeys(_pending(project), reason))
        replace(_notes(project), lambda aside: aside.write_text(noted, encoding="utf-8"))


def _notes(project: Project) -> Path:
    return project.pipelines / "waiting.json"


def _pending(project: Project) -> Iterator[str]:
    for place in ("load/normalized", "normalize/extracted"):
        yield from (found.name for found in project.pipelines.glob(f"*/{place}/*") if found.is_dir())


def _reasons(project: Project) -> dict[str, str]:
    try:
        found = json.loads(_notes(project).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(reason) for name, reason in found.items()} if isinstance(found, dict) else {}
