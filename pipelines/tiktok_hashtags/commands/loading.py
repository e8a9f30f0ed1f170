"""Fetching and loading: what it would cost, a run, a replay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tiktok_hashtags.clock import Clock
from tiktok_hashtags.commands.options import json_option, now_option, only_option
from tiktok_hashtags.errors import TiktagsError

if TYPE_CHECKING:
    from tiktok_hashtags.notify import Notify
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@now_option
@only_option
@click.pass_context
def plan(ctx: click.Context, as_json: bool, clock: Clock, only: Sequence[str]) -> None:
    """Show what a run would ask for and what it can cost; sends nothing."""
    from tiktok_hashtags import console
    from tiktok_hashtags.plan import check_limits, lines
    from tiktok_hashtags.run import Options, planned

    watchlist, plans, notes = planned(ctx.obj, Options(clock=clock, only=only))
    found = lines(plans)
    skipped = [item.name for item in plans if item.is_skipped]
    refusal = None
    try:
        check_limits(plans, watchlist.limits)
    except TiktagsError as error:
        refusal = error
    if as_json:
        click.echo(json.dumps(console.plan_json(found, skipped, notes=notes, refusal=refusal), ensure_ascii=False))
    else:
        console.stdout().print(console.plan_table(found, skipped, notes=notes))
    if refusal:
        click.echo(f"tiktags: {refusal}", err=True)
        ctx.exit(refusal.exit_code)


@click.command()
@json_option
@now_option
@only_option
@click.option(
    "--concurrency", type=click.IntRange(1, 200), default=20, show_default=True, help="Walks at the same time."
)
@click.option("--max-usd", type=click.FloatRange(0), help="Stop before a request that could bring this run over this.")
@click.option("--transform/--no-transform", default=True, help="Build and test the marts after loading.")
@click.pass_context
def run(
    ctx: click.Context,
    as_json: bool,
    clock: Clock,
    only: Sequence[str],
    concurrency: int,
    max_usd: float | None,
    transform: bool,
) -> None:
    """Fetch and load what today does not have yet, then build and test the marts."""
    from tiktok_hashtags import console
    from tiktok_hashtags.notify import failure, read_notify
    from tiktok_hashtags.run import Options
    from tiktok_hashtags.run import run as run_once

    notify = read_notify()
    if ctx.obj.secrets_warning:
        click.echo(f"tiktags: {ctx.obj.secrets_warning}", err=True)
    with console.progress() as shown:
        options = Options(
            clock=clock,
            only=only,
            concurrency=concurrency,
            max_usd=max_usd,
            transforms=transform,
            on_page=shown.page,
            on_stage=shown.stage,
        )
        try:
            outcome = run_once(ctx.obj, options)
        except Exception as error:
            _notified(ctx.obj, notify, failure(error))
            raise
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
    else:
        console.stdout().print(console.run_summary(outcome))
    _notified(ctx.obj, notify, outcome.as_json())
    ctx.exit(outcome.exit_code)


def _notified(project: Project, notify: Notify, outcome: dict[str, Any]) -> None:
    """Tell whoever is to be told; what goes wrong with that is a message."""
    from tiktok_hashtags.notify import run_report

    for problem in notify.send(run_report(project, outcome)):
        click.echo(f"tiktags: {problem}", err=True)


@click.command()
@json_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first snapshot date.")
@click.pass_context
def replay(ctx: click.Context, as_json: bool, since: datetime) -> None:
    """Load the journal's pages again, for instance after a decoder changed; sends nothing."""
    from tiktok_hashtags import console
    from tiktok_hashtags.replay import replay as replay_pages

    with console.progress() as shown:
        done = replay_pages(ctx.obj, since=since.date(), on_stage=shown.stage)
    if as_json:
        click.echo(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        console.stdout().print(console.replay_view(done))
    ctx.exit(done.exit_code)
