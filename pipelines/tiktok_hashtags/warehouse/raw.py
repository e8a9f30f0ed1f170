"""The raw layer: dlt's pipeline keeps fetched rows as a package until it is loaded, and raw only grows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.destination.exceptions import DestinationException
from dlt.common.exceptions import DltException
from dlt.destinations.exceptions import DestinationConnectionError
from dlt.pipeline.exceptions import PipelineStepFailed

from tiktok_hashtags.errors import LoadError, NoConnectionError, PackageError, QueryError, TiktagsError
from tiktok_hashtags.extract import Known
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import DATASET, Reader, Warehouse
from tiktok_hashtags.warehouse.kinds import open_warehouse
from tiktok_hashtags.warehouse.known import read_known, read_loaded_walks, read_watchlist_on
from tiktok_hashtags.warehouse.packages import Quarantined, permanent_fault, quarantine
from tiktok_hashtags.warehouse.waiting import remember_failure
from tiktok_hashtags.watchlist import Watchlist

logger = logging.getLogger(__name__)
_READ_MEMORY = 256_000_000


class RawLayer:
    """A project's raw tables and the dlt pipeline that fills them.

    `quarantined` lists the load packages that this object moved into quarantine.

    Args:
        project: The project folder.
    """

    def __init__(self, project: Project) -> None:
        project.make_data()
        self.project = project
        self.warehouse = open_warehouse(project)
        self.quarantined: list[Quarantined] = []
        self._is_synced = False
        dlt.config["load.delete_completed_jobs"] = True
        # A load that began is finished: the run handles signals, and leaves if the load takes too long.
        dlt.config["runtime.intercept_signals"] = False
        dlt.config["load.run_sleep"] = dlt.config["normalize.run_sleep"] = 0.0  # between packages, for nothing
        # Batches come in the size that is wanted; held back for more, they would be in memory twice.
        dlt.config["data_writer.buffer_max_items"] = 1
        self.pipeline = self._opened()
        self._has_all_tables = not self.pipeline.schema_names  # of nothing, nothing can be missing

    def extract(self, source: Any) -> None:
        """Fetch a source into files, which the next load includes.

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
            PackageError: A package was quarantined; all others are loaded.
        """
        self.extract(source)
        self.load_pending()

    def load_pending(self) -> None:
        """Load the packages that this run or an earlier one left pending.

        Raises:
            LoadError: The warehouse could not be written; the packages stay pending.
            PackageError: Some were quarantined; all others are loaded.
        """
        before = len(self.quarantined)
        new = self.load_all()[before:]
        if new:
            raise PackageError("; ".join(map(str, new)))

    def load_all(self) -> list[Quarantined]:
        """Load the pending packages; return all that this object has quarantined.

        Raises:
            LoadError: The warehouse could not be written; the packages stay pending.
        """
        _finish_packages(Path(self.pipeline.working_dir) / "load")
        try:
            while self.pipeline.has_pending_data:
                self._load_next()
        except TiktagsError as error:
            remember_failure(self.project, _first_line(error))
            raise
        return list(self.quarantined)

    def _load_next(self) -> None:
        try:
            self.pipeline.normalize()
            _release_memory()
            if not self._has_all_tables:
                self._make_missing_tables()
            self.warehouse.load(self.pipeline)
        except PipelineStepFailed as error:
            self._quarantine(error)
        except DestinationConnectionError as error:
            raise self._cause(error, "cannot be reached") from error
        except DestinationException as error:
            raise self._cause(error) from error

    def _make_missing_tables(self) -> None:
        """Make the tables and columns that the local schemas have and the warehouse has not.

        dlt makes those of a package once, and takes a schema whose hash the warehouse stores for complete. Neither
        holds if the warehouse was lost or replaced while packages were pending.
        """
        there: Mapping[str, Collection[str]] = {}
        if self.warehouse.exists():
            with self._reading() as reader:
                there = reader.tables(DATASET)
        for name in self.pipeline.schema_names:
            tables = self.pipeline.schemas[name].data_tables(seen_data_only=True)
            if any(not table["columns"].keys() <= set(there.get(str(table["name"]), ())) for table in tables):
                with self.pipeline.destination_client(name) as client:
                    client.initialize_storage()
                    client.update_stored_schema(force=True)
        self._has_all_tables = True

    @property
    def has_pending_data(self) -> bool:
        """Whether packages wait for the next load."""
        return bool(self.pipeline.has_pending_data)

    def known(self, watchlist: Watchlist, *, snapshot_date: date) -> Known:
        """Return the results of earlier loads that a run on this date can build on.

        Raises:
            LoadError: The warehouse cannot be read now.
        """
        if not self.warehouse.exists():
            return Known()
        with self._reading() as reader:
            return read_known(reader, watchlist, snapshot_date=snapshot_date)

    def watchlist_on(self, day: date) -> Watchlist | None:
        """Return the hashtags, lists and keywords of a date's last run; None where there was no run.

        Raises:
            LoadError: The warehouse cannot be read now.
        """
        if not self.warehouse.exists():
            return None
        with self._reading() as reader:
            return read_watchlist_on(reader, day)

    def loaded_walks(self, run_ids: Collection[str]) -> set[tuple[str, str]]:
        """Return the (run id, walk key) of the results that the warehouse has of some runs.

        Raises:
            LoadError: The warehouse cannot be read now.
        """
        if not self.warehouse.exists():
            return set()
        with self._reading() as reader:
            return read_loaded_walks(reader, run_ids)

    def _opened(self) -> dlt.Pipeline:
        """Return the pipeline; local state that dlt cannot read is quarantined, for the warehouse holds it too."""
        try:
            return _pipeline(self.project, self.warehouse)
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # what its JSON readers raise
            if isinstance(error, DltException) or not self.project.pipelines.exists():
                raise
            reason = f"dlt's local state cannot be read: {_first_line(error)}"
            self.quarantined.append(quarantine(self.project.pipelines, reason=reason, into=self.project.quarantine))
            return _pipeline(self.project, self.warehouse)

    def _quarantine(self, error: PipelineStepFailed) -> None:
        """Move the failed package away if it can never be loaded.

        Raises:
            LoadError: Another attempt may help; the package stays pending.
        """
        package = self._package(error.load_id)
        reason = permanent_fault(error, package, may_pass=self.warehouse.may_pass) if package else None
        if package is None or reason is None:
            raise self._cause(error) from error
        self.quarantined.append(quarantine(package, reason=reason, into=self.project.quarantine))

    def _package(self, load_id: str | None) -> Path | None:
        """Return the folder of a pending package, extracted or normalized."""
        folder = Path(self.pipeline.working_dir)
        candidates = (folder / "load" / "normalized", folder / "normalize" / "extracted")
        return next((at / load_id for at in candidates if load_id and (at / load_id).is_dir()), None)

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        try:
            with self.warehouse.read(memory=_READ_MEMORY) as reader:
                yield reader
        except (NoConnectionError, QueryError) as error:
            said = _first_line(error).rstrip(".")
            raise LoadError(f"the warehouse could not be read: {said}. Nothing was sent.") from error

    def _run(self, step: Callable[[], object]) -> None:
        try:
            step()
        except PipelineStepFailed as error:
            raise self._cause(error) from error

    def _cause(self, error: BaseException, trouble: str = "could not be written") -> TiktagsError:
        """Return the typed error inside a dlt failure, or a `LoadError` with dlt's own message."""
        at: BaseException | None = error
        deepest = error
        while at is not None:
            if isinstance(at, TiktagsError):
                return at
            deepest, at = at, at.__cause__ or at.__context__
        said = _first_line(deepest)
        failed = LoadError(f"the warehouse {trouble}: {said}. What was fetched stays pending.")
        return self.warehouse.explained(said) or failed


def _pipeline(project: Project, warehouse: Warehouse) -> dlt.Pipeline:
    return dlt.pipeline(
        "tiktok_hashtags",
        destination=warehouse.destination(),
        dataset_name=DATASET,
        pipelines_dir=str(project.pipelines),
    )


def _finish_packages(folder: Path) -> None:
    """Complete the packages that were loaded when a kill came: dlt would refuse to, in each run."""
    for marker in folder.glob("normalized/*/package_completed.json"):
        marker.parent.replace(folder / "loaded" / marker.parent.name)


def _release_memory() -> None:
    """Give back what decoding has freed, or the load's own buffers would come on top of it."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:500]
