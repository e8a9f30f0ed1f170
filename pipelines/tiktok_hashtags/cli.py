"""The command line; the only file that writes to stdout. Heavy imports wait inside the commands that need them."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiktok_hashtags import __version__
from tiktok_hashtags.clock import Clock, frozen_clock, system_clock
from tiktok_hashtags.errors import ConfigError, TiktagsError

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project

logger = logging.getLogger(__name__)
DEFAULT_PORT = 8787
# dlt and dbt import thousands of objects that stay; by default all of them are looked through again and again.
_GC_THRESHOLD = 10_000


class _Commands(click.Group):
    """Commands whose expected failures are one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a `TiktagsError` becomes its message and its exit code."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except TiktagsError as error:
            logger.debug("failed", exc_info=True)
            _fail(ctx, str(error), error.exit_code, as_json=as_json)
        except click.ClickException as error:
            if as_json:
                click.echo(json.dumps({"error": error.format_message(), "exit_code": error.exit_code}))
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            logger.debug("failed", exc_info=True)
            message = f"internal error: {type(error).__name__}: {error} (-v shows the traceback)"
            _fail(ctx, message, TiktagsError.exit_code, as_json=as_json)


def _fail(ctx: click.Context, message: str, code: int, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    click.echo(f"tiktags: {message}", err=True)
    ctx.exit(code)


def _now(_: click.Context, __: click.Parameter, value: str | None) -> Clock:
    if value is None:
        return system_clock
    try:
        return frozen_clock(datetime.fromisoformat(value))
    except ValueError as error:
        raise click.BadParameter(f"expected a time like 2026-11-20 or 2026-11-20T06:00, found {value!r}") from error


Command = Callable[..., None]


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; logs go to stderr.")(
        command
    )


def _now_option(command: Command) -> Command:
    text = "Take this as the current time, and let it stand still (ISO, UTC unless it says otherwise)."
    return click.option("--now", "clock", metavar="TIME", callback=_now, help=text)(command)


def _only_option(command: Command) -> Command:
    text = "Narrow to a provider, or to one of its resources; may be repeated."
    return click.option("--only", metavar="PROVIDER[.RESOURCE]", multiple=True, help=text)(command)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tiktags")
@click.option(
    "-C",
    "--project-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    help="The project's folder.",
)
@click.option("-v", "--verbose", is_flag=True, help="Log everything, with tracebacks.")
@click.pass_context
def main(ctx: click.Context, project_dir: Path, verbose: bool) -> None:
    """Hashtag statistics, videos and trends of TikTok as a tested star schema, with the history the APIs do not keep.

    Exit codes: 0 complete, 1 internal error, 2 usage or configuration, 3 data tests failed, 4 partial, 5 stopped by
    budget or balance, 6 authentication, 7 another run is under way.
    """
    from tiktok_hashtags.project import Project

    gc.set_threshold(_GC_THRESHOLD)
    # dlt would tell its makers of each run; a run talks to the watchlist's providers alone.
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    _log_to_stderr(verbose=verbose, is_brief=ctx.invoked_subcommand == "demo")
    if ctx.invoked_subcommand not in ("init", "demo"):
        if not project_dir.is_dir():
            raise ConfigError(f"{project_dir}: no such folder")
        os.chdir(project_dir)  # dlt looks for .dlt/ in the current folder
        project_dir = Path()
    ctx.obj = Project(project_dir)


@main.command()
@_json_option
@click.pass_obj
def init(project: Project, as_json: bool) -> None:
    """Write a watchlist and the configuration of a new project."""
    from tiktok_hashtags.new_project import write_project

    written = write_project(project.root)
    if as_json:
        click.echo(json.dumps({"written": [str(path) for path in written]}, ensure_ascii=False))
        return
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(
        "Next: a key in .dlt/secrets.toml, your hashtags in watchlist.toml, then `tiktags plan` and `tiktags run`."
    )


@main.command()
@_json_option
@_now_option
@_only_option
@click.pass_context
def plan(ctx: click.Context, as_json: bool, clock: Clock, only: Sequence[str]) -> None:
    """Show what a run would ask for and what it can cost; sends nothing."""
    from tiktok_hashtags import console
    from tiktok_hashtags.plan import check_limits, lines
    from tiktok_hashtags.run import Options, planned

    watchlist, plans = planned(ctx.obj, Options(clock=clock, only=only))
    found = lines(plans)
    skipped = [item.name for item in plans if item.is_skipped]
    refusal = None
    try:
        check_limits(plans, watchlist.limits)
    except TiktagsError as error:
        refusal = error
    if as_json:
        click.echo(json.dumps(console.plan_json(found, skipped, refusal), ensure_ascii=False))
    else:
        console.stdout().print(console.plan_table(found, skipped))
    if refusal:
        click.echo(f"tiktags: {refusal}", err=True)
        ctx.exit(refusal.exit_code)


@main.command()
@_json_option
@_now_option
@_only_option
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
    from tiktok_hashtags.run import Options
    from tiktok_hashtags.run import run as run_once

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
        outcome = run_once(ctx.obj, options)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
    else:
        console.stdout().print(console.run_summary(outcome))
    ctx.exit(outcome.exit_code)


@main.command()
@_json_option
@click.pass_obj
def publish(project: Project, as_json: bool) -> None:
    """Build and test the marts from what is loaded, then publish them for BI tools."""
    from tiktok_hashtags import console
    from tiktok_hashtags.run import rebuild

    with console.progress() as shown:
        paths = [str(path) for path in rebuild(project, on_stage=shown.stage)]
    click.echo(json.dumps({"published": paths}, ensure_ascii=False) if as_json else "\n".join(paths))


@main.command()
@_json_option
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


@main.command()
@_json_option
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
        console.stdout().print(console.replay_table(done))
    ctx.exit(done.exit_code)


@main.command()
@_json_option
@_now_option
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


@main.command()
@_json_option
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


@main.command()
@click.argument("sql")
@_json_option
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows to print at most.")
@click.pass_obj
def query(project: Project, sql: str, as_json: bool, limit: int) -> None:
    """Ask the warehouse in SQL, read-only: `tiktags query "select * from marts.dim_hashtag"`."""
    from tiktok_hashtags import console
    from tiktok_hashtags.inspect_warehouse import read_query

    columns, rows = read_query(project, sql, limit=limit)
    if as_json:
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        click.echo(json.dumps({"columns": columns, "rows": named}, default=str, ensure_ascii=False))
    else:
        console.stdout().print(console.rows_table(columns, rows))


@main.command()
@_json_option
@click.option("--days", type=click.IntRange(1, 60), default=14, show_default=True, help="Virtual days to run.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo",
    show_default=True,
    help="Made anew each time.",
)
@click.pass_context
def demo(ctx: click.Context, as_json: bool, days: int, folder: Path) -> None:
    """Run days of a made-up world through all four providers; needs no key and no network."""
    from tiktok_hashtags import console
    from tiktok_hashtags.demo import run_demo

    target = ctx.obj.root / folder
    done = run_demo(target, days=days, on_line=lambda line: click.echo(line, err=as_json))
    if as_json:
        click.echo(json.dumps(done.as_json(), default=str, ensure_ascii=False))
    else:
        console.stdout().print(console.demo_view(done))
    ctx.exit(done.exit_code)


@main.command()
@_json_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes a free one."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another world.")
@_now_option
def sandbox(as_json: bool, port: int, seed: int, clock: Clock) -> None:
    """Serve an emulator of all providers on 127.0.0.1 until interrupted."""
    from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World, serve
    from tiktok_hashtags.settings import key_variable

    start = clock().replace(tzinfo=UTC)
    emulator = Sandbox(World(seed=seed, start=start.date()), SandboxClock(start))
    with serve(emulator, port=port) as server:
        variables = {"SOURCES__CRAWLORA__PLAN": "growth", "SOURCES__UNIFAPI__PLAN": "paid"}
        for name, url in server.base_urls.items():
            variables |= {f"SOURCES__{name.upper()}__BASE_URL": url, key_variable(name): emulator.keys[name]}
        if as_json:
            click.echo(json.dumps({"url": server.url, "variables": variables}))
        else:
            click.echo(f"# The sandbox is at {server.url} until Ctrl-C. To use it from another terminal:")
            click.echo("\n".join(f"export {name}={value}" for name, value in sorted(variables.items())))
        sys.stdout.flush()
        try:
            server.wait()
        except KeyboardInterrupt:
            click.echo("# stopped", err=True)


def _log_to_stderr(*, verbose: bool, is_brief: bool) -> None:
    """Log to stderr: one line a step, or only errors where a live display or a line a day tells the rest."""
    is_quiet = (sys.stderr.isatty() or is_brief) and not verbose
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("tiktok_hashtags").setLevel(
        logging.DEBUG if verbose else logging.ERROR if is_quiet else logging.INFO
    )
    for noisy in ("httpx", "httpcore", "dlt", "sqlglot", "fsspec"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
