"""Looks at a project that change nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tiktok_hashtags.clock import Clock
from tiktok_hashtags.commands.options import json_option, now_option
from tiktok_hashtags.errors import ConfigError

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@click.pass_obj
def status(project: Project, as_json: bool) -> None:
    """Show the last runs, what is incomplete, and how much is in the warehouse."""
    from tiktok_hashtags import console
    from tiktok_hashtags.inspect_warehouse import read_status

    found = read_status(project)
    if as_json:
        click.echo(json.dumps(found, default=str, ensure_ascii=False))
    else:
        console.stdout().print(console.status_view(found))


@click.command()
@json_option
@now_option
@click.option("--days", type=click.IntRange(1), default=31, show_default=True, help="UTC days to look back.")
@click.pass_obj
def usage(project: Project, as_json: bool, clock: Clock, days: int) -> None:
    """Show requests, credits and dollars by day and provider, from the ledger."""
    from tiktok_hashtags import console
    from tiktok_hashtags.usage import read_usage

    rows = read_usage(project, since=clock().date() - timedelta(days=days - 1))
    if as_json:
        click.echo(json.dumps({"usage": rows}, ensure_ascii=False))
    else:
        console.stdout().print(console.usage_table(rows))


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check the watchlist, the keys, the settings and the files; sends nothing."""
    from tiktok_hashtags import console
    from tiktok_hashtags.doctor import checks

    found = checks(ctx.obj)
    if as_json:
        click.echo(json.dumps({"checks": [check.as_json() for check in found]}, ensure_ascii=False))
    else:
        console.stdout().print(console.doctor_table(found))
    ctx.exit(0 if all(check.is_ok for check in found) else ConfigError.exit_code)


@click.command()
@click.argument("sql")
@json_option
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows to print at most.")
@click.pass_obj
def query(project: Project, sql: str, as_json: bool, limit: int) -> None:
    """Ask the warehouse in SQL, read-only: `tiktags query "select * from marts.dim_hashtag"`."""
    from tiktok_hashtags import console
    from tiktok_hashtags.inspect_warehouse import read_query

    columns, rows = read_query(project, sql, limit=limit)
    if as_json:
        click.echo(json.dumps(console.rows_json(columns, rows), ensure_ascii=False, allow_nan=False))
    else:
        console.stdout().print(console.rows_table(columns, rows))
