"""Whether the disk has room for what a run is going to write.

An estimate by the number of requests, whose pages may be larger: what does not fit in the end is still reported, and
nothing that was paid for is lost.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from tiktok_hashtags.config import read_disk
from tiktok_hashtags.errors import NoRoomError
from tiktok_hashtags.jobs.plan import ProviderPlan
from tiktok_hashtags.project import Project

# The demo's 1,463 requests of 27 rows left 46 kB each in the journal, dlt's folder and the warehouse (2026-12-01).
BYTES_PER_REQUEST = 100_000


def check_room(project: Project, plans: Sequence[ProviderPlan]) -> None:
    """Refuse a run that the disk has no room for.

    Args:
        project: The project.
        plans: What each provider is asked for; the requests of the worst case count.

    Raises:
        NoRoomError: It would not fit; nothing was sent.
    """
    least = read_disk().least_free_mb * 1_000_000
    requests = sum(walk.worst_requests for item in plans for walk in item.walks)
    needed, free = _published_bytes(project) + least + requests * BYTES_PER_REQUEST, _free_bytes(project)
    if least and free < needed:
        raise NoRoomError(
            f"{project.data.resolve()}: {_mb(free)} are free, and this run may need {_mb(needed)}. Nothing was sent. "
            "Make room, for instance with `tiktags prune`, and run again; `least_free_mb = 0` under [disk] in "
            ".dlt/config.toml starts it all the same."
        )


def describe_room(project: Project) -> str:
    """Return the free space.

    Raises:
        NoRoomError: Not even a run without requests would fit.
    """
    check_room(project, ())
    return f"{_mb(_free_bytes(project))} free"


def _free_bytes(project: Project) -> int:
    folder = project.data if project.data.exists() else project.root
    return shutil.disk_usage(folder).free


def _published_bytes(project: Project) -> int:
    """Return the size of the publication, which is written anew beside the former one."""
    folder = project.publication.parent
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def _mb(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
