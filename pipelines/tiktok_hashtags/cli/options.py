"""The options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import click

from tiktok_hashtags.clock import Clock, frozen_clock, system_clock

Command = Callable[..., None]


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; logs go to stderr.")(
        command
    )


def now_option(command: Command) -> Command:
    """Add `--now`, from which the command gets its `clock`."""
    text = "Use this fixed time as the current time (ISO; UTC unless it has an offset)."
    return click.option("--now", "clock", metavar="TIME", callback=_now, help=text)(command)


def only_option(command: Command) -> Command:
    """Add `--only`."""
    text = "Narrow to a provider, or to one of its resources; may be repeated."
    return click.option("--only", metavar="PROVIDER[.RESOURCE]", multiple=True, help=text)(command)


def _now(_: click.Context, __: click.Parameter, value: str | None) -> Clock:
    if value is None:
        return system_clock
    try:
        return frozen_clock(datetime.fromisoformat(value))
    except ValueError as error:
        raise click.BadParameter(f"expected a time like 2026-11-20 or 2026-11-20T06:00, found {value!r}") from error
