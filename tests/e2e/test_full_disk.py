"""A disk that fills up again and again while a run fetches and loads: each time said, in the end nothing is lost."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import Site
from tests.e2e.raw import Contents, contents

from tiktok_hashtags.project import Project

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm
    from tests.e2e.started import Start, Struck

PLENTY_KB = 500_000
# Room at the start of a run, from room for nothing to room for some of the pages.
ROOMS = {"for the first files": 64, "for some pages": 1536}
IN_THE_LOAD = "for nothing, once a load has begun"
IN_DBT = "for nothing, once the marts are built"
MOMENTS = (IN_THE_LOAD, *ROOMS, IN_DBT)
REFUSED = "for less than a run may need"


@dataclass
class Filled:
    """A day's runs by the room they had, and what came of the day when there was enough."""

    runs: dict[str, Struck] = field(default_factory=dict)
    sent_when_refused: int = -1
    exit_code: int = -1
    bought_again: int = -1
    charged_in_vain: int = -1
    raw: Contents = field(default_factory=dict)


class Disk:
    """A file system of its own on a folder, whose size can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        if not self._mounted("-t", "tmpfs", "-o", f"size={PLENTY_KB}k", "tmpfs"):
            pytest.skip("mounting needs root and the right to mount")

    def leave_free(self, kilobytes: int) -> None:
        used = shutil.disk_usage(self.folder).used // 1024
        assert self._mounted("-o", f"remount,size={used + kilobytes}k")

    def unmount(self) -> None:
        subprocess.run(["umount", self.folder], check=True)

    def _mounted(self, *options: str) -> bool:
        return subprocess.run(["mount", *options, self.folder], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    disk = Disk(tmp_path_factory.mktemp("disk") / "mounted")
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def filled(disk: Disk, calm: Calm, start: Start) -> Filled:
    shutil.copytree(calm.site.project.root, disk.folder / "project")
    variables = calm.site.variables | {"DISK__LEAST_FREE_MB": "0"}
    site = Site(Project(disk.folder / "project"), calm.site.sandbox, calm.site.server, variables)
    filled, sent = Filled(), sum(site.requests().values())
    disk.leave_free(50_000)
    filled.runs[REFUSED] = start(replace(site, variables=calm.site.variables), 1)
    filled.runs[REFUSED].wait()
    filled.sent_when_refused = sum(site.requests().values()) - sent
    disk.leave_free(PLENTY_KB)
    loading = start(site, 1, "--no-transform", event="os.rename", match="started_jobs/crawlora", signal=signal.SIGSTOP)
    loading.wait_until_it_stands_still()
    disk.leave_free(0)
    loading.signal(signal.SIGCONT)
    loading.wait()
    filled.runs[IN_THE_LOAD] = loading
    for room, kilobytes in ROOMS.items():
        disk.leave_free(kilobytes)
        filled.runs[room] = start(site, 1, "--no-transform")
        filled.runs[room].wait()
    disk.leave_free(PLENTY_KB)
    building = start(site, 1, event="log", match="transforming and testing", signal=signal.SIGSTOP)
    building.wait_until_it_stands_still()
    disk.leave_free(0)
    building.signal(signal.SIGCONT)
    building.wait()
    filled.runs[IN_DBT] = building
    disk.leave_free(PLENTY_KB)
    filled.exit_code = site.run(1).exit_code
    filled.bought_again = sum(site.requests().values()) - sent - sum(calm.requests.values())
    with closing(sqlite3.connect(site.project.journal)) as journal:
        unknown = "select count(*) from requests where outcome = 'unknown'"
        filled.charged_in_vain = journal.execute(unknown).fetchone()[0]
    filled.raw = contents(site)
    return filled


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_full_disk_is_reported(filled: Filled, moment: str) -> None:
    run = filled.runs[moment]

    told = json.loads(run.stdout)
    said = " ".join([told.get("error", ""), *told.get("messages", [])])
    assert run.exit_code == 1, run.stderr
    assert re.search("No space left on device|disk is full|disk may be full", said), said
    assert not re.search("move it away|delete it", said), said


def test_a_disk_that_is_full_when_the_marts_are_built_leaves_what_the_run_paid_in_its_answer(filled: Filled) -> None:
    run = filled.runs[IN_DBT]

    answer = json.loads(run.stdout)
    assert sum(provider["requests"] for provider in answer["providers"].values()) > 0
    assert "Traceback" not in run.stderr


def test_a_run_that_may_not_fit_is_refused_before_it_pays(filled: Filled) -> None:
    run = filled.runs[REFUSED]

    assert run.exit_code == 1
    assert "this run may need" in json.loads(run.stdout)["error"]
    assert filled.sent_when_refused == 0


def test_once_there_is_room_the_day_is_completed(filled: Filled, calm: Calm) -> None:
    assert filled.exit_code == 0
    assert filled.raw == contents(calm.second)


def test_only_pages_that_the_disk_could_not_take_are_bought_again_and_the_ledger_knows_them(filled: Filled) -> None:
    assert 0 <= filled.bought_again <= filled.charged_in_vain
