"""dbt by itself, as docs/dbt.md shows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import History

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@dataclass
class ByHand:
    """dbt's own command in a copy of the project, on a copy of a warehouse."""

    folder: Path
    warehouse: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("dbt"), *arguments],
            cwd=self.folder,
            env={"TIKTAGS_WAREHOUSE": str(self.warehouse), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def dbt(history: History, tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    folder = tmp_path_factory.mktemp("by-hand")
    shutil.copytree(ROOT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copy(history.site.project.warehouse, folder / "warehouse.duckdb")
    return ByHand(folder / "dbt_project", folder / "warehouse.duckdb")


def test_a_build_makes_and_tests_a_mart_unit_tests_included(dbt: ByHand) -> None:
    done = dbt("build", "--no-use-colors", "--select", "+rpt_coverage")

    assert done.returncode == 0, done.stdout[-3000:]
    assert "ERROR=0" in done.stdout
    assert "unit_test" in done.stdout


def test_the_freshness_of_sources_can_be_asked(dbt: ByHand) -> None:
    done = dbt("source", "freshness", "--no-use-colors")

    assert "raw.unifapi_videos" in done.stdout
    assert done.returncode == 0, done.stdout[-3000:]
