"""What the marts say about themselves, read from dbt's manifest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "pipelines" / "tiktok_hashtags" / "report"
SUPERSET = ROOT / "bi" / "superset" / "assets"


@pytest.fixture(scope="module")
def manifest(dbt: Dbt) -> Any:
    return dbt.invoke("parse")


@pytest.fixture(scope="module")
def marts(manifest: Any) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type == "model" and "marts" in node.fqn]


def test_every_mart_and_every_column_of_it_is_described(marts: list[Any]) -> None:
    columns = [(f"{node.name}.{column.name}", column) for node in marts for column in node.columns.values()]

    assert [node.name for node in marts if not node.description] == []
    assert [name for name, column in columns if not column.description] == []
    assert len(columns) > 300


def test_every_reporting_model_reaches_somebody_who_reads_it(manifest: Any, marts: list[Any]) -> None:
    read = {name.split(".")[-1] for exposure in manifest.exposures.values() for name in exposure.depends_on.nodes}

    assert {node.name for node in marts if node.schema == "reporting"} - read == set()
    assert read - {node.name for node in marts} == set()


def test_the_report_s_exposure_names_what_its_queries_read(manifest: Any) -> None:
    queries = "".join(path.read_text("utf-8") for path in REPORT.glob("*.py"))

    assert set(re.findall(r"\{(?:marts|reporting)\}\.(\w+)", queries)) == exposed(manifest, "html_report")


def test_the_dashboards_exposure_names_what_superset_s_datasets_read(manifest: Any) -> None:
    datasets = [yaml.safe_load(path.read_text("utf-8")) for path in SUPERSET.rglob("datasets/**/*.yaml")]
    queries = " ".join(each["sql"] or f"reporting.{each['table_name']}" for each in datasets)

    assert set(re.findall(r"reporting\.(\w+)", queries)) == exposed(manifest, "bi_dashboards")


def exposed(manifest: Any, name: str) -> set[str]:
    """The models that an exposure depends on."""
    [found] = [exposure for exposure in manifest.exposures.values() if exposure.name == name]
    return {node.split(".")[-1] for node in found.depends_on.nodes}


def test_every_kind_of_observation_has_a_freshness(manifest: Any) -> None:
    fresh = {source.name for source in manifest.sources.values() if source.has_freshness}

    assert fresh == {
        "crawlora_creative_center",
        "crawlora_hashtags",
        "crawlora_trends",
        "scraper_items",
        "tikliveapi_hashtags",
        "tikliveapi_search",
        "tikliveapi_videos",
        "unifapi_videos",
        "walks",
    }
