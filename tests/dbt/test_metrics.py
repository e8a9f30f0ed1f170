"""The semantic models as MetricFlow sees them, which users have with the extra `metrics`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Raw

PROJECT = Path(__file__).parents[2] / "dbt_project"
MF = Path(sys.executable).with_name("mf")

COSTS = {
    "api_requests": [
        {
            "request_id": "q1",
            "provider": "unifapi",
            "endpoint": "videos",
            "outcome": "ok",
            "cost_usd": 0.5,
            "credits": 5,
        },
        {"request_id": "q2", "provider": "tikliveapi", "endpoint": "videos", "outcome": "ok", "credits": 1},
    ],
    "walks": [
        {"walk_key": "w1", "provider": "unifapi", "endpoint": "videos", "items": 250, "new_items": 250},
        {"walk_key": "w2", "provider": "tikliveapi", "endpoint": "videos", "items": 750, "new_items": 1},
    ],
}


QUERIES = {
    ("--metrics", "usd_per_1000_observations,new_observations"): [
        "usd_per_1000_observations,new_observations",
        "2.0,1000",
    ],
    # As docs/dbt.md asks.
    ("--metrics", "usd_per_1000_observations", "--group-by", "data_cost__provider"): [
        "data_cost__provider,usd_per_1000_observations",
        "tikliveapi,",
        "unifapi,2.0",
    ],
}


def test_metricflow_divides_the_cost_by_what_has_a_price(dbt: Dbt, fresh: Callable[[], Raw], tmp_path: Path) -> None:
    raw = fresh()
    raw.create()
    raw.add("1001", "2026-11-01", COSTS)
    dbt.build("--exclude-resource-type", "test")
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(dbt.warehouse.with_name("target"), project / "target")

    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DBT_PROFILES_DIR": str(project)}
    answers = {}
    for query in QUERIES:
        subprocess.run(
            [MF, "query", *query, "--csv", tmp_path / "answer.csv", "--quiet"],
            cwd=project,
            env=variables | {"TIKTAGS_WAREHOUSE": str(raw.path)},
            check=True,
            capture_output=True,
        )
        answers[query] = sorted((tmp_path / "answer.csv").read_text().split())

    assert answers == {query: sorted(lines) for query, lines in QUERIES.items()}
