"""The commands that show a project and change nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group, RenderableType

from tiktok_hashtags.cli.options import json_option, now_option
from tiktok_hashtags.cli.tables import dollars, rows_table, shown_line, stdout
from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.errors import ConfigError

if TYPE_CHECKING:
    from tiktok_hashtags.jobs import Check
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@click.pass_obj
def status(project: Project, as_json: bool) -> None:
    """Show the last runs, their incomplete walks, and the rows of the marts."""
    from tiktok_hashtags.jobs import unfinished
    from tiktok_hashtags.warehouse import read_status

    found = read_status(project) | {"unfinished_runs": unfinished(project, today=system_clock().date())}
    if as_json:
        click.echo(json.dumps(found, default=str, ensure_ascii=False))
    else:
        stdout().print(status_view(found))


@click.command()
@json_option
@now_option
@click.option("--days", type=click.IntRange(1), default=31, show_default=True, help="UTC days to look back.")
@click.pass_obj
def usage(project: Project, as_json: bool, clock: Clock, days: int) -> None:
    """Show requests, credits and dollars by day and provider, from the ledger."""
    from tiktok_hashtags.jobs import read_usage

    rows = read_usage(project, since=clock().date() - timedelta(days=days - 1))
    if as_json:
        click.echo(json.dumps({"usage": rows}, ensure_ascii=False))
    else:
        stdout().print(usage_table(rows))


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check the watchlist, the keys, the settings and the files; sends nothing."""
    from tiktok_hashtags.jobs import checks

    found = checks(ctx.obj)
    if as_json:
        click.echo(json.dumps({"checks": [check.as_json() for check in found]}, ensure_ascii=False))
    else:
        stdout().print(doctor_table(found))
    ctx.exit(0 if all(check.is_ok for check in found) else ConfigError.exit_code)


def status_view(found: dict[str, Any]) -> RenderableType:
    """Return the state of the warehouse."""
    if not found["runs"]:
        return shown_line("The warehouse has no runs yet.")
    runs = rows_table(list(found["runs"][0]), [tuple(run.values()) for run in found["runs"]], title="Last runs")
    tables = rows_table(("table", "rows"), list(found["tables"].items()), title="Tables")
    notes: list[RenderableType] = [shown_line(line) for line in found["unfinished_runs"]]
    for name, title in (("incomplete_walks", "Incomplete in the last run"), ("interrupted_walks", "Interrupted")):
        if found[name]:
            notes.append(rows_table(list(found[name][0]), [tuple(w.values()) for w in found[name]], title=title))
    return Group(runs, *(notes or [shown_line("The last run is complete.")]), tables)


def usage_table(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """Return the ledger by day and provider."""
    if not rows:
        return shown_line("The ledger has no requests in these days.")
    cells = [(*list(row.values())[:-1], dollars(row["cost_usd"])) for row in rows]
    return rows_table([name.replace("_", " ") for name in rows[0]], cells)


def doctor_table(checks: Sequence[Check]) -> RenderableType:
    """Return the checks as a table."""
    return rows_table(("check", "", "detail"), [(c.name, "ok" if c.is_ok else "FAILED", c.detail) for c in checks])
