"""What keeps a project from growing for ever."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from tiktok_hashtags.clock import Clock
from tiktok_hashtags.commands.options import json_option, now_option

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project
    from tiktok_hashtags.prune import Pruning


@click.command()
@click.option("--yes", "is_sure", is_flag=True, help="Remove it, without asking.")
@json_option
@now_option
@click.pass_obj
def prune(project: Project, is_sure: bool, as_json: bool, clock: Clock) -> None:
    """Show what can go, and with --yes remove it: old pages of the journal, raw rows without use, dlt's leftovers.

    No mart changes, and the ledger stays. A replay can only go back as far as the pages do: `journal_days` under
    [retention] in .dlt/config.toml, by default 35.
    """
    from tiktok_hashtags import console
    from tiktok_hashtags.prune import prune as prune_project

    def is_wanted(found: Pruning) -> bool:
        if is_sure or as_json or not found.parts or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return is_sure
        console.stdout().print(console.pruning_view(found))
        return click.confirm("Remove all this?")

    done = prune_project(project, clock=clock, is_wanted=is_wanted)
    if as_json:
        click.echo(json.dumps(done.as_json(), default=str, ensure_ascii=False))
    else:
        console.stdout().print(console.pruning_view(done))
