"""The commands that rebuild the marts from raw and write their report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from tiktok_hashtags.cli.options import json_option, now_option
from tiktok_hashtags.cli.progress import progress
from tiktok_hashtags.cli.tables import say

if TYPE_CHECKING:
    from tiktok_hashtags.clock import Clock
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@now_option
@click.option("--full-refresh", is_flag=True, help="Build every model from all of raw, as an upgrade may need.")
@click.pass_obj
def transform(project: Project, as_json: bool, clock: Clock, full_refresh: bool) -> None:
    """Build, test and publish the marts from raw, like the end of a run; sends nothing."""
    from tiktok_hashtags.jobs import rebuild

    with progress() as shown:
        paths = rebuild(project, full_refresh=full_refresh, clock=clock, on_stage=shown.stage)
    if as_json:
        click.echo(json.dumps({"published": paths}, ensure_ascii=False))
    else:
        for path in paths:
            say(path)


@click.command()
@json_option
@now_option
@click.option("--open", "is_opened", is_flag=True, help="Show it in the browser.")
@click.pass_obj
def report(project: Project, as_json: bool, clock: Clock, is_opened: bool) -> None:
    """Write the HTML report of the published marts: one file that works offline and can be mailed."""
    from tiktok_hashtags.report import write_report

    written = write_report(project, clock=clock)
    if as_json:
        click.echo(json.dumps(written.as_json(), ensure_ascii=False))
    else:
        say(str(written.path))
    if is_opened and click.launch(written.path.resolve().as_uri()):
        say(f"No program to open it was found. Open {written.path} in a browser.", err=True)
