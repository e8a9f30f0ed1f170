"""The commands on the made-up world: a demo of some days, and its server."""

from __future__ import annotations

import json
import sys
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType

from tiktok_hashtags.cli.options import json_option, now_option
from tiktok_hashtags.cli.tables import dollars, rows_table, shown_line, stdout
from tiktok_hashtags.clock import Clock

if TYPE_CHECKING:
    from tiktok_hashtags.jobs import Demo

DEFAULT_PORT = 8787


@click.command()
@json_option
@click.option("--days", type=click.IntRange(1, 60), default=14, show_default=True, help="Virtual days to run.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo",
    show_default=True,
    help="Replaced at each demo.",
)
@click.pass_context
def demo(ctx: click.Context, as_json: bool, days: int, folder: Path) -> None:
    """Run days of a made-up world through all four providers; needs no key and no network."""
    from tiktok_hashtags.jobs import run_demo

    target = ctx.obj.root / folder
    done = run_demo(target, days=days, on_line=lambda line: click.echo(line, err=as_json))
    if as_json:
        click.echo(json.dumps(done.as_json(), default=str, ensure_ascii=False))
    else:
        stdout().print(demo_view(done))
    ctx.exit(done.exit_code)


@click.command()
@json_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes a free one."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another world.")
@now_option
def sandbox(as_json: bool, port: int, seed: int, clock: Clock) -> None:
    """Serve an emulator of all providers on 127.0.0.1 until interrupted."""
    from tiktok_hashtags.config import key_variable
    from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World, serve

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


def demo_view(demo: Demo) -> RenderableType:
    """Return the results of a demo."""
    cost = [(name, requests, credits, dollars(usd)) for name, requests, credits, usd in demo.cost]
    growth = [(f"#{name}", first, last, f"{rate:+.1%}") for name, first, last, rate in demo.growth]
    return Group(
        shown_line(""),
        rows_table(("table", "rows"), list(demo.tables.items()), title="Rows per table"),
        shown_line(""),
        rows_table(("provider", "requests", "credits", "dollars"), cost, title="What the data cost"),
        shown_line(""),
        rows_table(
            ("hashtag", "views, first day", "views, last day", "growth"),
            growth,
            title=f"Fastest-growing in {demo.days} days",
        ),
        shown_line(""),
        shown_line(f"{demo.days} days in {demo.seconds:.0f} s. The warehouse: {_nearby(demo.warehouse)}"),
        shown_line(f'Query it: .venv/bin/tiktags -C {demo.folder.name} query "from marts.dim_hashtag limit 5"'),
        shown_line(f"The published marts, for BI tools: {_nearby(demo.publication)}"),
        shown_line(f"The report, to open in a browser: {_nearby(demo.report)}"),
    )


def _nearby(path: Path) -> str:
    """Return a path relative to the current folder, if possible."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
