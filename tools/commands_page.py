"""Writes docs/commands.md from the commands themselves: `python tools/commands_page.py > docs/commands.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from tiktok_hashtags.cli import main

HEAD = """\
# Commands

<!-- Written by tools/commands_page.py, which `make docs` runs. Change a command's help instead of this page. -->

Every command has `--help` and `--json`. [Recovery](recovery.md#exit-codes) explains the exit codes.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, *(section(context) for context in contexts(click.Context(main, info_name="tiktags")))]
    return "\n".join(parts)


def contexts(context: click.Context) -> Iterator[click.Context]:
    """Yield a command and all commands below it, by name."""
    yield context
    if isinstance(context.command, click.Group):
        for name, command in sorted(context.command.commands.items()):
            yield from contexts(click.Context(command, info_name=name, parent=context))


def section(context: click.Context) -> str:
    """Return a command's heading, help, arguments and options."""
    text = "\n\n".join(" ".join(part.split()) for part in (context.command.help or "").split("\n\n"))
    return f"## `{context.command_path}`\n\n{text}\n\n" + "".join(f"{line}\n" for line in parameters(context))


def parameters(context: click.Context) -> Iterator[str]:
    """Yield a line for each argument and option, in the command's order, without `--help`."""
    for parameter in context.command.params:
        record = parameter.get_help_record(context)
        if record is None:
            yield f"* `{parameter.make_metavar(context)}`"
        else:
            names, text = record
            yield f"* `{names}`: {re.sub(r'  +', ' ', text)}"


if __name__ == "__main__":
    print(page(), end="")
