"""Shared fixtures: a small world behind the sandbox, a run whose clock stands still, a raw layer to read."""

from __future__ import annotations

import gc
import json
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import dlt
import duckdb
import httpx
import pytest
from dlt.extract.items import TableNameMeta
from dlt.extract.pipe_iterator import PipeIterator
from tests import fast_dbt, fast_dlt  # noqa: F401  # importing them is enough
from xdist.scheduler.loadscope import LoadScopeScheduling

from tiktok_hashtags import providers
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import SourceRun, Targets
from tiktok_hashtags.fetch.client import ApiClient
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.money import PricePlan
from tiktok_hashtags.sandbox import PROVIDERS, Sandbox, SandboxClock, World

# As the command line does: dlt and dbt import thousands of lasting objects that the collector need not inspect.
gc.set_threshold(10_000)
NOW = datetime(2026, 11, 1, 6)
UNLIMITED = PricePlan("test", credit_usd=0.001, requests_per_minute=100_000)
SCRAPER_URL = "https://scraper.example"
# Shared worlds that are expensive to build: the tests of one run on one worker, the longest first.
WORLDS = ("calm", "history", "month_site", "dbt")
# Marks of tests by the fixtures that they use.
MARKS = {"start": "kill", "postgres_url": "postgres", "browser": "browser"}
MARKS |= dict.fromkeys(("calm", "leaky", "demo"), "slow")
E2E = Path(__file__).parent / "e2e"


def world_of(path: Path) -> str:
    """Return the world that a file's tests use as a fixture, or else the file itself."""
    text = path.read_text("utf-8")
    return next((name for name in WORLDS if re.search(rf"\b{name}: ", text)), str(path))


class WorldScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives all files of one world to one worker, so that each world is built once.

    The marks of `--dist loadgroup` do not reach the scheduler: pytest 9.2 ignores the node id that xdist 3.8 rewrites.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = E2E.parents[1] / nodeid.partition("::")[0]
        return world_of(path) if E2E in path.parents or path.parent.name == "dbt" else str(path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WorldScheduling:
    """Make xdist use `WorldScheduling`."""
    return WorldScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        marks = {mark for name, mark in MARKS.items() if name in used}
        for mark in sorted(marks | ({"e2e"} if E2E in item.path.parents else set())):
            item.add_marker(mark)


@dataclass
class FakeTime:
    """Time that passes only in `sleep`."""

    now: float = 1_000.0
    sleeps: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.sleeps.append(seconds)
            self.now += seconds

    def monotonic(self) -> float:
        return self.now


class MakeSession(Protocol):
    """Makes a run whose clock stands at `NOW`; arguments go to `Session`."""

    def __call__(self, **given: Any) -> Session: ...


class MakeClient(Protocol):
    """Makes a client whose network is a function."""

    def __call__(
        self,
        answer: Callable[[httpx.Request], httpx.Response],
        *,
        plan: PricePlan = UNLIMITED,
        session: Session | None = None,
        base_url: str = "https://api.example/v1",
    ) -> ApiClient: ...


class Crawl(Protocol):
    """Makes a provider's walks, into a raw layer or nowhere; returns the run, which has the verdicts."""

    def __call__(
        self, name: str, targets: Targets, *, session: Session | None = None, into: Raw | None = None, **given: Any
    ) -> Session: ...


class Raw(Protocol):
    """A raw layer to load sources into and to query."""

    def load(self, source: Any) -> None: ...

    def rows(self, query: str) -> list[tuple[Any, ...]]: ...


class TablesInMemory:
    """The arrow tables of sources under their names, without dlt's files, loads and types in between."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("create schema raw")

    def load(self, source: Any, load_id: str | None = None) -> None:
        """Append what a source yields, as rows of a load."""
        for item in PipeIterator.from_pipes(source.resources.selected_pipes, next_item_mode="fifo"):
            name = item.meta.table_name if isinstance(item.meta, TableNameMeta) else item.meta.hints["table_name"]
            batch = item.item
            self._connection.register("batch", batch)
            self._connection.execute(f"create table if not exists raw.{name} as from batch limit 0")
            rows = "select * replace ($load_id as _dlt_load_id) from batch"
            self._connection.execute(f"insert into raw.{name} by name {rows}", {"load_id": load_id})

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, list(values)).fetchall()


@dataclass
class TablesOfDlt:
    """A DuckDB file that dlt fills, as for a user of the sources."""

    folder: Path

    def __post_init__(self) -> None:
        self.pipeline = dlt.pipeline(
            "raw_of_a_test",
            destination=dlt.destinations.duckdb(str(self.folder / "warehouse.duckdb")),
            dataset_name="raw",
            pipelines_dir=str(self.folder / "pipelines"),
        )

    def load(self, source: Any) -> None:
        self.pipeline.run(source, loader_file_format="parquet")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.pipeline.sql_client() as client:
            return [tuple(row) for row in client.execute_sql(query) or []]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SOURCES__", "TIKTAGS_", "DESTINATION"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=7, hashtags=4, videos=40)


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def sandbox(world: World, fake_time: FakeTime) -> Sandbox:
    clock = SandboxClock(NOW.replace(tzinfo=UTC), frozen=True)
    return Sandbox(world, clock, plans=dict.fromkeys(PROVIDERS, "unlimited"), sleep=fake_time.sleep)


@pytest.fixture
def make_session(tmp_path: Path, sandbox: Sandbox, fake_time: FakeTime) -> Iterator[MakeSession]:
    made: list[Session] = []

    def make(**given: Any) -> Session:
        usual: dict[str, Any] = {
            "clock": frozen_clock(NOW),
            "run_id": f"run-{len(made) + 1}",
            "snapshot_date": NOW.date(),
            "transport": httpx.MockTransport(sandbox.respond),
            "sleep": fake_time.sleep,
            "monotonic": fake_time.monotonic,
            "concurrency": 4,
        }
        if "journal" not in given:
            usual["journal"] = Journal(tmp_path / "journal.sqlite")
        made.append(Session(**usual | given))
        return made[-1]

    yield make
    for session in made:
        session.close()
        session.journal.close()


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


@pytest.fixture
def make_client(make_session: MakeSession) -> MakeClient:
    def make(
        answer: Callable[[httpx.Request], httpx.Response],
        *,
        plan: PricePlan = UNLIMITED,
        session: Session | None = None,
        base_url: str = "https://api.example/v1",
    ) -> ApiClient:
        session = session or make_session()
        session.transport = httpx.MockTransport(answer)
        client = ApiClient(
            provider="example", base_url=base_url, headers={"x-api-key": "secret-key"}, plan=plan, session=session
        )
        session.clients["example"] = client
        return client

    return make


@pytest.fixture
def make_settings(sandbox: Sandbox) -> Callable[..., Settings]:
    """Settings with the sandbox's key, which is valid at every documented address."""

    def make(name: str, **given: Any) -> Settings:
        usual = {"api_key": sandbox.keys.get(name), "requests_per_minute": 100_000}
        if name == "scraper":
            usual["base_url"] = SCRAPER_URL
        return providers.provider(name).configured(**usual | given)

    return make


@pytest.fixture
def crawl(make_session: MakeSession, make_settings: Callable[..., Settings]) -> Crawl:
    def crawl(
        name: str, targets: Targets, *, session: Session | None = None, into: Raw | None = None, **given: Any
    ) -> Session:
        run = session or make_session()
        settings = make_settings(name, **given)
        walks = providers.provider(name).walks_for(targets, settings, run)
        source = providers.source(name)(run=SourceRun(settings, run, walks))
        if into is None:
            list(source)
        else:
            into.load(source)
        return run

    return crawl


@pytest.fixture
def answered(make_session: MakeSession) -> Callable[..., Session]:
    """A run in which every request gets the same answer: `answered(200, {...})` or `answered(500, b"...")`."""

    def make(status: int, body: Any = None, **headers: str) -> Session:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return make_session(
            transport=httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=content))
        )

    return make


@pytest.fixture
def raw() -> Raw:
    return TablesInMemory()


@pytest.fixture
def dlt_raw(tmp_path: Path) -> TablesOfDlt:
    return TablesOfDlt(tmp_path)


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """An empty database of the server on this machine, dropped at the end."""
    psycopg2 = pytest.importorskip("psycopg2")
    server = "postgresql://postgres@127.0.0.1:5432"
    name = f"tiktags_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg2.connect(f"{server}/postgres", connect_timeout=5)
    except psycopg2.OperationalError as error:
        reason = f"there is no PostgreSQL server: {error}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'create database "{name}"')
        yield f"{server}/{name}"
        cursor.execute(f'drop database "{name}" with (force)')
    connection.close()
