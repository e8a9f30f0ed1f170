"""Checks of a project's files and settings before a run, without sending anything."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from tiktok_hashtags import providers
from tiktok_hashtags.clock import Clock, system_clock
from tiktok_hashtags.config import key_variable
from tiktok_hashtags.errors import BusyError, ConfigError, TiktagsError
from tiktok_hashtags.jobs.recovery import unfinished
from tiktok_hashtags.jobs.room import describe_room
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import dbt_project_folder, open_warehouse, waiting_packages
from tiktok_hashtags.watchlist import read_watchlist

_LIBRARIES = ("dlt", "duckdb", "dbt-core", "dbt-duckdb", "httpx", "pyarrow", "msgspec")


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; `is_ok` is False only for a fault that would stop a run."""

    name: str
    is_ok: bool
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Return the check as `tiktags doctor --json` prints it."""
        return asdict(self)


def checks(project: Project, *, clock: Clock = system_clock) -> list[Check]:
    """Return all checks of a project."""
    return [
        _tried("watchlist", lambda: _watchlist(project)),
        *(_tried(name, partial(_provider, name)) for name in providers.names()),
        _tried("data folder", lambda: _writable(project)),
        _tried("free space", lambda: describe_room(project)),
        _tried("warehouse", lambda: open_warehouse(project).summary()),
        Check("waiting packages", True, "; ".join(map(str, waiting_packages(project))) or "none"),
        _tried("unfinished runs", lambda: _unfinished(project, clock)),
        _tried("secrets file", lambda: _secrets(project)),
        Check("dbt project", True, str(dbt_project_folder())),
        Check("libraries", True, ", ".join(_versions())),
    ]


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except TiktagsError as error:
        return Check(name, False, str(error))


def _watchlist(project: Project) -> str:
    watchlist = read_watchlist(project.watchlist, providers=providers.names())
    return (
        f"{len(watchlist.hashtags)} hashtags, {len(watchlist.trends)} trend lists, {len(watchlist.searches)} searches, "
        f"{len(watchlist.datasets)} datasets"
    )


def _provider(name: str) -> str:
    settings = providers.provider(name).configured()
    key = f"key set, sent to {settings.host}" if settings.api_key else f"no key ({key_variable(name)})"
    if settings.foreign_host:
        key += ", which is not the provider's own server"
    if settings.route.proxy:
        key += f", through the proxy {settings.route.proxy}"
    price = "no public price" if settings.plan.credit_usd is None else f"${settings.plan.credit_usd:g} a credit"
    return f"{key}; plan {settings.plan.name}, {settings.plan.requests_per_minute} requests/min, {price}"


def _writable(project: Project) -> str:
    try:
        project.make_data()
        probe = project.data / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(f"{project.data}: cannot be written: {error.strerror}") from error
    return project.data_warning or str(project.data)


def _unfinished(project: Project, clock: Clock) -> str:
    try:
        return " ".join(unfinished(project, today=clock().date())) or "none"
    except BusyError:  # a run that is under way stops no later one
        return "not known while another program has the warehouse open"


def _secrets(project: Project) -> str:
    if not project.secrets.is_file():
        return "none; keys come from the environment"
    return project.secrets_warning or str(project.secrets)


def _versions() -> Iterator[str]:
    for library in _LIBRARIES:
        yield f"{library} {importlib.metadata.version(library)}"
