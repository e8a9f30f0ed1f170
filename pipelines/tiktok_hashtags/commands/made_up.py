"""The made-up world: days of it in a demo, and its server."""

from __future__ import annotations

import json
import sys
from datetime import UTC
from pathlib import Path

import click

from tiktok_hashtags.clock import Clock
from tiktok_hashtags.commands.options import json_option, now_option

DEFAULT_PORT = 8787


@click.command()
@json_option
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


@click.command()
@json_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes a free one."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another world.")
@now_option
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
