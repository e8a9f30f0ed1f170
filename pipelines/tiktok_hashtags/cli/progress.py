"""A run's progress on stderr."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tiktok_hashtags.redaction import printable

logger = logging.getLogger(__name__)


class Shown:
    """A run's progress: a live line per provider on a terminal, log lines elsewhere."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._stage = progress.add_task("starting", total=None) if progress else None
        self._tasks: dict[str, Any] = {}
        self._items: Counter[str] = Counter()

    def stage(self, text: str) -> None:
        """Show the run's current stage."""
        if self._progress and self._stage is not None:
            self._progress.update(self._stage, description=text)
        else:
            logger.info("%s", text)

    def page(self, provider: str, target: str, items: int) -> None:
        """Show a page that came in."""
        if not self._progress:
            return
        if provider not in self._tasks:
            self._tasks[provider] = self._progress.add_task(provider, total=None)
        self._items[provider] += items
        self._progress.update(
            self._tasks[provider],
            description=f"  {provider}: {self._items[provider]:,} items, {escape(printable(target))}",
        )


@contextmanager
def progress() -> Iterator[Shown]:
    """Show a run on stderr while it lasts."""
    if not sys.stderr.isatty():
        yield Shown(None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as live:
        yield Shown(live)
