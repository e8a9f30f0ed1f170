"""SIGINT and SIGTERM at any moment end a run soon, leave nothing half-published, and cost the next run nothing."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tiktok_hashtags.sandbox import Fault, World

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, MakeSite, Rows, Site
    from tests.e2e.started import Start, Struck

INT, TERM = signal.SIGINT, signal.SIGTERM
# Longer than any test waits.
STUCK_SECONDS = 3600.0
# A machine that is busy may need more than the grace, after which a run is left without a word.
TRIES = 3
ONLY_UNIFAPI = {"crawlora": "", "tikliveapi": "", "scraper": ""}
# What happens when the signal comes: in the order of a run.
MOMENTS: dict[str, dict[str, Any]] = {
    "before anything is sent": {"event": "log", "match": "reading what is known", "signal": INT},
    "between two providers": {"event": "log", "match": "fetching and loading tikliveapi", "signal": TERM},
    "while pages come in": {"event": "log", "match": "unifapi videos", "signal": INT},
    "in a load": {"event": "os.rename", "match": r"started_jobs/tikliveapi_search", "signal": TERM},
    "before dbt": {"event": "log", "match": "transforming and testing", "signal": TERM},
    "while dbt reads its project": {"event": "open", "match": r"dbt_project/models/.*/dim_video\.sql", "signal": INT},
    "while dbt builds": {"event": "open", "match": r"target/run/.*/dim_video\.sql", "signal": TERM},
    "while dbt tests": {"event": "open", "match": r"target/run/.*/unique_.*\.sql", "signal": INT},
}


@dataclass
class Stopped:
    """What a stopped run left."""

    run: Struck
    exit_code: int
    has_published: bool


@dataclass
class Day:
    """A day whose run was stopped at each moment in turn, and then run to its end."""

    stopped: dict[str, Stopped]
    published: Stopped
    publications: set[str]
    exit_code: int = -1
    requests: dict[str, int] = field(default_factory=dict)
    marts: dict[str, Rows] = field(default_factory=dict)


def feeds(world: World) -> str:
    """A watchlist of the hashtags with their ids, so that only feeds are needed."""
    return "hashtags = [" + ", ".join(f'{{name = "{h.name}", id = "{h.id}"}}' for h in world.hashtags) + "]\n"


def exports(site: Site) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in site.project.exports.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def day(calm: Calm, start: Start, twin_of: Callable[[Site], Site], marts_of: Callable[[Site], dict[str, Rows]]) -> Day:
    site = twin_of(calm.site)
    before = site.requests()
    stopped = {moment: _stopped(site, start, strike) for moment, strike in MOMENTS.items()}
    published = _stopped(site, start, {"event": "log", "match": "publishing", "signal": TERM})
    day = Day(stopped, published, publications(site))
    day.exit_code = site.run(1, transforms=True).exit_code
    day.requests = {name: count - before[name] for name, count in site.requests().items()}
    day.marts = marts_of(site)
    return day


def _stopped(site: Site, start: Start, strike: dict[str, Any]) -> Stopped:
    published = exports(site)
    for _ in range(TRIES):
        run = start(site, 1, **strike)
        code = run.wait()
        if run.stdout:
            break
    return Stopped(run, code, exports(site) != published)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_ends_the_run_with_its_exit_code_and_a_summary(day: Day, moment: str) -> None:
    stopped, expected = day.stopped[moment], 128 + MOMENTS[moment]["signal"]

    told = json.loads(stopped.run.stdout)

    assert (stopped.exit_code, told["exit_code"]) == (expected, expected)
    assert "stopping: no further request is sent" in stopped.run.stderr
    assert "stopped by SIG" in told["messages"][-1]
    assert "Traceback" not in stopped.run.stderr


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_stopped_run_publishes_nothing(day: Day, moment: str) -> None:
    assert not day.stopped[moment].has_published


def test_after_all_these_signals_a_run_completes_the_day(day: Day, calm: Calm) -> None:
    assert day.exit_code == 0
    assert day.marts == calm.marts


def test_no_page_is_bought_again_after_a_signal(day: Day, calm: Calm) -> None:
    assert day.requests == calm.requests


def test_a_signal_after_the_data_tests_changes_the_exit_code_and_the_publication_is_whole(day: Day) -> None:
    struck = day.published

    assert (struck.exit_code, json.loads(struck.run.stdout)["exit_code"]) == (143, 143)
    assert struck.has_published
    assert len(day.publications) == 1


def publications(site: Site) -> set[str]:
    """The ids of the publications that the published files are of."""
    query = "select distinct decode(value) from parquet_kv_metadata(?) where decode(key) = 'publication'"
    with duckdb.connect(str(site.project.publication), read_only=True) as whole:
        comments = whole.execute("select distinct comment from duckdb_tables()").fetchall()
        files = whole.execute(query, [str(site.project.exports / "*.parquet")]).fetchall()
    return {comment.removeprefix("publication ") for (comment,) in comments} | {value for (value,) in files}


def requested(site: Site, count: int, *, seconds: float = 60) -> None:
    """Wait until the sandbox has seen that many requests of a day."""
    deadline = time.monotonic() + seconds
    while sum(site.requests().values()) < count:
        assert time.monotonic() < deadline, site.requests()
        time.sleep(0.02)


def test_a_run_that_waits_for_its_turn_is_stopped(make_site: MakeSite, tiny: World, start: Start) -> None:
    site = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI)
    site.variables["SOURCES__UNIFAPI__REQUESTS_PER_MINUTE"] = "1"

    run = start(site, 0, "--no-transform")
    requested(site, 1)
    run.signal(TERM)

    assert run.wait(seconds=50) == 143
    walks = json.loads(run.stdout)["walks"]
    assert {walk["stop_reason"] for walk in walks} == {"feed_end", "interrupted"}


@pytest.mark.parametrize("kind", ["429", "503"])
def test_a_run_that_waits_before_it_tries_again_is_stopped(
    make_site: MakeSite, tiny: World, start: Start, kind: str
) -> None:
    site = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI)
    site.sandbox.script(Fault("unifapi", kind, times=None, seconds=STUCK_SECONDS))

    run = start(site, 0, "--no-transform")
    requested(site, 1)
    run.signal(INT)

    assert run.wait() == 130
    assert all(walk["stop_reason"] == "interrupted" for walk in json.loads(run.stdout)["walks"])


def test_an_answer_that_does_not_come_is_left_behind_when_the_grace_ends(
    make_site: MakeSite, tiny: World, start: Start
) -> None:
    site = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI, sleep=time.sleep)
    site.sandbox.script(Fault("unifapi", "slow_drip", match=tiny.hashtags[1].id, seconds=45.0))

    run = start(site, 0, "--no-transform")
    requested(site, 2)
    run.signal(TERM)
    code = run.wait()
    healed = site.run(0)

    assert (code, run.stdout) == (143, "")
    assert (healed.exit_code, healed.providers["unifapi"]["replayed_pages"]) == (0, 1)
    assert site.rows("select outcome from raw.api_requests where not is_replayed order by 1") == [
        ("ok",),
        ("ok",),
        ("unknown",),
    ]


def test_a_second_signal_ends_the_run_at_once(make_site: MakeSite, tiny: World, start: Start) -> None:
    site = make_site(tiny, feeds(tiny), keys=ONLY_UNIFAPI, sleep=time.sleep)
    site.sandbox.script(Fault("unifapi", "slow_drip", times=None, seconds=45.0))

    run = start(site, 0, "--no-transform")
    requested(site, 1)
    run.signal(INT)
    run.wait_for("stopping")
    run.signal(INT)

    assert (run.wait(), run.stdout) == (130, "")
