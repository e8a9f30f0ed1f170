"""The command line: one group over the commands, with its exit codes and its log."""

from __future__ import annotations

import ctypes
import gc
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from tiktok_hashtags import __version__
from tiktok_hashtags.cli.demo import demo, sandbox
from tiktok_hashtags.cli.docs import docs
from tiktok_hashtags.cli.init import init
from tiktok_hashtags.cli.inspect import doctor, status, usage
from tiktok_hashtags.cli.marts import report, transform
from tiktok_hashtags.cli.prune import prune
from tiktok_hashtags.cli.query import query
from tiktok_hashtags.cli.run import plan, replay, run
from tiktok_hashtags.cli.tables import say
from tiktok_hashtags.cli.watch import watch
from tiktok_hashtags.errors import ConfigError, exit_code_of, message_of
from tiktok_hashtags.redaction import redact_logs, redacted

logger = logging.getLogger(__name__)
COMMANDS = {
    str(command.name): command
    for command in (
        *(init, watch, doctor, plan, run, status, usage, transform, report),
        *(replay, prune, query, docs, demo, sandbox),
    )
} | {"publish": transform}  # the name that people look for
# dlt and dbt import thousands of lasting objects; by default, the collector inspects all of them again and again.
_GC_THRESHOLD = 10_000
_M_ARENA_MAX = -8  # of glibc's malloc.h


class _Commands(click.Group):
    """Commands whose expected failures are one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error becomes its message and its exit code."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if as_json:
                click.echo(json.dumps({"error": error.format_message(), "exit_code": error.exit_code}))
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            _fail(ctx, "stopped by SIGINT.", 128 + signal.SIGINT, as_json=as_json)
        except Exception as error:
            logger.debug("failed", exc_info=True)
            _fail(ctx, message_of(error), exit_code_of(error), as_json=as_json)


def _fail(ctx: click.Context, message: str, code: int, *, as_json: bool) -> None:
    message = redacted(message)
    if as_json:
        click.echo(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    say(f"tiktags: {message}", err=True)
    ctx.exit(code)


@click.group(cls=_Commands, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
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
    budget or balance, 6 authentication, 7 another run is under way, 130 and 143 stopped by SIGINT or SIGTERM.
    """
    from tiktok_hashtags.project import Project

    gc.set_threshold(_GC_THRESHOLD)
    _share_heaps()
    # dlt would report each run to its makers; a run contacts only the watchlist's providers.
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    _log_to_stderr(verbose=verbose, is_brief=ctx.invoked_subcommand == "demo")
    if ctx.invoked_subcommand not in ("init", "demo"):
        if not project_dir.is_dir():
            raise ConfigError(f"{project_dir}: no such folder")
        os.chdir(project_dir)  # dlt looks for .dlt/ in the current folder
        project_dir = Path()
    ctx.obj = Project(project_dir)


def _share_heaps() -> None:
    """Have all threads share two heaps (glibc only); otherwise each keeps the memory of its largest page."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)


def _log_to_stderr(*, verbose: bool, is_brief: bool) -> None:
    """Log to stderr: INFO by default, only errors while a progress display or the demo's lines are shown."""
    redact_logs()
    logging.raiseExceptions = False  # a log that cannot be written, as on a full disk, ends nothing and prints nothing
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
