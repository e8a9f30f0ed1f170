"""Refusals and empty balances, each followed by a clean run of the same day: raw is that of a quiet life.

One folder lives through a trouble a day, another through the same days in peace. Waiting takes no time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from tests.e2e.raw import contents

from tiktok_hashtags.sandbox import Fault, Sandbox, World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

    from tiktok_hashtags.jobs.outcome import Outcome

pytestmark = pytest.mark.slow

PLENTY = 1_000_000


@dataclass
class Waiting:
    """Time that passes only in `sleep`, over all runs of a folder."""

    now: float = 1_000.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps.append(seconds)

    def monotonic(self) -> float:
        return self.now


Trouble = Callable[[Sandbox], None]


@dataclass
class Day:
    """What a day came to: the run that met the trouble, and the clean run at the same time after it."""

    troubled: Outcome
    sleeps: list[float]
    requests: dict[str, int]
    credits: int
    loaded: int
    healed: Outcome | None = None
    healing_credits: int = 0

    @property
    def reasons(self) -> dict[tuple[str, str], list[str]]:
        """Why the walks of each endpoint ended in the troubled run."""
        found: dict[tuple[str, str], list[str]] = {}
        for walk in self.troubled.walks:
            found.setdefault((walk.provider, walk.endpoint), []).append(walk.stop_reason)
        return found


@dataclass
class Life:
    """A folder's days by the name of their trouble."""

    site: Site
    waiting: Waiting = field(default_factory=Waiting)
    days: dict[str, Day] = field(default_factory=dict)

    def live(self, name: str, trouble: Trouble | None) -> None:
        """Run into a trouble, end it, and run again; without a trouble run once."""
        sandbox, day = self.site.sandbox, len(self.days)
        if trouble:
            trouble(sandbox)
        before = sandbox.meter()
        outcome = self._run(day, name)
        met = sandbox.meter()
        requests = {provider: met[provider]["requests"] - before[provider]["requests"] for provider in met}
        credits = met["unifapi"]["credits"] - before["unifapi"]["credits"]
        query = "select count(*) from raw.unifapi_videos where run_id = ?"
        loaded = self.site.rows(query, outcome.run_id)[0][0]
        self.days[name] = Day(outcome, self.waiting.sleeps.copy(), requests, credits, loaded)
        if trouble:
            sandbox.clear_faults()
            sandbox.account("unifapi").balance = PLENTY
            self.days[name].healed = self._run(day, name)
            self.days[name].healing_credits = sandbox.meter()["unifapi"]["credits"] - met["unifapi"]["credits"]

    def _run(self, day: int, name: str) -> Outcome:
        self.waiting.sleeps.clear()
        asked = PROVIDERS if name in OF_ALL else ("unifapi",)
        keys = {f"SOURCES__{name.upper()}__API_KEY": self.site.sandbox.keys[name] for name in asked}
        nobody = dict.fromkeys((f"SOURCES__{name.upper()}__API_KEY" for name in PROVIDERS), "")
        self.site.variables |= nobody | keys
        return self.site.run(day, sleep=self.waiting.sleep, monotonic=self.waiting.monotonic, concurrency=1)


def faults(*faults: Fault) -> Trouble:
    return lambda sandbox: sandbox.script(*faults)


def balance(credits: int) -> Trouble:
    def trouble(sandbox: Sandbox) -> None:
        sandbox.account("unifapi").balance = credits

    return trouble


# A feed has 25 videos or a little less: pages of 10, 10 and what is left.
TROUBLES: dict[str, Trouble] = {
    "five refusals": faults(
        Fault("unifapi", "429", nth=1, retry_after="seconds", seconds=30),
        Fault("unifapi", "429", nth=3, retry_after="date", seconds=300),
        Fault("unifapi", "429", nth=5, retry_after="past"),
        Fault("unifapi", "429", nth=7, retry_after="absurd"),
        Fault("unifapi", "429", nth=9, retry_after=None),
    ),
    "the day's limit": faults(
        Fault("crawlora", "429", nth=2, times=None, retry_after=None),
        Fault("unifapi", "429", nth=2, times=None, retry_after="seconds", seconds=40),
    ),
    "no money": faults(
        Fault("crawlora", "402", nth=2, times=None),
        Fault("tikliveapi", "402", nth=2, times=None),
        Fault("unifapi", "402", nth=2, times=None),
    ),
    "inside a page": balance(13),
}
# Those that other providers than UnifAPI meet too; on the other days only that one is asked.
OF_ALL = ("the day's limit", "no money")
PROVIDERS = ("crawlora", "tikliveapi", "unifapi")


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, hashtags=2, videos=25)


def lived(make_site: MakeSite, world: World, troubles: dict[str, Trouble | None]) -> Life:
    named = ", ".join(f'{{name = "{each.name}", id = "{each.id}", max_videos = 25}}' for each in world.hashtags)
    site = make_site(world, f"hashtags = [{named}]", keys={"scraper": ""})
    site.variables["SOURCES__UNIFAPI__PAGE_SIZE"] = "10"
    life = Life(site)
    for name, trouble in troubles.items():
        life.live(name, trouble)
    return life


@pytest.fixture(scope="module")
def life(make_site: MakeSite, world: World) -> Life:
    return lived(make_site, world, {**TROUBLES})


@pytest.fixture(scope="module")
def quiet(make_site: MakeSite, world: World) -> Life:
    return lived(make_site, world, dict.fromkeys(TROUBLES))


def test_every_form_of_a_refusal_is_waited_for_exactly(life: Life, quiet: Life) -> None:
    day = life.days["five refusals"]

    assert day.sleeps == [30, 300, 1, 900, 60]
    assert day.troubled.exit_code == 0
    assert day.requests["unifapi"] == quiet.days["five refusals"].requests["unifapi"] + 5


def test_a_provider_that_refuses_after_two_waits_stops_for_the_day(life: Life) -> None:
    day = life.days["the day's limit"]

    assert day.troubled.exit_code == 5
    assert day.sleeps == [60, 60, 40, 40]
    assert day.requests == {"crawlora": 1 + 3, "tikliveapi": 4, "unifapi": 1 + 3, "scraper": 0}
    assert day.reasons["crawlora", "hashtags"] == ["feed_end", "quota"]
    assert day.reasons["unifapi", "videos"] == ["quota", "quota"]
    assert day.reasons["tikliveapi", "videos"] == ["feed_end", "feed_end"]
    assert any("Run again after 00:00 UTC" in message for message in day.troubled.messages)


def test_a_provider_that_wants_money_is_asked_once_and_no_more(life: Life) -> None:
    day = life.days["no money"]

    assert day.troubled.exit_code == 5
    assert day.requests == {"crawlora": 2, "tikliveapi": 2, "unifapi": 2, "scraper": 0}
    assert {reason for reasons in day.reasons.values() for reason in reasons} == {"feed_end", "balance"}


def test_a_page_that_the_balance_cuts_short_is_loaded_and_bought_again(life: Life, quiet: Life) -> None:
    day = life.days["inside a page"]

    assert day.troubled.exit_code == 5
    assert day.reasons["unifapi", "videos"] == ["balance", "balance"]
    assert (day.credits, day.loaded) == (13, 13)
    assert day.credits + day.healing_credits == quiet.days["inside a page"].credits + 3


@pytest.mark.parametrize("name", ["the day's limit", "no money"])
def test_what_was_refused_is_bought_later_and_nothing_twice(life: Life, quiet: Life, name: str) -> None:
    day = life.days[name]

    assert day.credits + day.healing_credits == quiet.days[name].credits


def test_after_every_trouble_a_clean_run_completes_the_day(life: Life) -> None:
    codes = {name: day.healed.exit_code for name, day in life.days.items() if day.healed}

    assert codes == dict.fromkeys(TROUBLES, 0)


def test_raw_is_as_if_nothing_had_happened(life: Life, quiet: Life) -> None:
    assert contents(life.site) == contents(quiet.site)
