"""A journal that is lost or damaged: loaded data are not bought again, and the error names the remedy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI

from tiktok_hashtags.sandbox import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import MakeSite, Site


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, hashtags=2, videos=25)


def watchlist(world: World) -> str:
    return "\n".join(f'[[hashtags]]\nname = "{hashtag.name}"\nid = "{hashtag.id}"' for hashtag in world.hashtags)


@pytest.fixture(scope="module")
def done(make_site: MakeSite, world: World) -> Site:
    site = make_site(world, watchlist(world), keys=ONLY_UNIFAPI)
    assert site.run(0).exit_code == 0
    return site


def test_what_is_loaded_today_is_not_bought_again_without_the_journal(
    done: Site, copy_of: Callable[[Site], Site]
) -> None:
    site, sent = copy_of(done), done.requests()
    site.project.journal.unlink()

    outcome = site.run(0, hour=9)

    assert outcome.exit_code == 0
    assert outcome.walks == []
    assert site.requests() == sent


def test_a_truncated_journal_is_left_alone_and_moving_it_away_is_enough(
    done: Site, copy_of: Callable[[Site], Site]
) -> None:
    site, sent = copy_of(done), done.requests()
    half = site.project.journal.read_bytes()[:20_000]
    site.project.journal.write_bytes(half)

    refused = site.tiktags("run", "--no-transform", "--now", "2026-11-01T09:00")

    assert refused.exit_code == 2
    assert "Nothing was sent or overwritten; move it away to start over." in " ".join(refused.output.split())
    assert site.project.journal.read_bytes() == half
    assert site.requests() == sent

    site.project.journal.rename(site.project.journal.with_suffix(".damaged"))
    assert site.run(0, hour=9).exit_code == 0
    assert site.requests() == sent


def test_a_damaged_page_alone_is_bought_again(make_site: MakeSite, world: World) -> None:
    site = make_site(world, watchlist(world), keys=ONLY_UNIFAPI)
    site.variables["SOURCES__UNIFAPI__PAGE_SIZE"] = "5"
    site.run(0, max_usd=0.015, concurrency=1)
    before = site.sandbox.meter()["unifapi"]
    with closing(sqlite3.connect(site.project.journal)) as journal:
        journal.execute("update pages set body = zeroblob(40) where rowid = 2")
        journal.commit()

    outcome = site.run(0, concurrency=1)

    bought = site.sandbox.meter()["unifapi"]["credits"] - before["credits"]
    videos = sum(walk.items for walk in outcome.walks)
    assert outcome.exit_code == 0
    assert (before["requests"], before["credits"]) == (3, 15)
    assert outcome.providers["unifapi"]["replayed_pages"] == 2
    assert bought == videos - 15 + 5
