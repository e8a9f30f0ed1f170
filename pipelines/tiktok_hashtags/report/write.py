"""Puts the report together from the published marts and swaps it in."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiktok_hashtags import __version__
from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.errors import NothingPublishedError, ReportError, TiktagsError
from tiktok_hashtags.project import Project, replace
from tiktok_hashtags.report import campaigns, content, costs, hashtags, health, people, trends
from tiktok_hashtags.report.marts import Marts, json_value, published_marts, read_parts
from tiktok_hashtags.report.page import render

logger = logging.getLogger(__name__)
PARTS = {
    **hashtags.PARTS,
    **trends.PARTS,
    **content.PARTS,
    **people.PARTS,
    **campaigns.PARTS,
    **costs.PARTS,
    **health.PARTS,
}


@dataclass(frozen=True)
class Report:
    """A written report.

    Args:
        path: The file.
        bytes: Its size.
        snapshot_date: The newest date in it, ISO; None if nothing was observed.
        notices: The notices that a reader needs before the numbers, each with a level.
    """

    path: Path
    bytes: int
    snapshot_date: str | None
    notices: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `tiktags report --json` prints it."""
        return {
            "report": str(self.path),
            "bytes": self.bytes,
            "snapshot_date": self.snapshot_date,
            "notices": self.notices,
        }


def write_report(project: Project, *, clock: Clock = system_clock, problems: Sequence[str] = ()) -> Report:
    """Write `reports/index.html` from what is published.

    Args:
        project: The project whose publication is shown.
        clock: Gives the time of writing.
        problems: The failures of the run that writes the page; shown at its top.

    Raises:
        NothingPublishedError: There is no publication yet.
        ConfigError: The warehouse's settings are wrong, or its server cannot be reached.
        ReportError: The publication could not be read, or the file could not be written; the former report stays.
    """
    try:
        with published_marts(project) as (marts, source):
            data = _data(project, marts, source, clock, problems)
        content = render(data).encode("utf-8", "replace")
        project.report.parent.mkdir(parents=True, exist_ok=True)
        replace(project.report, lambda aside: aside.write_bytes(content))
    except OSError as error:
        raise ReportError(f"{project.report}: could not be written: {error}. The former report stays.") from error
    logger.info("wrote %s", project.report)
    return Report(project.report, len(content), data["meta"]["snapshot_date"], data["notices"])


def report_run(project: Project, *, clock: Clock, problems: list[str]) -> int:
    """Write the report at the end of a run; add a failure to the problems, and return its exit code."""
    try:
        write_report(project, clock=clock, problems=problems)
    except NothingPublishedError:
        logger.info("nothing is published yet, so there is nothing to report")
    except TiktagsError as error:
        problems.append(str(error))
        logger.error("%s", error)
        return error.exit_code
    return 0


def _data(project: Project, marts: Marts, source: str, clock: Clock, problems: Sequence[str]) -> dict[str, Any]:
    now = clock()
    parts = read_parts(marts, PARTS)
    parts["tests"] = health.dbt_results(project.dbt / "target" / "run_results.json")
    notices = health.notices(
        parts, latest=marts.latest, today=now.date(), is_synthetic=project.is_demo, problems=list(problems)
    )
    meta = {
        "written_at": json_value(now),
        "snapshot_date": json_value(marts.latest),
        "source": source,
        "version": __version__,
    }
    return {"meta": meta, "notices": notices, "parts": parts}
