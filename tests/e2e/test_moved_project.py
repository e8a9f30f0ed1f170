"""A project folder may be moved or copied: its runs write to where it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.conftest import ONLY_UNIFAPI

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import MakeSite, Site

    from tiktok_hashtags.sandbox import World

DATES = "select distinct snapshot_date::text from raw.unifapi_videos order by 1"


def test_the_copy_of_a_project_loads_into_its_own_warehouse(
    make_site: MakeSite, tiny: World, copy_of: Callable[[Site], Site]
) -> None:
    site = make_site(tiny, f'hashtags = [{{id = "{tiny.hashtags[0].id}"}}]\n', keys=ONLY_UNIFAPI)
    first = site.tiktags("run", "--no-transform", "--now", "2026-11-01T06:00")
    copy = copy_of(site)

    second = copy.tiktags("run", "--no-transform", "--now", "2026-11-02T06:00")

    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    assert copy.rows(DATES) == [("2026-11-01",), ("2026-11-02",)]
    assert site.rows(DATES) == [("2026-11-01",)]
