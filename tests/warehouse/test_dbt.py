"""dbt in process: where it is found, and what its failures become."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from tiktok_hashtags.errors import TransformError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.dbt import build, dbt_project_folder


def test_the_dbt_project_is_found_beside_the_package() -> None:
    folder = dbt_project_folder()

    assert (folder / "models" / "marts").is_dir()
    assert (folder / "profiles.yml").is_file()


def test_a_warehouse_that_is_none_is_a_transform_error_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path)
    project.data.mkdir()
    project.warehouse.write_bytes(b"this is no database file" * 1000)

    with pytest.raises(TransformError, match="dbt"):
        build(project)

    assert capfd.readouterr().out == ""
    assert "TIKTAGS_WAREHOUSE" not in os.environ


def test_a_signal_while_dbt_parses_is_no_failure_of_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = dbtRunnerResult(success=False, exception=KeyboardInterrupt())
    monkeypatch.setattr(dbtRunner, "invoke", lambda *_: interrupted)

    with pytest.raises(KeyboardInterrupt):
        build(Project(tmp_path))
