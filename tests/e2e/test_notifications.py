"""A run sends its notification, which does not change its exit code."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

    from tiktok_hashtags.sandbox import World

RUN = ("run", "--json", "--no-transform", "--now", "2026-11-01T06:00")
KEEP = "import sys, pathlib; pathlib.Path('told.json').write_bytes(sys.stdin.buffer.read())"


@pytest.fixture
def site(make_site: MakeSite, tiny: World) -> Site:
    site = make_site(tiny, f'hashtags = [{{id = "{tiny.hashtags[0].id}"}}]\n', keys=ONLY_UNIFAPI)
    site.variables["NOTIFY__COMMAND"] = json.dumps([sys.executable, "-c", KEEP])
    return site


def told(site: Site) -> dict[str, Any] | None:
    path = site.project.root / "told.json"
    return json.loads(path.read_bytes()) if path.exists() else None


def test_a_complete_run_notifies_nobody(site: Site) -> None:
    result = site.tiktags(*RUN)

    assert (result.exit_code, told(site)) == (0, None)


def test_an_incomplete_run_sends_the_json_that_it_prints(site: Site) -> None:
    site.variables["SOURCES__UNIFAPI__API_KEY"] = "revoked"

    result = site.tiktags(*RUN)

    report = told(site)
    assert report
    assert (result.exit_code, report["exit_code"]) == (6, 6)
    assert report == {"text": report["text"], "project": site.project.root.name, **json.loads(result.stdout)}
    assert "exit code 6, authentication; " in report["text"]
    assert "revoked" not in json.dumps(report)


def test_a_run_that_cannot_begin_sends_the_reason(site: Site) -> None:
    site.project.watchlist.write_text("[[hashtags]]\nname = 7\n", encoding="utf-8")

    result = site.tiktags(*RUN)

    report = told(site)
    assert result.exit_code == 2
    assert report
    assert report["error"] == json.loads(result.stdout)["error"]


def test_a_notification_that_fails_changes_no_exit_code(site: Site) -> None:
    site.variables["NOTIFY__COMMAND"] = '["./nothing-here"]'
    site.variables["NOTIFY__ON"] = "always"

    result = site.tiktags(*RUN)

    assert result.exit_code == 0
    assert json.loads(result.stdout)["exit_code"] == 0
    assert "tiktags: notify: ./nothing-here could not be started" in result.stderr


def test_a_misspelt_key_in_the_configuration_is_reported_before_anything_is_sent(site: Site) -> None:
    (site.project.root / ".dlt").mkdir()
    (site.project.root / ".dlt" / "config.toml").write_text('[notify]\nwebhok = "https://hooks.example/x"\n')

    done = site.process("run")

    assert done.returncode == 2
    assert "[notify]: unknown key `webhok`; expected one of command, webhook, on, timeout_seconds" in done.stderr
    assert set(site.requests().values()) == {0}


def test_a_command_of_the_configuration_file_is_notified(site: Site) -> None:
    del site.variables["NOTIFY__COMMAND"]
    (site.project.root / ".dlt").mkdir()
    config = f'[notify]\ncommand = {json.dumps([sys.executable, "-c", KEEP])}\non = "always"\n'
    (site.project.root / ".dlt" / "config.toml").write_text(config, encoding="utf-8")

    done = site.process(*RUN)

    report = told(site)
    assert done.returncode == 0, done.stderr
    assert report
    assert report["text"].endswith("exit code 0, complete")
