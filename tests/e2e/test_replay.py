"""The journal alone rebuilds raw: nothing is sent, and the marts are the same."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.raw import contents

from tiktok_hashtags.sandbox import DATASET_ID, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Rows, Site

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lived(make_site: Callable[..., Any]) -> Any:
    """A site with two days of everything that comes over the network, walked at the hour at which replays are."""
    world = World(seed=3, hashtags=2, videos=12)
    watchlist = f"""
        hashtags = [
            {{name = "{world.hashtags[0].name}", role = "own", campaigns = ["holiday-2026"]}},
            {{id = "{world.hashtags[1].id}", role = "competitor", campaigns = ["holiday-2026"]}},
        ]
        trends = [{{country = "US"}}]
        searches = [{{keyword = "cat", max_items = 2}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
    """
    site = make_site(world, watchlist)
    site.run(0, hour=0)
    site.run(1, hour=0, transforms=True)
    return site


def test_a_replay_changes_no_mart_and_sends_nothing(
    lived: Any, copy_of: Callable[[Any], Any], marts_of: Callable[[Site], dict[str, Rows]]
) -> None:
    site = copy_of(lived)
    before, sent = marts_of(site), site.requests()

    result = site.tiktags("replay", "--since", "2026-11-01", "--now", "2026-11-02")

    assert result.exit_code == 0, result.output
    assert site.requests() == sent
    assert marts_of(site) == before
    assert before["marts.bridge_campaign_hashtag"]


def test_a_lost_warehouse_comes_back_from_the_journal_and_nothing_is_bought_again(
    lived: Any, copy_of: Callable[[Any], Any]
) -> None:
    site = copy_of(lived)
    before, sent = contents(site), site.requests()
    site.project.warehouse.unlink()
    shutil.rmtree(site.project.pipelines)

    outcome = site.run(1, hour=0)

    assert (outcome.exit_code, outcome.messages) == (0, [])
    assert contents(site) == before
    assert site.requests() == sent


def test_a_journal_without_pages_from_that_day_on_is_an_error(lived: Any, copy_of: Callable[[Any], Any]) -> None:
    site = copy_of(lived)

    result = site.tiktags("replay", "--since", "2026-12-01")

    assert result.exit_code == 2
    assert "no pages from 2026-12-01 on" in result.stderr
