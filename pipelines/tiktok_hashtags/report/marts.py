"""The published marts, which the report reads through one function that runs SQL."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tiktok_hashtags.errors import QueryError, ReportError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import Reader, open_warehouse

Row = dict[str, Any]

_DAY = """
select max(snapshot_date) as snapshot_date
from (
    select max(snapshot_date) as snapshot_date from {marts}.fct_hashtag_stats_daily
    union all
    select max(snapshot_date) as snapshot_date from {marts}.fct_video_stats_daily
    union all
    select max(snapshot_date) as snapshot_date from {marts}.fct_trend_ranks
    union all
    select max(snapshot_date) as snapshot_date from {marts}.fct_walks
) as newest
"""


class Marts:
    """A publication, and the days in the queries.

    Args:
        reader: Runs the queries.
        marts: The schema of the core marts.
        reporting: The schema of the reporting marts.
    """

    def __init__(self, reader: Reader, *, marts: str = "marts", reporting: str = "reporting") -> None:
        self._reader = reader
        self._names = {"marts": marts, "reporting": reporting}
        self.tables = {*reader.tables(marts), *reader.tables(reporting)}
        self.latest = self._latest()

    def rows(self, sql: str, **limits: int) -> list[Row]:
        """Run a query with places for `{marts}`, `{reporting}`, `{day}`, `{day_30_before}` and so on, and limits."""
        return self._reader.rows(sql.format(**self._names, **self._days(), **limits)).dicts()

    def missing(self, tables: Sequence[str]) -> list[str]:
        """Return the tables that the publication lacks."""
        return [table for table in tables if table not in self.tables]

    def _latest(self) -> date | None:
        """Return the newest snapshot date; None if nothing was observed."""
        core = ("fct_hashtag_stats_daily", "fct_video_stats_daily", "fct_trend_ranks", "fct_walks")
        if self.missing(core):
            return None
        [(latest,)] = self._reader.rows(_DAY.format(**self._names))
        found: date | None = latest
        return found

    def _days(self) -> dict[str, str]:
        day = self.latest or date(1970, 1, 1) + timedelta(days=365)
        before = {f"day_{days}_before": day - timedelta(days=days) for days in (7, 14, 30, 31, 90)}
        return {name: f"date '{value.isoformat()}'" for name, value in {"day": day, **before}.items()}


@contextmanager
def published_marts(project: Project) -> Iterator[tuple[Marts, str]]:
    """Open the project's publication; yield its marts and its name.

    Raises:
        NothingPublishedError: There is none yet.
        ConfigError: The warehouse's settings are wrong, or its server cannot be reached.
        ReportError: It cannot be read.
    """
    try:
        with open_warehouse(project).published() as (reader, source, schemas):
            yield Marts(reader, **schemas), source
    except QueryError as error:
        raise ReportError(f"{error}. The former report stays.") from error


@dataclass(frozen=True)
class Part:
    """A part of the page's data.

    Args:
        tables: The tables that it needs.
        read: Builds it.
    """

    tables: tuple[str, ...]
    read: Callable[[Marts], Any]


def read_parts(marts: Marts, parts: Mapping[str, Part]) -> dict[str, Any]:
    """Return the parts by name; one whose tables are not published is `{"missing": [...]}`."""
    found = {}
    for name, part in parts.items():
        missing = marts.missing(part.tables)
        found[name] = {"missing": missing} if missing else part.read(marts)
    return found


def table(rows: Sequence[Row]) -> dict[str, Any]:
    """Return rows in the page's form: each column's name once, and JSON values."""
    columns = list(rows[0]) if rows else []
    return {"columns": columns, "rows": [[json_value(row[column]) for column in columns] for row in rows]}


def json_value(value: Any) -> Any:
    """Return a value as JSON: six significant digits of a double, no time zones, no infinity."""
    if isinstance(value, Decimal):
        value = float(value) if value % 1 else int(value)
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else value
