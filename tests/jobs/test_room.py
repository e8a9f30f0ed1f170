from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tiktok_hashtags.errors import NoRoomError
from tiktok_hashtags.jobs.room import check_room, describe_room
from tiktok_hashtags.project import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiktok_hashtags.jobs.plan import ProviderPlan


def asking_for(requests: int) -> Sequence[ProviderPlan]:
    """A plan, as far as its requests go."""
    walks: Any = [SimpleNamespace(worst_requests=requests)]
    plans: Any = [SimpleNamespace(walks=walks)]
    return plans  # type: ignore[no-any-return]


def test_a_run_that_fits_is_let_through(tmp_path: Path) -> None:
    check_room(Project(tmp_path), asking_for(1))

    assert describe_room(Project(tmp_path)).endswith(" MB free")


def test_a_run_that_no_disk_has_room_for_is_refused_before_it_pays(tmp_path: Path) -> None:
    with pytest.raises(NoRoomError, match=r"this run may need 100,000,000,\d{3} MB\. Nothing was sent"):
        check_room(Project(tmp_path), asking_for(10**12))


def test_a_publication_needs_as_much_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    check_room(project, ())
    project.publication.parent.mkdir()
    with project.publication.open("wb") as file:
        file.truncate(10**13)  # a hole, which takes no room itself

    with pytest.raises(NoRoomError):
        check_room(project, ())
    monkeypatch.setenv("DISK__LEAST_FREE_MB", "0")
    check_room(project, ())
