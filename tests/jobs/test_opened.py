"""What a pass over the providers takes from the watchlist and from the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiktok_hashtags.jobs.opened import Options, open_project
from tiktok_hashtags.project import Project


@pytest.mark.parametrize(
    ("in_the_watchlist", "of_the_command", "holds"),
    [(2.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, None, 1.0), (None, 2.0, 2.0), (None, None, None)],
)
def test_the_lower_of_two_dollar_limits_holds(
    tmp_path: Path, in_the_watchlist: float | None, of_the_command: float | None, holds: float | None
) -> None:
    limits = "" if in_the_watchlist is None else f"[limits]\nmax_usd_per_run = {in_the_watchlist}\n"
    project = Project(tmp_path)
    project.watchlist.write_text(f'{limits}[[hashtags]]\nname = "cat"\n', "utf-8")

    with open_project(project) as opened, opened.session(Options(max_usd=of_the_command)) as session:
        found = session.budget.max_usd

    assert found == holds
