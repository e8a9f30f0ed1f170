"""The warehouse as dlt sees it: what is fetched is kept as a package until it is loaded, and raw only grows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.exceptions import DltException
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.exceptions import PipelineStepFailed

from tiktok_hashtags.errors import LoadError, PackageError, TiktagsError
from tiktok_hashtags.extract import Known
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import Database, database
from tiktok_hashtags.warehouse.known import DATASET, read_known, read_watchlist_on
from tiktok_hashtags.warehouse.packages import SetAside, reason_for_good, set_aside
from tiktok_hashtags.watchlist import Watchlist

logger = logging.getLogger(__name__)
_READ_MEMORY = 256_000_000
_LOAD_MEMORY = (64_000_000, 256_000_000)


class Warehouse:
    """A project's warehouse and the dlt pipeline that fills it.

    `set_aside` lists the load packages that this object had to move out of the way.

    Args:
        project: The project folder.
    """

    def __init__(self, project: Project) -> None:
        project.make_data()
        self.project = project
        self.database = database(project)
        self.set_aside: list[SetAside] = []
        self._is_synced = False
        dlt.config["load.delete_completed_jobs"] = True
        # A load that began is finished: signals are heard by the run, which leaves when that takes too long.
        dlt.config["runtime.intercept_signals"] = False
        dlt.config["load.run_sleep"] = dlt.config["normalize.run_sleep"] = 0.0  # between packages, for nothing
        # Batches come in the size that is wanted; held back for more, they would be in memory twice.
        dlt.config["data_writer.buffer_max_items"] = 1
        self.pipeline = self._opened()

    def extract(self, source: Any) -> None:
        """Fetch a source into files, which the next load takes along.

        Raises:
            TiktagsError: The source raised it.
        """
        if not self._is_synced:
            self._run(self.pipeline.sync_destination)
            self._is_synced = True
        self._run(lambda: self.pipeline.extract(source, loader_file_format="parquet"))
        self._run(self.pipeline.normalize)

    def load(self, source: Any) -> None:
        """Extract a source and load it; raw only grows.

        Raises:
            TiktagsError: The source raised it.
            LoadError: The warehouse could not be written; what was fetched stays pending.
            PackageError: A package had to be set aside; all others are loaded.
        """
        self.extract(source)
        self.load_pending()

    def load_pending(self) -> None:
        """Load what was fetched but not loaded, by this run or an earlier one.

        Raises:
            LoadError: The warehouse could not be written; what was fetched stays pending.
            PackageError: Packages had to be set aside; all others are loaded.
        """
        before = len(self.set_aside)
        gone = self.load_all()[before:]
        if gone:
            raise PackageError("; ".join(map(str, gone)))

    def load_all(self) -> list[SetAside]:
        """Load what is pending; return all packages that this object had to set aside.

        Raises:
            LoadError: The warehouse could not be written; what was fetched stays pending.
        """
        _finish_packages(Path(self.pipeline.working_dir) / "load")
        while self.pipeline.has_pending_data:
            try:
                self.pipeline.normalize()
                self._load_packages()
            except PipelineStepFailed as error:
                self._set_aside(error)
        return list(self.set_aside)

    def known(self, watchlist: Watchlist, *, snapshot_date: date) -> Known:
        """Return what earlier loads left that a run on this date can build on."""
        if not self.database.exists():
            return Known()
        return read_known(self._rows, watchlist, snapshot_date=snapshot_date)

    def watchlist_on(self, day: date) -> Watchlist | None:
        """Return what a date's last run asked for by hashtag, list and keyword; None where there was no run."""
        return read_watchlist_on(self._rows, day) if self.database.exists() else None

    def _opened(self) -> dlt.Pipeline:
        """Return the pipeline; local state that dlt cannot read is set aside, for the warehouse holds it too."""
        try:
            return _pipeline(self.project, self.database)
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # what its JSON readers raise
            if isinstance(error, DltException) or not self.project.pipelines.exists():
                raise
            reason = f"dlt's local state cannot be read: {_first_line(error)}"
            self.set_aside.append(set_aside(self.project.pipelines, reason=reason, into=self.project.set_aside))
            return _pipeline(self.project, self.database)

    def _load_packages(self) -> None:
        """Load the packages one after the other, until all are loaded or one fails."""
        _release_memory()
        # Open over the whole load: DuckDB writes a checkpoint whenever its last connection closes.
        with self._client(memory=self._pending_bytes()) as client:
            try:
                self.pipeline.load(workers=self.database.load_workers)
            except PipelineStepFailed as error:
                if "Out of Memory" not in str(error):
                    raise
                logger.warning("%s. Trying again without a limit to memory.", _first_line(error))
                self.database.limit_memory(client, None)
                self.pipeline.load(workers=self.database.load_workers)

    def _set_aside(self, error: PipelineStepFailed) -> None:
        """Move the failed package away if it can never be loaded.

        Raises:
            LoadError: Trying again may help; the package stays pending.
        """
        package = self._package(error.load_id)
        reason = reason_for_good(error, package) if package else None
        if package is None or reason is None:
            raise self._cause(error) from error
        self.set_aside.append(set_aside(package, reason=reason, into=self.project.set_aside))

    def _package(self, load_id: str | None) -> Path | None:
        """Return the folder of a pending package, extracted or normalized."""
        folder = Path(self.pipeline.working_dir)
        candidates = (folder / "load" / "normalized", folder / "normalize" / "extracted")
        return next((at / load_id for at in candidates if load_id and (at / load_id).is_dir()), None)

    def _rows(self, query: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
        try:
            with self._client(memory=_READ_MEMORY) as client:
                yield from self.database.rows(client, query, parameters)
        except DatabaseException as error:
            raise LoadError(f"the warehouse could not be read: {_first_line(error)}. Nothing was sent.") from error

    @contextmanager
    def _client(self, *, memory: int) -> Iterator[SqlClientBase[Any]]:
        client = self.pipeline.sql_client()
        try:
            client.open_connection()
        except self.database.connection_errors as error:
            raise self._cause(error, "cannot be reached") from error
        try:
            self.database.limit_memory(client, memory)
            yield client
        finally:
            client.close_connection()

    def _pending_bytes(self) -> int:
        """Return the size of what is to be loaded, within `_LOAD_MEMORY`: with less DuckDB would write it twice."""
        size = sum(path.stat().st_size for path in Path(self.pipeline.working_dir).rglob("*.parquet"))
        return min(max(size, _LOAD_MEMORY[0]), _LOAD_MEMORY[1])

    def _run(self, step: Callable[[], object]) -> None:
        try:
            step()
        except PipelineStepFailed as error:
            raise self._cause(error) from error

    def _cause(self, error: BaseException, trouble: str = "could not be written") -> TiktagsError:
        """Return the typed error inside a dlt failure, or a `LoadError` that says what dlt said."""
        at: BaseException | None = error
        deepest = error
        while at is not None:
            if isinstance(at, TiktagsError):
                return at
            deepest, at = at, at.__cause__ or at.__context__
        said = _first_line(deepest)
        failed = LoadError(f"the warehouse {trouble}: {said}. What was fetched stays pending.")
        return self.database.explained(said) or failed


def _pipeline(project: Project, database: Database) -> dlt.Pipeline:
    return dlt.pipeline(
        "tiktok_hashtags",
        destination=database.destination(),
        dataset_name=DATASET,
        pipelines_dir=str(project.pipelines),
    )


def _finish_packages(folder: Path) -> None:
    """Put packages away that were loaded when a kill came: dlt would refuse each run to complete them again."""
    for marker in folder.glob("normalized/*/package_completed.json"):
        marker.parent.replace(folder / "loaded" / marker.parent.name)


def _release_memory() -> None:
    """Give back what decoding has freed, or the load's own buffers would come on top of it."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:500]
