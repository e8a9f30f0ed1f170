"""The commands that fetch and load: plan, run, replay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group, RenderableType
from rich.text import Text

from tiktok_hashtags.cli.options import json_option, now_option, only_option
from tiktok_hashtags.cli.progress import progress
from tiktok_hashtags.cli.tables import dollars, rows_table, say, shown_line, stdout
from tiktok_hashtags.clock import Clock
from tiktok_hashtags.errors import TiktagsError

if TYPE_CHECKING:
    from tiktok_hashtags.jobs import Line, Notify, Outcome, Replay
    from tiktok_hashtags.project import Project


@click.command()
@json_option
@now_option
@only_option
@click.pass_context
def plan(ctx: click.Context, as_json: bool, clock: Clock, only: Sequence[str]) -> None:
    """Show the requests of a run and the most that they can cost; sends nothing."""
    from tiktok_hashtags.jobs import Options, check_limits, lines, planned

    watchlist, plans, notes = planned(ctx.obj, Options(clock=clock, only=only))
    found = lines(plans)
    skipped = [item.name for item in plans if item.is_skipped]
    refusal = None
    try:
        check_limits(plans, watchlist.limits)
    except TiktagsError as error:
        refusal = error
    if as_json:
        click.echo(json.dumps(plan_json(found, skipped, notes=notes, refusal=refusal), ensure_ascii=False))
    else:
        stdout().print(plan_table(found, skipped, notes=notes))
    if refusal:
        say(f"tiktags: {refusal}", err=True)
        ctx.exit(refusal.exit_code)


@click.command()
@json_option
@now_option
@only_option
@click.option(
    "--concurrency", type=click.IntRange(1, 200), default=20, show_default=True, help="Walks at the same time."
)
@click.option("--max-usd", type=click.FloatRange(0), help="Dollar limit; a request that could exceed it is not sent.")
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
    from tiktok_hashtags.jobs import Options, failure, read_notify, run_project

    notify = read_notify()
    for warning in filter(None, (ctx.obj.secrets_warning, ctx.obj.data_warning)):
        say(f"tiktags: {warning}", err=True)
    with progress() as shown:
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
            outcome = run_project(ctx.obj, options)
        except Exception as error:
            _notified(ctx.obj, notify, failure(error))
            raise
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
    else:
        stdout().print(run_summary(outcome))
    _notified(ctx.obj, notify, outcome.as_json())
    ctx.exit(outcome.exit_code)


def _notified(project: Project, notify: Notify, outcome: dict[str, Any]) -> None:
    """Send notifications; print a failed one instead of raising it."""
    from tiktok_hashtags.jobs import run_report

    for problem in notify.send(run_report(project, outcome)):
        say(f"tiktags: {problem}", err=True)


@click.command()
@json_option
@now_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first snapshot date.")
@click.pass_context
def replay(ctx: click.Context, as_json: bool, clock: Clock, since: datetime) -> None:
    """Load the journal's pages again, for instance after a decoder changed; sends nothing."""
    from tiktok_hashtags.jobs import replay_dates

    with progress() as shown:
        done = replay_dates(ctx.obj, since=since.date(), clock=clock, on_stage=shown.stage)
    if as_json:
        click.echo(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        stdout().print(replay_view(done))
    ctx.exit(done.exit_code)


def plan_json(
    lines: Sequence[Line], skipped: Sequence[str], *, notes: Sequence[str] = (), refusal: TiktagsError | None = None
) -> dict[str, Any]:
    """Return a plan as `tiktags plan --json` prints it, with the reason if a run would refuse it."""
    resources = [
        {
            "provider": line.provider,
            "resource": line.resource,
            "walks": line.walks,
            "requests": line.requests,
            "worst_case_credits": line.credits,
            "worst_case_usd": line.usd,
        }
        for line in lines
    ]
    return {
        "resources": resources,
        "skipped_providers": list(skipped),
        "notes": list(notes),
        "requests": sum(line.requests for line in lines),
        "worst_case_credits": _by_provider(lines),
        "worst_case_usd": _total_usd(lines),
        **({"error": str(refusal), "exit_code": refusal.exit_code} if refusal else {}),
    }


def plan_table(lines: Sequence[Line], skipped: Sequence[str], *, notes: Sequence[str] = ()) -> RenderableType:
    """Return a plan as a table, with the omitted walks below it."""
    left_out = [*_skipped(skipped), *map(shown_line, _first(notes, rest="; `--json` has them all"))]
    if not lines:
        why = "" if notes else ": the watchlist is complete for this date"
        return Group(shown_line(f"Nothing to fetch{why}."), *left_out)
    rows = [
        (f"{line.provider}.{line.resource}", line.walks, line.requests, line.credits, dollars(line.usd))
        for line in lines
    ]
    total = (
        "total",
        sum(line.walks for line in lines),
        sum(line.requests for line in lines),
        "",
        dollars(_total_usd(lines)),
    )
    columns = ("resource", "walks", "requests", "worst-case credits", "worst-case $")
    note = shown_line(
        "Full pages, no retries; a request beyond a limit is not sent. This command sent nothing.", style="dim"
    )
    return Group(rows_table(columns, [*rows, total]), note, *left_out)


def run_summary(outcome: Outcome) -> RenderableType:
    """Return the summary of a run, with its failures."""
    rows = [
        (name, count["requests"], count["credits"], count["rows"], count["rejects"], count["replayed_pages"])
        for name, count in outcome.providers.items()
    ]
    columns = ("provider", "requests", "credits", "rows", "rejects", "replayed pages")
    reasons = Counter(walk.stop_reason for walk in outcome.walks)
    walks = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "nothing was left to fetch"
    parts: list[RenderableType] = [
        shown_line(f"Run {outcome.run_id} for {outcome.snapshot_date}: exit code {outcome.exit_code}"),
        rows_table(columns, rows),
        shown_line(f"Walks: {walks}"),
        *_skipped(outcome.skipped),
    ]
    notices = [
        f"Notice: {item['provider']} {item['entity']}: {item['kind']}: {item['detail']}" for item in outcome.notices
    ]
    parts += map(shown_line, _first(notices, rest=" notices; `--json` lists them"))
    problems = [f"Problem: {message}" for message in outcome.messages]
    parts += [shown_line(line, style="bold") for line in _first(problems, rest="; `tiktags status` lists them")]
    return Group(*parts)


def _first(lines: Sequence[str], *, rest: str) -> list[str]:
    """Return the lines that fit a screen, and the number of others."""
    more = len(lines) - 20
    return [*lines[:20], f"... and {more} more{rest}"] if more > 0 else list(lines)


def replay_view(done: Replay) -> RenderableType:
    """Return the results of a replay by snapshot date, and the dates that are pruned."""
    rows = []
    for day in done.days:
        missing = sum(walk.stop_reason == "not_in_journal" for walk in day.walks)
        counts = day.providers.values()
        pages, items = sum(each["replayed_pages"] for each in counts), sum(each["rows"] for each in counts)
        rows.append((day.snapshot_date, pages, items, missing))
    table = rows_table(("snapshot date", "pages", "rows", "walks not in the journal"), rows)
    pruned = [
        shown_line(f"Not replayed, because their pages are pruned: {len(days)} days, {days[0]} to {days[-1]}")
        for days in [done.pruned_dates]
        if days
    ]
    return Group(table, *pruned)


def _by_provider(lines: Sequence[Line]) -> dict[str, int]:
    credits: Counter[str] = Counter()
    for line in lines:
        credits[line.provider] += line.credits
    return dict(credits)


def _total_usd(lines: Sequence[Line]) -> float | None:
    """Return the sum of the prices; None if nothing has a price."""
    priced = [line.usd for line in lines if line.usd is not None]
    return sum(priced) if priced else None


def _skipped(names: Sequence[str]) -> list[Text]:
    return [
        shown_line(f"{name}: skipped, because it has no key and the watchlist does not name it", style="dim")
        for name in names
    ]
