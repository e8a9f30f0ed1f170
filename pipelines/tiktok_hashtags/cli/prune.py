"""The deletion of data that a project no longer needs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType

from tiktok_hashtags.cli.options import json_option, now_option
from tiktok_hashtags.cli.tables import rows_table, shown_line, stdout
from tiktok_hashtags.clock import Clock

if TYPE_CHECKING:
    from tiktok_hashtags.jobs import Pruning
    from tiktok_hashtags.project import Project


@click.command()
@click.option("--yes", "is_sure", is_flag=True, help="Delete the data without asking.")
@json_option
@now_option
@click.pass_obj
def prune(project: Project, is_sure: bool, as_json: bool, clock: Clock) -> None:
    """List data that can be deleted: old pages, unused raw rows, dlt's leftovers. With --yes, delete them.

    No mart changes, and the ledger stays. A replay can only go back as far as the pages: `journal_days` under
    [retention] in .dlt/config.toml, by default 35.
    """
    from tiktok_hashtags.jobs import prune_project

    def is_wanted(found: Pruning) -> bool:
        if is_sure or as_json or not found.parts or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return is_sure
        stdout().print(pruning_view(found))
        return click.confirm("Delete all this?")

    done = prune_project(project, clock=clock, is_wanted=is_wanted)
    if as_json:
        click.echo(json.dumps(done.as_json(), default=str, ensure_ascii=False))
    else:
        stdout().print(pruning_view(done))


def pruning_view(pruning: Pruning) -> RenderableType:
    """Return a table of the data that can be deleted, or were."""
    kept = pruning.retention
    if not pruning.parts:
        return shown_line(f"Nothing to delete: no pages older than {kept.journal_days} days, and no unused raw rows.")
    rows = [(part.name, part.reason, part.rows, part.first_date, part.last_date, part.bytes) for part in pruning.parts]
    message = "Deleted." if pruning.is_removed else "Nothing was deleted: `tiktags prune --yes` does it."
    freed = [] if pruning.freed_bytes is None else [shown_line(f"The files are {pruning.freed_bytes:,} bytes smaller.")]
    table = rows_table(("what", "why", "rows", "first date", "last date", "bytes"), rows)
    return Group(table, shown_line(message), *freed, *map(shown_line, pruning.notes))
