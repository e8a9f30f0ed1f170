"""The command that asks the warehouse, and the forms in which it gives the rows."""

from __future__ import annotations

import csv
import io
import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from tiktok_hashtags.cli.options import json_option
from tiktok_hashtags.cli.tables import rows_json, rows_table, say, shown_line, stdout
from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.redaction import printable

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project

Rows = Sequence[Sequence[Any]]
_ON_A_TERMINAL = 1000
_NO_WIDTH = 1_000_000  # a file is as wide as its lines
# Spreadsheets run a text that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
FORMS = ("table", "vertical", "csv", "json", "jsonl", "parquet")


@click.command()
@click.argument("sql")
@json_option
@click.option(
    "--format", "form", type=click.Choice(FORMS), default="table", show_default=True, help="Form of the rows."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write them to.")
@click.option(
    "--limit", type=click.IntRange(1), help="Rows to give at most; on a terminal 1000, else all, if not given."
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0, min_open=True, max=threading.TIMEOUT_MAX),
    default=60,
    show_default=True,
    help="Seconds after which the query is stopped.",
)
@click.pass_obj
def query(
    project: Project,
    sql: str,
    as_json: bool,
    form: str,
    output: Path | None,
    limit: int | None,
    timeout_seconds: float,
) -> None:
    """Ask the warehouse in SQL, read-only: `tiktags query "select * from marts.dim_hashtag"`."""
    from tiktok_hashtags.warehouse import read_query

    form = "json" if as_json else form
    if form == "parquet" and output is None:
        raise ConfigError("--format parquet: a file is needed; nothing was asked. Name one with -o.")
    most = limit or (_ON_A_TERMINAL if sys.stdout.isatty() and output is None else sys.maxsize - 1)
    columns, rows = read_query(project, sql, limit=most + 1, timeout_seconds=timeout_seconds)
    if len(rows) > most:
        rows = rows[:most]
        say(f"Only the first {most:,} rows are given; there are more. `--limit N` gives more of them.", err=True)
    if output:
        _write(output, form, columns, rows)
        say(f"{len(rows):,} rows were written to {output}.", err=True)
    elif form == "csv" and sys.stdout.isatty():  # a terminal would obey control characters
        click.echo("\n".join(map(printable, _csv(columns, rows).split("\n"))), nl=False)
    elif form in _TEXTS:
        click.echo(_TEXTS[form](columns, rows), nl=False)
    elif sys.stdout.isatty():
        _print(stdout(), form, columns, rows, grouped=True)
    else:
        _print(Console(width=_NO_WIDTH, highlight=False), form, columns, rows)


def _print(console: Console, form: str, columns: Sequence[str], rows: Rows, *, grouped: bool = False) -> None:
    """Print rows for people, below each other if they are too wide for the console."""
    table = rows_table(columns, rows, grouped=grouped)
    whole = Measurement.get(console, console.options.update(max_width=_NO_WIDTH), table)
    is_vertical = form == "vertical" or whole.maximum > console.width
    console.print(_vertical(columns, rows) if is_vertical else table)


def _vertical(columns: Sequence[str], rows: Rows) -> RenderableType:
    """Return each row as lines of a name and a value."""
    parts: list[RenderableType] = []
    for number, row in enumerate(rows, start=1):
        lines = Table(box=None, pad_edge=False, show_header=False)
        lines.add_column(no_wrap=True)
        lines.add_column(overflow="fold")
        for name, value in zip(columns, row, strict=True):
            lines.add_row(shown_line(name), Text("–", style="dim") if value is None else shown_line(str(value)))
        parts += [shown_line(f"row {number}", style="bold"), lines]
    return Group(*parts)


def _json(columns: Sequence[str], rows: Rows) -> str:
    return json.dumps(rows_json(columns, rows), ensure_ascii=False, allow_nan=False) + "\n"


def _jsonl(columns: Sequence[str], rows: Rows) -> str:
    named = rows_json(columns, rows)["rows"]
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in named)


def _csv(columns: Sequence[str], rows: Rows) -> str:
    """Return rows as CSV; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_harmless, columns))
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


_TEXTS: dict[str, Callable[[Sequence[str], Rows], str]] = {"json": _json, "jsonl": _jsonl, "csv": _csv}


def _write(path: Path, form: str, columns: Sequence[str], rows: Rows) -> None:
    """Write rows to a file, which has all of them or stays as it was."""
    from tiktok_hashtags.project import replace

    def write(aside: Path) -> None:
        if form == "parquet":
            _write_parquet(aside, columns, rows)
        elif form in _TEXTS:
            aside.write_text(_TEXTS[form](columns, rows), encoding="utf-8", newline="")
        else:
            with aside.open("w", encoding="utf-8") as file:
                _print(Console(file=file, width=_NO_WIDTH, highlight=False), form, columns, rows)

    try:
        replace(path, write)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror or error}. The query changed nothing."
        ) from error


def _write_parquet(path: Path, columns: Sequence[str], rows: Rows) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    names = rows_json(columns, [])["columns"]
    values = [[row[place] for row in rows] for place in range(len(names))]
    parquet.write_table(pa.table(dict(zip(names, map(pa.array, values), strict=True))), path)
