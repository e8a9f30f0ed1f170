"""The quarantine of load packages that can never be loaded, so that the packages behind them can.

A package goes there if another attempt cannot help: a file in it is no longer parquet, or the warehouse refuses its
values. After a failure that may pass (a lock, a full disk, a lost connection, a missing right) it stays pending.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from dlt.common.destination.exceptions import DestinationTerminalException
from pyarrow import parquet

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A load package in quarantine.

    Args:
        load_id: dlt's name for the package.
        folder: Its folder in quarantine.
        reason: The reason why it can never be loaded.
        dates: The snapshot dates of its rows, as far as they can be read.
    """

    load_id: str
    folder: Path
    reason: str
    dates: frozenset[date]

    def __str__(self) -> str:
        """Return the message for the user."""
        return (
            f"load package {self.load_id} can never be loaded ({self.reason}). It was moved to {self.folder}, and all "
            "other packages are loaded. Its rows are read from the journal again; if the journal has lost them, this "
            "run or the next one buys those of today again. Delete the folder when you have inspected it."
        )


def permanent_fault(error: Exception, package: Path, *, may_pass: Callable[[BaseException], bool]) -> str | None:
    """Return the reason why a failed package can never be loaded; None if another attempt may help.

    Args:
        error: The error of the load.
        package: The folder of the package.
        may_pass: The warehouse's judgement of an error below dlt's own.

    Raises:
        OSError: A file's bytes cannot be read, which proves nothing about its content.
    """
    damaged = _damaged_file(package)
    if damaged:
        return damaged
    causes = _causes(error)
    refusals = [cause for cause in causes if isinstance(cause, DestinationTerminalException)]
    if not refusals or any(map(may_pass, causes)):
        return None
    return f"the warehouse refuses it: {str(refusals[-1]).strip().splitlines()[0][:300]}"


def quarantine(package: Path, *, reason: str, into: Path) -> Quarantined:
    """Move a package out of dlt's folders.

    Raises:
        OSError: It could not be moved; it stays in its place.
    """
    found = Quarantined(package.name, _first_free(into / package.name), reason, frozenset(_dates(package)))
    into.mkdir(parents=True, exist_ok=True)
    package.rename(found.folder)
    logger.error("%s", found)
    return found


def _first_free(path: Path) -> Path:
    """Return the path, or the first free one with a number appended."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(candidate for candidate in itertools.chain([path], numbered) if not candidate.exists())


def _damaged_file(package: Path) -> str | None:
    for path in sorted(package.rglob("*.parquet")):
        try:
            with path.open("rb") as opened:
                for _ in parquet.ParquetFile(opened).iter_batches():
                    pass
        except (OSError, pa.ArrowException) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            return f"{path.name} is not parquet: {str(error).splitlines()[0][:200]}"
    return None


def _dates(package: Path) -> set[date]:
    dates: set[date] = set()
    for path in package.rglob("*.parquet"):
        try:
            column = parquet.read_table(path, columns=["snapshot_date"])["snapshot_date"]
        except (OSError, KeyError, pa.ArrowException):
            continue  # the damaged file, or a table of dlt's own
        dates.update(day for day in column.unique().to_pylist() if day)
    return dates


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    at: BaseException | None = error
    while at is not None:
        causes.append(at)
        at = at.__cause__ or at.__context__
    return causes
