"""Publications made by SQL, and the data that a written page holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import pytest
from publication import LAST_DAY, Size, make_publication

from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.project import Project
from tiktok_hashtags.report import write_report

NOW = datetime.fromisoformat(f"{LAST_DAY}T06:20")
PASSED = [{"unique_id": "test.tiktok_hashtags.unique_grain_dim_hashtag.1a", "status": "pass", "execution_time": 0.1}]


class MakeProject(Protocol):
    """Makes a folder with a publication of some size, and results of dbt (None for none)."""

    def __call__(self, results: list[dict[str, Any]] | None = PASSED, **size: int) -> Project: ...


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> MakeProject:
    def make(results: list[dict[str, Any]] | None = PASSED, **size: int) -> Project:
        project = Project(tmp_path_factory.mktemp("project"))
        make_publication(project.publication, Size(**size))
        if results is not None:
            target = project.dbt / "target"
            target.mkdir(parents=True)
            (target / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
        return project

    return make


@pytest.fixture(scope="session")
def project(make_project: MakeProject) -> Project:
    """200 videos over 40 days, hostile texts among them; tests only read it."""
    return make_project()


@pytest.fixture(scope="session")
def written() -> Callable[..., dict[str, Any]]:
    """A function that writes a project's report and returns the data in it."""

    def write(project: Project, **given: Any) -> dict[str, Any]:
        path = write_report(project, clock=frozen_clock(NOW), **given).path
        return data_of(path.read_text("utf-8"))

    return write


def data_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data
