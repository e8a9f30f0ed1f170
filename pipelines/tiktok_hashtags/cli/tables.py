"""The output for people: tables and lines as renderables, which the commands print."""

from __future__ import annotations

import itertools
import logging
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tiktok_hashtags.redaction import printable

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)


def stdout() -> Console:
    """Return the console for results; as wide as the terminal, or 120 columns in a file."""
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def shown_line(text: str, style: str = "") -> Text:
    """Return a line for the terminal, without control characters."""
    return Text(printable(text), style=style)


def say(text: str, *, err: bool = False) -> None:
    """Print a line as `shown_line` shows it."""
    click.echo(printable(text), err=err)


def rows_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None, grouped: bool = True
) -> Table:
    """Return rows as a table, with numbers aligned to the right and, if `grouped`, with separators of thousands."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) and not isinstance(row[index], bool) for row in rows)
        table.add_column(printable(column), justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(_cell(value, grouped=grouped) for value in row))
    return table


def rows_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return rows as `tiktags query --json` prints them.

    Columns of the same name are numbered ("n", "n_2"); numbers that JSON lacks are the strings "NaN",
    "Infinity" and "-Infinity".
    """
    names = _distinct(columns)
    named = [dict(zip(names, map(_json_value, row), strict=True)) for row in rows]
    return {"columns": names, "rows": named}


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in itertools.count(2))
        found.append(name if name not in found else next(each for each in numbered if each not in [*found, *names]))
    return found


def _json_value(value: Any) -> Any:
    """Return a value of a row as a JSON value, at any depth."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _cell(value: Any, *, grouped: bool) -> Text:
    if value is None:
        return Text("–", style="dim")
    is_grouped = grouped and isinstance(value, int) and not isinstance(value, bool)
    return shown_line(f"{value:,}" if is_grouped else str(value))


def dollars(value: float | None) -> str:
    """Return an amount in dollars for people."""
    return "no public price" if value is None else f"${value:,.4f}"
