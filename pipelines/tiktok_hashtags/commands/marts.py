"""The marts made again from what is loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from tiktok_hashtags.commands.options import json_option

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@click.pass_obj
def publish(project: Project, as_json: bool) -> None:
    """Build and test the marts from what is loaded, then publish them for BI tools."""
    from tiktok_hashtags import console
    from tiktok_hashtags.run import rebuild

    with console.progress() as shown:
        paths = [str(path) for path in rebuild(project, on_stage=shown.stage)]
    click.echo(json.dumps({"published": paths}, ensure_ascii=False) if as_json else "\n".join(paths))
