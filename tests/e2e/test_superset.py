# ruff: noqa: S608  # queries are made of names from the assets
"""The Superset dashboard fits the published tables; with TIKTAGS_TEST_SUPERSET=1 a real Superset imports and asks it.

The real part installs Superset into `.superset` (SUPERSET_HOME names another folder), which takes minutes the first
time.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import httpx
import pytest
import yaml
from import_dashboard import bundled, duckdb_uri, log_in
from tests.e2e.truth import industry

from tiktok_hashtags.sandbox import DATASET_ID, World

if TYPE_CHECKING:
    from tests.e2e.conftest import History, MakeSite, Site

ROOT = Path(__file__).parents[2]
START = ROOT / "bi" / "superset" / "start.sh"
is_asked_for = pytest.mark.skipif(
    not os.environ.get("TIKTAGS_TEST_SUPERSET"), reason="installs and starts Superset: set TIKTAGS_TEST_SUPERSET=1"
)
MAY_BE_EMPTY = {"Early signals", "What could not be fetched"}
TOTAL_VIEWS = """
    select cast(sum(view_count) as bigint) as views
    from reporting.rpt_hashtag_growth
    where role is not null and snapshot_date = (select max(snapshot_date) from reporting.rpt_hashtag_growth)
"""
Assets = dict[str, dict[str, Any]]


def unpacked(uri: str, *, schema: str) -> Assets:
    """The bundle's assets by path."""
    with zipfile.ZipFile(io.BytesIO(bundled(uri, schema=schema))) as bundle:
        return {name.partition("/")[2]: yaml.safe_load(bundle.read(name)) for name in bundle.namelist()}


def of_kind(assets: Assets, kind: str) -> list[dict[str, Any]]:
    return [asset for path, asset in assets.items() if path.startswith(f"{kind}/")]


@pytest.fixture(scope="module")
def assets() -> Assets:
    return unpacked("duckdb:////exports/hashtags.duckdb", schema="reporting")


def test_the_assets_refer_to_each_other(assets: Assets) -> None:
    databases, datasets = of_kind(assets, "databases"), of_kind(assets, "datasets")
    charts, [dashboard] = of_kind(assets, "charts"), of_kind(assets, "dashboards")

    shown = {place["meta"]["uuid"] for place in dashboard["position"].values() if "uuid" in str(place)}

    uuids = [asset["uuid"] for asset in [*databases, *datasets, *charts, dashboard]]
    assert len(uuids) == len(set(uuids)) == len(assets) - 1
    assert {dataset["database_uuid"] for dataset in datasets} == {database["uuid"] for database in databases}
    assert {chart["dataset_uuid"] for chart in charts} == {dataset["uuid"] for dataset in datasets}
    assert shown == {chart["uuid"] for chart in charts}


def test_each_dataset_has_columns_that_are_published(assets: Assets, history: History) -> None:
    wrong = {}
    with duckdb.connect(str(history.site.project.publication), read_only=True) as connection:
        for dataset in of_kind(assets, "datasets"):
            source = f"({dataset['sql']})" if dataset["sql"] else f"reporting.{dataset['table_name']}"
            published = {row[0] for row in connection.execute(f"describe select * from {source} as told").fetchall()}
            wrong[dataset["table_name"]] = {column["column_name"] for column in dataset["columns"]} - published

    assert {name: columns for name, columns in wrong.items() if columns} == {}


def test_each_chart_asks_for_columns_of_its_dataset(assets: Assets) -> None:
    columns = {
        dataset["uuid"]: {column["column_name"] for column in dataset["columns"]}
        for dataset in of_kind(assets, "datasets")
    }

    wrong = {}
    for chart in of_kind(assets, "charts"):
        [query] = yaml.safe_load(chart["query_context"])["queries"]
        asked = {column if isinstance(column, str) else column["label"] for column in query["columns"]}
        asked |= {each["col"] for each in query["filters"]} | {column for column, _ in query["orderby"]}
        wrong[chart["slice_name"]] = asked - columns[chart["dataset_uuid"]]

    assert {name: missing for name, missing in wrong.items() if missing} == {}


def test_on_postgresql_the_published_schema_is_asked() -> None:
    assets = unpacked("postgresql+psycopg2://reader@db.example/tiktags", schema="published_reporting")

    datasets, [database] = of_kind(assets, "datasets"), of_kind(assets, "databases")

    assert {dataset["schema"] for dataset in datasets} == {"published_reporting"}
    assert [dataset["sql"].count("published_reporting.rpt") for dataset in datasets if dataset["sql"]] == [2]
    assert database["extra"] == {}


@contextmanager
def superset(*source: str) -> Iterator[httpx.Client]:
    """A Superset with the dashboard on a source, and a client that is logged in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = Path(os.environ.get("SUPERSET_HOME", ROOT / ".superset"))
    variables = {**os.environ, "SUPERSET_PORT": str(port), "SUPERSET_HOME": str(home)}
    command: list[str | Path] = [START, *source]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout
            assert any("Log in as admin" in line for line in server.stdout)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
                log_in(client, "admin", (home / "password").read_text().strip())
                yield client
        finally:
            server.send_signal(signal.SIGTERM)


def charts_data(client: httpx.Client) -> dict[str, list[dict[str, Any]]]:
    """The rows of each chart, as the REST API gives them."""
    listed = client.get("/api/v1/chart/", params={"q": "(page_size:100)"}).raise_for_status().json()["result"]
    answers = {chart["slice_name"]: client.get(f"/api/v1/chart/{chart['id']}/data/") for chart in listed}
    assert {name: answer.text for name, answer in answers.items() if answer.is_error} == {}
    return {name: answer.json()["result"][0]["data"] for name, answer in answers.items()}


def backends(client: httpx.Client) -> list[str]:
    """What each database of the Superset is."""
    return [found["backend"] for found in client.get("/api/v1/database/").raise_for_status().json()["result"]]


def only_number(rows: list[dict[str, Any]]) -> Any:
    [row] = rows
    [number] = row.values()
    return number


@is_asked_for
def test_a_real_superset_shows_every_chart_of_the_duckdb_publication(history: History, assets: Assets) -> None:
    publication = history.site.project.publication

    with superset("--publication", str(publication)) as client:
        rows, kinds = charts_data(client), backends(client)
        dashboard = client.get("/api/v1/dashboard/tiktok-hashtags").raise_for_status().json()["result"]

    assert set(rows) == {chart["slice_name"] for chart in of_kind(assets, "charts")}
    assert {name for name, found in rows.items() if not found} <= MAY_BE_EMPTY
    with duckdb.connect(str(publication), read_only=True) as connection:
        [total] = connection.execute(TOTAL_VIEWS).fetchone() or [None]
    assert (kinds, only_number(rows["Views of tracked hashtags"])) == (["duckdb"], total)
    assert dashboard["dashboard_title"] == "TikTok hashtags"
    assert duckdb_uri(publication).startswith("duckdb:////")


@is_asked_for
def test_a_real_superset_shows_every_chart_of_postgresql(make_site: MakeSite, postgres_url: str) -> None:
    site = on_postgres(make_site, postgres_url)
    for day in (0, 1):
        assert site.run(day, transforms=True).exit_code == 0

    with superset("--database", postgres_url.replace("postgresql://", "postgresql+psycopg2://")) as client:
        rows, kinds = charts_data(client), backends(client)

    assert {name for name, found in rows.items() if not found} <= MAY_BE_EMPTY
    query = site.tiktags("query", "--json", TOTAL_VIEWS)
    [total] = json.loads(query.stdout)["rows"]
    # The same Superset had the DuckDB file before, where the test above ran first.
    assert (kinds, only_number(rows["Views of tracked hashtags"])) == (["postgresql"], total["views"])


def on_postgres(make_site: MakeSite, url: str) -> Site:
    world = World(seed=11, hashtags=3, videos=14)
    first, second, _ = world.hashtags
    site = make_site(
        world,
        f"""
        hashtags = [
            {{name = "{first.name}", role = "own", campaigns = ["holiday"]}},
            {{name = "{second.name}", role = "competitor", campaigns = ["holiday"]}},
        ]
        trends = [{{country = "US", industry_id = {industry(world)}}}]
        searches = [{{keyword = "cat"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
        """,
    )
    site.variables |= {"DESTINATION": "postgres", "DESTINATION__POSTGRES__CREDENTIALS": url}
    return site
