"""Raw rebuilt from the journal without a request, for instance after a decoder changed or the warehouse was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.errors import ConfigError, worst_exit_code
from tiktok_hashtags.fetch import Journal
from tiktok_hashtags.jobs.opened import Options, journal_path, open_project
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.recovery import past_options
from tiktok_hashtags.jobs.run import rebuild, run_project
from tiktok_hashtags.project import Project

logger = logging.getLogger(__name__)


@dataclass
class Replay:
    """What a replay did, one outcome a snapshot date; of `pruned_dates` the pages are gone, and raw stays as it is."""

    days: list[Outcome] = field(default_factory=list)
    exit_code: int = 0
    pruned_dates: list[date] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the replay as `tiktags replay --json` prints it."""
        pruned = [day.isoformat() for day in self.pruned_dates]
        return {"exit_code": self.exit_code, "days": [day.as_json() for day in self.days], "pruned_dates": pruned}


def replay_dates(
    project: Project, *, since: date, clock: Clock = system_clock, on_stage: Callable[[str], None] = logger.info
) -> Replay:
    """Load the journal's pages again, date by date; the newer decoding of a page wins in the marts.

    Each date is walked by the watchlist of its own last run, or by today's where the warehouse has none. Local dataset
    files are left out: they are read from where they are. Walks whose pages are not in the journal are said, and are no
    failure.

    Args:
        project: The project; its journal is read, nothing is sent.
        since: The first snapshot date.
        clock: What the marts and the report take for the current time.
        on_stage: Told what is done now.

    Raises:
        ConfigError: The journal has no pages from that date on.
    """
    if not journal_path(project).exists():
        raise ConfigError(f"{journal_path(project)}: there is no journal to replay")
    with open_project(project) as opened:
        done = Replay(pruned_dates=opened.journal.pruned_dates(since=since))
        dates = _dates(opened.journal, since, done.pruned_dates)
        days = {day: past_options(opened, day, Options(on_stage=on_stage, is_anew=True)) for day in dates}
    for day, options in days.items():
        on_stage(f"replaying {day}")
        done.days.append(run_project(project, options))
        done.exit_code = worst_exit_code([day.exit_code for day in done.days])
        if done.exit_code > 128:  # a signal came
            return done
    rebuild(project, clock=clock, on_stage=on_stage)
    return done


def _dates(journal: Journal, since: date, pruned: Sequence[date]) -> list[date]:
    """Return the dates that have pages."""
    dates = journal.page_dates(since=since)
    if not dates:
        gone = f" (pruned: {pruned[0]} to {pruned[-1]})" if pruned else ""
        raise ConfigError(f"{journal.path.name}: no pages from {since} on{gone}; nothing was replayed")
    return dates
