from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tiktok_hashtags.cli.main import main
from tiktok_hashtags.jobs.doctor import Check, checks
from tiktok_hashtags.jobs.init import write_project
from tiktok_hashtags.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write_project(tmp_path)
    return Project(tmp_path)


def named(project: Project) -> dict[str, Check]:
    return {check.name: check for check in checks(project)}


def test_a_new_project_is_in_order(project: Project) -> None:
    found = named(project)

    assert [name for name, check in found.items() if not check.is_ok] == []
    assert found["watchlist"].detail == "1 hashtags, 0 trend lists, 0 searches, 0 datasets"
    assert found["crawlora"].detail == "no key (SOURCES__CRAWLORA__API_KEY); plan free, 5 requests/min, $0 a credit"
    assert "no public price" in found["tikliveapi"].detail
    assert "dlt 1." in found["libraries"].detail


def test_a_key_is_found_but_never_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__UNIFAPI__API_KEY", "very-secret")

    found = named(project)

    assert found["unifapi"].detail.startswith(
        "key set, sent to api.unifapi.com; plan free, 60 requests/min, $0.001 a credit"
    )
    assert "very-secret" not in repr(found)


def test_another_host_than_the_provider_s_own_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__UNIFAPI__API_KEY", "very-secret")
    monkeypatch.setenv("SOURCES__UNIFAPI__BASE_URL", "https://api.unifapi.example/v1")

    detail = named(project)["unifapi"].detail

    assert detail.startswith("key set, sent to api.unifapi.example, which is not the provider's own server; plan")


def test_a_data_folder_that_others_can_read_is_said_to_be(project: Project) -> None:
    project.make_data()
    project.data.chmod(0o755)

    detail = named(project)["data folder"].detail

    assert detail == f"{project.data} can be read by others (mode 755); run chmod 700 {project.data}"


def test_a_wrong_setting_fails_only_its_provider(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__CRAWLORA__BASE_URL", "http://api.crawlora.net/api/v1")
    monkeypatch.setenv("SOURCES__UNIFAPI__PLAN", "gold")

    found = named(project)

    assert {name for name, check in found.items() if not check.is_ok} == {"crawlora", "unifapi"}
    assert "travel in the clear" in found["crawlora"].detail
    assert "expected one of free, paid" in found["unifapi"].detail


def test_secrets_that_others_can_read_are_pointed_out(project: Project) -> None:
    (project.root / ".dlt" / "secrets.toml").chmod(0o644)

    check = named(project)["secrets file"]

    assert (check.is_ok, "chmod 600" in check.detail) == (True, True)


def test_a_data_folder_that_cannot_be_written_is_a_failure(project: Project) -> None:
    project.data.touch()

    assert named(project)["data folder"].is_ok is False


def test_a_failure_is_exit_code_2_in_one_json_object(project: Project) -> None:
    project.watchlist.write_text("[[hashtag]]\n", "utf-8")

    result = CliRunner().invoke(main, ["-C", str(project.root), "doctor", "--json"])

    failed = [check for check in json.loads(result.stdout)["checks"] if not check["is_ok"]]
    assert result.exit_code == 2
    assert [check["name"] for check in failed] == ["watchlist"]
    assert "watchlist.toml:1: unknown key `hashtag`; expected one of hashtags" in failed[0]["detail"]


def test_a_person_sees_what_failed(project: Project) -> None:
    project.watchlist.unlink()

    result = CliRunner().invoke(main, ["-C", str(project.root), "doctor"])

    assert result.exit_code == 2
    assert "FAILED" in result.stdout
    assert "tiktags init" in " ".join(result.stdout.split())
