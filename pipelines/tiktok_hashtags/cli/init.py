"""The command that starts a project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from tiktok_hashtags.cli.options import json_option
from tiktok_hashtags.cli.tables import say

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@click.pass_obj
def init(project: Project, as_json: bool) -> None:
    """Write a watchlist and the configuration of a new project."""
    from tiktok_hashtags.jobs import write_project

    written = write_project(project.root)
    if as_json:
        click.echo(json.dumps({"written": [str(path) for path in written]}, ensure_ascii=False))
        return
    for path in written:
        say(f"wrote {path}")
    click.echo(
        "Next: a key in .dlt/secrets.toml, your hashtags in watchlist.toml, then `tiktags plan` and `tiktags run`."
    )
