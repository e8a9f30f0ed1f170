"""Packages that wait for the next run are named, with their time and the reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import pyarrow as pa
import pytest
from tests.warehouse.test_raw import held

from tiktok_hashtags.errors import BusyError
from tiktok_hashtags.extract.tables import marked_tables
from tiktok_hashtags.jobs.doctor import checks
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse import RawLayer, waiting_packages

if TYPE_CHECKING:
    from tiktok_hashtags.warehouse.waiting import WaitingPackage


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def table(name: str) -> Any:
    return dlt.resource(marked_tables({name: pa.table({"id": ["1"]})}), name=name)


def test_a_package_whose_run_was_ended_waits(project: Project) -> None:
    RawLayer(project).extract(table("first"))

    [package] = waiting_packages(project)

    assert package.reason == "the run that fetched it ended before it was loaded"
    assert re.fullmatch(r"load package \d+\.\d+, fetched 20\d\d-\d\d-\d\d \d\d:\d\d UTC: the run .*", str(package))


def test_the_reason_of_the_last_failure_is_told_until_the_package_is_loaded(project: Project) -> None:
    layer = RawLayer(project)
    layer.load(table("first"))
    layer.extract(table("second"))
    with held(project.warehouse), pytest.raises(BusyError):
        layer.load_pending()

    assert "the warehouse file is open in another program" in doctor(project)
    assert [package.load_id in doctor(project) for package in waiting_packages(project)] == [True]

    RawLayer(project).load_pending()

    assert waiting_packages(project) == []
    assert doctor(project) == "none"


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", '{"1": 2}', "null"])
def test_a_damaged_note_only_loses_the_reason(project: Project, text: str) -> None:
    RawLayer(project).extract(table("first"))
    (project.pipelines / "waiting.json").write_text(text)

    assert [package.reason for package in waiting_packages(project)] == [INTERRUPTED]


def test_there_is_nothing_to_wait_for_in_a_new_folder(project: Project) -> None:
    assert waiting_packages(project) == []


def test_a_name_that_is_no_time_is_shown_all_the_same(project: Project) -> None:
    for name in ("nan", "1e300", "odd"):
        (project.pipelines / "tiktok_hashtags" / "load" / "normalized" / name).mkdir(parents=True)

    assert [describe(package) for package in waiting_packages(project)] == ["at an unknown time"] * 3


INTERRUPTED = "the run that fetched it ended before it was loaded"


def describe(package: WaitingPackage) -> str:
    """When the package says that it was fetched."""
    return str(package).partition("fetched ")[2].partition(":")[0]


def doctor(project: Project) -> str:
    [detail] = [check.detail for check in checks(project) if check.name == "waiting packages"]
    return detail
