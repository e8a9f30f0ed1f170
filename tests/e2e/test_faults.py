"""A dbt that crashes, a full disk, a folder that cannot be written: a clear message, nothing lost, and it heals."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.raw import contents

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, Rows, Site
    from tests.e2e.started import Start


def exports(site: Site) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in site.project.exports.iterdir() if path.is_file()}


def test_a_dbt_that_crashes_leaves_raw_and_the_former_publication(
    calm: Calm, twin_of: Callable[[Site], Site], marts_of: Callable[[Site], dict[str, Rows]]
) -> None:
    site = twin_of(calm.site)
    before = exports(site)
    shutil.rmtree(site.project.dbt)
    site.project.dbt.write_text("in the way")

    crashed = site.run(1, transforms=True)
    after = exports(site)
    site.project.dbt.unlink()
    healed = site.run(1, transforms=True)

    assert crashed.exit_code == 1
    assert any("dbt could not start" in message for message in crashed.messages)
    assert after == before
    assert (healed.exit_code, healed.walks) == (0, [])
    assert marts_of(site) == calm.marts


def test_a_full_disk_loses_nothing(calm: Calm, start: Start, twin_of: Callable[[Site], Site]) -> None:
    site = twin_of(calm.site)
    before, size = exports(site), site.project.warehouse.stat().st_size

    run = start(site, 1, limit_bytes=size // 2)
    code, after = run.wait(), exports(site)
    healed = site.run(1)

    assert code == 1, run.stderr
    assert "File too large" in run.stdout
    assert "Traceback" not in run.stderr
    assert after == before
    assert healed.exit_code == 0
    assert contents(site) == contents(calm.second)


@pytest.fixture
def read_only(calm: Calm, twin_of: Callable[[Site], Site]) -> Iterator[Site]:
    """A site whose folder is mounted so that nobody can write to it, not even root."""
    site = twin_of(calm.site)
    folder = site.project.root
    if not _mounted("--bind", folder, folder):
        pytest.skip("mounting needs root and the right to mount")
    if not _mounted("-o", "remount,ro,bind", folder):
        _unmount(folder)
        pytest.skip("this system mounts nothing read-only")
    yield site
    _unmount(folder)


def _mounted(*arguments: str | Path) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", folder], check=True)


def test_a_folder_that_cannot_be_written_is_reported_and_nothing_is_sent(read_only: Site, start: Start) -> None:
    sent = read_only.requests()

    run = start(read_only, 1, "--no-transform")

    assert run.wait() == 2
    assert "cannot be written" in json.loads(run.stdout)["error"]
    assert "Traceback" not in run.stderr
    assert read_only.requests() == sent
