"""The command that documents tables and columns."""

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
def docs(project: Project, as_json: bool) -> None:
    """Write the data dictionary: every table and column with its meaning, in one page that needs no network."""
    from tiktok_hashtags.jobs import write_docs

    path = str(write_docs(project))
    if as_json:
        click.echo(json.dumps({"docs": path}, ensure_ascii=False))
    else:
        say(path)
