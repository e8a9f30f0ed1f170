"""What a person sees: tables, summaries, progress. Builds renderables; the commands print them."""

from __future__ import annotations

import itertools
import logging
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tiktok_hashtags.redaction import shown_place

if TYPE_CHECKING:
    from tiktok_hashtags.demo import Demo
    from tiktok_hashtags.doctor import Check
    from tiktok_hashtags.errors import TiktagsError
    from tiktok_hashtags.outcome import Outcome
    from tiktok_hashtags.plan import Line
    from tiktok_hashtags.prune import Pruning
    from tiktok_hashtags.replay import Replay
    from tiktok_hashtags.watchlist import Watchlist

logger = logging.getLogger(__name__)


def stdout() -> Console:
    """Return the console for results; as wide as the terminal, or 120 columns in a file."""
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> Table:
    """Return rows as a table, numbers to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) and not isinstance(row[index], bool) for row in rows)
        table.add_column(column, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def rows_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return rows as `tiktags query --json` prints them.

    Columns of the same name are numbered ("n", "n_2"); numbers that JSON does not have are the strings "NaN",
    "Infinity" and "-Infinity".
    """
    names = _distinct(columns)
    named = [dict(zip(names, map(_json_value, row), strict=True)) for row in rows]
    return {"columns": names, "rows": named}


def plan_json(
    lines: Sequence[Line], skipped: Sequence[str], *, notes: Sequence[str] = (), refusal: TiktagsError | None = None
) -> dict[str, Any]:
    """Return a plan as `tiktags plan --json` prints it, with the reason why a run would refuse it."""
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
    """Return a plan as a table, and below it what will not be fetched."""
    left_out = [*_skipped(skipped), *map(Text, _first(notes, rest="; `--json` has them all"))]
    if not lines:
        why = "" if notes else ": all that the watchlist asks for is complete for this date"
        return Group(Text(f"Nothing to fetch{why}."), *left_out)
    rows = [
        (f"{line.provider}.{line.resource}", line.walks, line.requests, line.credits, _usd(line.usd)) for line in lines
    ]
    total = (
        "total",
        sum(line.walks for line in lines),
        sum(line.requests for line in lines),
        "",
        _usd(_total_usd(lines)),
    )
    columns = ("resource", "walks", "requests", "worst-case credits", "worst-case $")
    note = Text(
        "Full pages, no retries; a request beyond a limit is not sent. Nothing was sent by this command.", style="dim"
    )
    return Group(rows_table(columns, [*rows, total]), note, *left_out)


def watchlist_json(watchlist: Watchlist) -> dict[str, Any]:
    """Return a watchlist as `tiktags watch list --json` prints it, with each hashtag's normalised name."""
    told: dict[str, Any] = msgspec.to_builtins(watchlist)
    keyed = zip(told["hashtags"], watchlist.hashtags, strict=True)
    for dataset in told["datasets"]:
        dataset["path"] = dataset["path"] and shown_place(dataset["path"])
    return {**told, "hashtags": [{"hashtag_key": hashtag.key, **values} for values, hashtag in keyed]}


def watchlist_view(watchlist: Watchlist) -> RenderableType:
    """Return a watchlist as tables."""
    columns = ("hashtag", "id", "role", "campaigns", "providers", "max videos", "region")
    rows = [
        (item.label, item.id, item.role, ", ".join(item.campaigns) or None,
         ", ".join(item.providers) if item.providers is not None else "all", item.max_videos, item.region)
        for item in watchlist.hashtags
    ]  # fmt: skip
    others = [("trend list", item.label) for item in watchlist.trends]
    others += [("search", item.keyword) for item in watchlist.searches]
    others += [("dataset", item.label) for item in watchlist.datasets]
    parts = [rows_table(columns, rows)] if rows else []
    return Group(*parts, *([rows_table(("beside", ""), others)] if others else []))


def run_summary(outcome: Outcome) -> RenderableType:
    """Return what a run did, and what it could not do."""
    rows = [
        (name, count["requests"], count["credits"], count["rows"], count["rejects"], count["replayed_pages"])
        for name, count in outcome.providers.items()
    ]
    columns = ("provider", "requests", "credits", "rows", "rejects", "replayed pages")
    reasons = Counter(walk.stop_reason for walk in outcome.walks)
    walks = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "nothing was left to walk"
    parts: list[RenderableType] = [
        Text(f"Run {outcome.run_id} for {outcome.snapshot_date}: exit code {outcome.exit_code}"),
        rows_table(columns, rows),
        Text(f"Walks: {walks}"),
        *_skipped(outcome.skipped),
    ]
    notices = [
        f"Notice: {item['provider']} {item['entity']}: {item['kind']}: {item['detail']}" for item in outcome.notices
    ]
    parts += map(Text, _first(notices, rest=" notices; `--json` lists them"))
    problems = [f"Problem: {message}" for message in outcome.messages]
    parts += [Text(line, style="bold") for line in _first(problems, rest="; `tiktags status` lists them")]
    return Group(*parts)


def _first(lines: Sequence[str], *, rest: str) -> list[str]:
    """Return what fits a screen, and how much more there is."""
    more = len(lines) - 20
    return [*lines[:20], f"... and {more} more{rest}"] if more > 0 else list(lines)


def status_view(found: dict[str, Any]) -> RenderableType:
    """Return the state of the warehouse."""
    if not found["runs"]:
        return Text("The warehouse has no runs yet.")
    runs = rows_table(list(found["runs"][0]), [tuple(run.values()) for run in found["runs"]], title="Last runs")
    tables = rows_table(("table", "rows"), list(found["tables"].items()), title="Tables")
    incomplete = found["incomplete_walks"]
    if not incomplete:
        return Group(runs, Text("The last run is complete."), tables)
    rows = [tuple(walk.values()) for walk in incomplete]
    return Group(runs, rows_table(list(incomplete[0]), rows, title="Incomplete in the last run"), tables)


def replay_view(done: Replay) -> RenderableType:
    """Return what a replay loaded, by snapshot date, and what it could not load any more."""
    rows = []
    for day in done.days:
        missing = sum(walk.stop_reason == "not_in_journal" for walk in day.walks)
        counts = day.providers.values()
        pages, items = sum(each["replayed_pages"] for each in counts), sum(each["rows"] for each in counts)
        rows.append((day.snapshot_date, pages, items, missing))
    table = rows_table(("snapshot date", "pages", "rows", "walks not in the journal"), rows)
    pruned = [
        Text(f"Not replayed, their pages are pruned: {len(days)} days, {days[0]} to {days[-1]}")
        for days in [done.pruned_dates]
        if days
    ]
    return Group(table, *pruned)


def pruning_view(pruning: Pruning) -> RenderableType:
    """Return what can go, or what went."""
    kept = pruning.retention
    if not pruning.parts:
        return Text(f"Nothing to remove: no pages older than {kept.journal_days} days, and no raw rows without use.")
    rows = [(part.name, part.reason, part.rows, part.first_date, part.last_date, part.bytes) for part in pruning.parts]
    said = "Removed." if pruning.is_removed else "Nothing was removed: `tiktags prune --yes` does it."
    freed = [] if pruning.freed_bytes is None else [Text(f"The files are {pruning.freed_bytes:,} bytes smaller.")]
    table = rows_table(("what", "why", "rows", "first date", "last date", "bytes"), rows)
    return Group(table, Text(said), *freed, *map(Text, pruning.notes))


def usage_table(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """Return the ledger by day and provider."""
    if not rows:
        return Text("The ledger has no requests in these days.")
    cells = [(*list(row.values())[:-1], _usd(row["cost_usd"])) for row in rows]
    return rows_table([name.replace("_", " ") for name in rows[0]], cells)


def doctor_table(checks: Sequence[Check]) -> RenderableType:
    """Return the checks as a table."""
    return rows_table(("check", "", "detail"), [(c.name, "ok" if c.is_ok else "FAILED", c.detail) for c in checks])


def demo_view(demo: Demo) -> RenderableType:
    """Return what a demo left."""
    cost = [(name, requests, credits, _usd(usd)) for name, requests, credits, usd in demo.cost]
    growth = [(f"#{name}", first, last, f"{rate:+.1%}") for name, first, last, rate in demo.growth]
    return Group(
        Text(""),
        rows_table(("table", "rows"), list(demo.tables.items()), title="Rows per table"),
        Text(""),
        rows_table(("provider", "requests", "credits", "dollars"), cost, title="What the data cost"),
        Text(""),
        rows_table(
            ("hashtag", "views, first day", "views, last day", "growth"),
            growth,
            title=f"Fastest-growing in {demo.days} days",
        ),
        Text(""),
        Text(f"{demo.days} days in {demo.seconds:.0f} s. The warehouse: {_nearby(demo.warehouse)}"),
        Text(f'Look into it: .venv/bin/tiktags -C {demo.folder.name} query "from marts.dim_hashtag limit 5"'),
        Text(f"The published marts, for BI tools: {_nearby(demo.publication)}"),
        Text(f"The report, to open in a browser: {_nearby(demo.report)}"),
    )


class Shown:
    """A run's progress: a live line per provider on a terminal, log lines elsewhere."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._stage = progress.add_task("starting", total=None) if progress else None
        self._tasks: dict[str, Any] = {}
        self._items: Counter[str] = Counter()

    def stage(self, text: str) -> None:
        """Show what the run does now."""
        if self._progress and self._stage is not None:
            self._progress.update(self._stage, description=text)
        else:
            logger.info("%s", text)

    def page(self, provider: str, target: str, items: int) -> None:
        """Show a page that came in."""
        if not self._progress:
            return
        if provider not in self._tasks:
            self._tasks[provider] = self._progress.add_task(provider, total=None)
        self._items[provider] += items
        self._progress.update(
            self._tasks[provider], description=f"  {provider}: {self._items[provider]:,} items, {escape(target)}"
        )


@contextmanager
def progress() -> Iterator[Shown]:
    """Show a run on stderr while it lasts."""
    if not sys.stderr.isatty():
        yield Shown(None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as live:
        yield Shown(live)


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in itertools.count(2))
        found.append(name if name not in found else next(each for each in numbered if each not in [*found, *names]))
    return found


def _json_value(value: Any) -> Any:
    """Return a value of a row as JSON can carry it, whatever is nested in it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _cell(value: Any) -> Text:
    if value is None:
        return Text("–", style="dim")
    return Text(f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value))


def _nearby(path: Path) -> str:
    """Return a path as seen from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _usd(value: float | None) -> str:
    return "no public price" if value is None else f"${value:,.4f}"


def _by_provider(lines: Sequence[Line]) -> dict[str, int]:
    credits: Counter[str] = Counter()
    for line in lines:
        credits[line.provider] += line.credits
    return dict(credits)


def _total_usd(lines: Sequence[Line]) -> float | None:
    """Return the sum of what has a price; None where nothing has."""
    priced = [line.usd for line in lines if line.usd is not None]
    return sum(priced) if priced else None


def _skipped(names: Sequence[str]) -> list[Text]:
    return [
        Text(f"{name}: skipped, there is no key for it and nothing asks for it by name", style="dim") for name in names
    ]
