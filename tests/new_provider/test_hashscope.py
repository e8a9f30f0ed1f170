"""A fifth provider is one file and its namesakes: the registry finds it, a run loads it, dbt puts it into a mart."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import httpx
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from tests.new_provider.sandbox import hashscope as sandbox

from tiktok_hashtags import providers
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.errors import AuthError, BodyError, NotFoundError, RequestError
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.jobs.opened import Options
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.run import run_project
from tiktok_hashtags.project import Project
from tiktok_hashtags.watchlist.model import Hashtag

if TYPE_CHECKING:
    from tests.conftest import Crawl, FakeTime, MakeSession

    from tiktok_hashtags.extract.session import Session

HERE = Path(__file__).parent
DBT_PROJECT = HERE.parents[1] / "dbt_project"
NOW = datetime(2026, 11, 1, 6)
WATCHLIST = '[[hashtags]]\nname = "#Christmas"\nproviders = ["hashscope"]\n'
SEED_ROW = "hashscope,HashScope,5,request,2,2,0.001,0.001,0.001,,,60,60,$0.001 a credit,2026-11\n"


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the registry find the provider as if its file were in the package's folder.

    The module stays imported afterwards: its types were prepared for threads and have to stay resolvable by its name.
    """
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(HERE / "providers")])


@pytest.fixture
def new_session(make_session: MakeSession) -> Session:
    return make_session(transport=httpx.MockTransport(sandbox.respond))


def with_provider(folder: Path) -> Path:
    """Return a copy of the dbt project with the provider's staging folder, its two lines and its row."""
    copy = shutil.copytree(DBT_PROJECT, folder / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(HERE / "staging" / "hashscope", copy / "models" / "staging" / "hashscope")
    lists = copy / "macros" / "provider_models.sql"
    text = lists.read_text("utf-8")
    for macro, line in (
        ("raw_subjects", "'hashscope_hashtags': 'hashtags',"),
        ("hashtag_models", "'stg_hashscope__hashtags': 'hashscope',"),
    ):
        before, opening, after = text.partition(f"macro {macro}() -%}}\n    {{{{ return({{\n")
        text = f"{before}{opening}        {line}\n{after}"
    lists.write_text(text, "utf-8")
    with (copy / "seeds" / "providers.csv").open("a", encoding="utf-8") as seeds:
        seeds.write(SEED_ROW)
    return copy


def build(dbt_project: Path, warehouse: Path, *selection: str) -> None:
    """Build some models and run the tests that need no others."""
    folder = warehouse.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTAGS_WAREHOUSE", str(warehouse))
        patch.setenv("TIKTAGS_TARGET", "duckdb")
        result: Any = dbtRunner().invoke(
            [
                *("--quiet", "--warn-error", "--log-level-file", "none", "build", "--select", *selection),
                *("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test"),
                *("--project-dir", str(dbt_project)),
                *("--profiles-dir", str(dbt_project), "--target-path", str(folder / "target")),
            ]
        )
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb annotates little
    gc.collect()
    assert result.exception is None, result.exception
    assert {str(each.status) for each in result.result} <= {"success", "pass"}


def run(folder: Path, fake_time: FakeTime) -> Outcome:
    (folder / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")
    options = Options(
        clock=frozen_clock(NOW),
        transforms=False,
        transport=httpx.MockTransport(sandbox.respond),
        sleep=fake_time.sleep,
        monotonic=fake_time.monotonic,
    )
    return run_project(Project(folder), options)


def rows(warehouse: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_registry_finds_it_among_the_providers_of_details() -> None:
    assert providers.names() == ("crawlora", "hashscope", "tikliveapi", "scraper", "unifapi")


def test_a_run_loads_it_into_a_mart(tmp_path: Path, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__HASHSCOPE__API_KEY", sandbox.KEY)

    outcome = run(tmp_path, fake_time)
    warehouse = Project(tmp_path).warehouse
    build(with_provider(tmp_path), warehouse, "+fct_hashtag_stats_daily", "+dim_provider")

    assert (outcome.exit_code, outcome.messages) == (0, [])
    assert rows(
        warehouse,
        "select hashtag_key, snapshot_date, view_count, creator_count, precision, provider"
        " from marts.fct_hashtag_stats_daily",
    ) == [("christmas", NOW.date(), 321_857_738_740, 1_234, "exact", "hashscope")]
    assert rows(warehouse, "select outcome, credits, cost_usd from raw.api_requests") == [
        ("ok", 2, pytest.approx(0.002))
    ]


def test_its_details_give_the_id_that_other_providers_need(crawl: Crawl, new_session: Session) -> None:
    crawl("hashscope", Targets(details=[Hashtag(name="christmas")]), session=new_session, api_key=sandbox.KEY)

    assert new_session.id_of("christmas") == "3242"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": "wrong token"}, AuthError),
        (404, {"error": "no such hashtag"}, NotFoundError),
        (200, {"error": "odd"}, BodyError),
    ],
)
def test_every_failing_answer_is_a_typed_error(
    crawl: Crawl, answered: Callable[..., Session], status: int, body: Any, kind: type[RequestError]
) -> None:
    targets = Targets(details=[Hashtag(name="christmas")])

    session = crawl("hashscope", targets, session=answered(status, body), api_key=sandbox.KEY)

    [walk] = session.tally.walks
    assert type(walk.error) is kind
    assert str(walk.error).startswith("hashscope details of #christmas: ")
