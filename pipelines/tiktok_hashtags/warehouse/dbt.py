"""dbt in this process: raw tables become tested marts."""

from __future__ import annotations

import gc
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

from tiktok_hashtags.errors import ConfigError, DataTestError, TransformError
from tiktok_hashtags.project import Project, replace
from tiktok_hashtags.warehouse.base import Warehouse
from tiktok_hashtags.warehouse.dbt_manifest import manifest
from tiktok_hashtags.warehouse.kinds import open_warehouse

logger = logging.getLogger(__name__)


def dbt_project_folder() -> Path:
    """Return the dbt project: inside the installed package, or at the root of a checkout."""
    here = Path(__file__).resolve()
    candidates = [here.parents[1] / "dbt_project", here.parents[3] / "dbt_project"]
    return next(folder for folder in candidates if (folder / "dbt_project.yml").is_file())


def build(project: Project, *, full_refresh: bool = False, today: date | None = None) -> list[str]:
    """Build all models and run all data tests.

    Args:
        project: The project whose warehouse is built.
        full_refresh: Rebuild the incremental models from all of raw.
        today: The date (UTC) that ages of data count to; by default that of the build.

    Returns:
        Warnings of data tests, which do not prevent the publication.

    Raises:
        KeyboardInterrupt: A signal handler raised it; dbt has cancelled what it was doing.
        DataTestError: A data test failed; the message names it.
        TransformError: A model could not be built, or dbt could not start.
    """
    # Unit tests test the SQL, not the data; exposures have nothing to build.
    without = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    # dbt's own artifacts take a tenth of a small day's build, and only the results of the nodes are read.
    refresh = ["--full-refresh"] if full_refresh else []
    dated = ["--vars", json.dumps({"today": today.isoformat()})] if today else []
    outcome = _invoke(project, "build", *without, "--no-write-json", *refresh, *dated, with_manifest=True)
    _write_results(project, outcome.result or ())
    _check(outcome)
    return [_described(result) for result in outcome.result if result.status == "warn"]


def generate_docs(project: Project) -> Path:
    """Have dbt describe the models and their tables.

    Returns:
        The folder with dbt's `index.html`, `manifest.json` and `catalog.json`.

    Raises:
        ConfigError: There is no warehouse yet.
        TransformError: dbt could not start, or could not read the warehouse.
    """
    if not open_warehouse(project).exists():
        raise ConfigError("there is no warehouse yet; `tiktags run` makes one")
    # Compiled, an incremental model would show its next step, which is empty; parsing writes the manifest.
    for command in (["parse"], ["docs", "generate", "--no-compile"]):
        outcome = _invoke(project, *command)
        if not outcome.success:
            raise TransformError(f"dbt could not describe the warehouse: {outcome.exception or 'see data/dbt/logs'}")
    return project.dbt.resolve() / "target"


def _invoke(project: Project, *command: str, with_manifest: bool = False) -> Any:
    """Run a dbt command in this process and return dbt's result."""
    from dbt.cli.main import dbtRunner

    def parse() -> Any:
        # The log file belongs to the build; what fails here is raised.
        parsed = dbtRunner().invoke(["parse", "--no-write-json", *options, "--log-level-file", "none"])
        _check(parsed)
        return parsed.result

    warehouse = open_warehouse(project)
    folder = str(dbt_project_folder())
    variables = {"DBT_PROFILES_DIR": folder, **warehouse.dbt_variables()}
    options = [
        *("--log-level", "none", "--log-level-file", "debug", "--no-use-colors"),
        *("--project-dir", folder),
        *("--target-path", str(project.dbt.resolve() / "target")),
        *("--log-path", str(project.dbt.resolve() / "logs")),
    ]
    with _environment(**variables), redirect_stdout(_LogStream()):
        try:
            cache = project.dbt / "manifests"
            kept = manifest(Path(folder), variables, cache=cache, parse=parse) if with_manifest else None
            return dbtRunner(kept).invoke([*command, *options])
        finally:
            _release(warehouse)


def _write_results(project: Project, results: Iterable[Any]) -> None:
    """Write `run_results.json` for the report: what came of each node, under dbt's own names."""
    rows = [
        {
            "unique_id": result.node.unique_id,
            "status": str(result.status),
            "message": result.message,
            "failures": result.failures,
            "execution_time": result.execution_time,
        }
        for result in results
    ]
    path = project.dbt / "target" / "run_results.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, lambda aside: aside.write_text(json.dumps({"results": rows}), encoding="utf-8"))
    except OSError as error:  # the marts do not depend on it
        logger.warning("dbt's results were not written, so the report will not show them: %s", error)


def _check(outcome: Any) -> None:
    """Raise the error for dbt's results: one class for failed tests, one for failed models."""
    if outcome.success:
        return
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.result is None:
        raise TransformError(f"dbt could not start: {outcome.exception}")
    bad = [result for result in outcome.result if result.status in ("error", "fail", "runtime error")]
    broken = [result for result in bad if result.status != "fail"]
    named = "; ".join(map(_described, (broken or bad)[:5]))
    if broken:
        raise TransformError(f"dbt: {len(broken)} models failed: {named}. Raw is kept; nothing was published.")
    raise DataTestError(f"{len(bad)} data tests failed: {named}. Raw is kept; nothing was published.")


def _described(result: Any) -> str:
    return f"{result.node.name}: {(result.message or '').strip()[:300]}"


def _release(warehouse: Warehouse) -> None:
    """Close the warehouse and the log file, which dbt keeps open for the life of the process."""
    for handler in logging.getLogger("file_log").handlers:
        handler.close()
    warehouse.release_dbt()
    gc.collect()


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


class _LogStream:
    """Takes dbt's output, because stdout belongs to the command line."""

    def write(self, text: str) -> int:
        """Log a line."""
        if text.strip():
            logger.info("dbt: %s", text.strip())
        return len(text)

    def flush(self) -> None:
        """Do nothing; the logger flushes itself."""
