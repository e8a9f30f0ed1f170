"""`kill -9` inside a load: the next run, on the same day or the next, leaves what an undisturbed one would."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.raw import copies

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, Rows, Site, Start

KILL = signal.SIGKILL
JOB = r"load/normalized/[^/]+/"
# The package of the watchlist is loaded with the first provider's, before it.
MOMENTS: dict[str, dict[str, Any]] = {
    "when a job has started": {"match": JOB + "started_jobs/tikliveapi"},
    "when a table is loaded and its job is not": {"match": JOB + ".pending_transitions/tikliveapi"},
    "when all tables are loaded and the package is not": {"match": JOB + "package_completed.json", "nth": 2},
    "when the package is loaded and not put away": {"match": "load/loaded/", "nth": 2},
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_next_run_s_raw_is_that_of_an_undisturbed_one(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site], moment: str
) -> None:
    site = twin_of(calm.site)
    before = site.requests()

    code = start(site, 1, "--no-transform", event="os.rename", signal=KILL, **MOMENTS[moment]).wait()
    assert copies(site) != copies(calm.second)
    again = site.run(1)

    assert (code, again.exit_code) == (-KILL, 0)
    assert copies(site) == copies(calm.second)
    assert {name: count - before[name] for name, count in site.requests().items()} == calm.requests


def test_yesterday_s_package_is_loaded_and_today_is_fetched_too(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site], marts_of: Callable[[Site], dict[str, Rows]]
) -> None:
    site, undisturbed = twin_of(calm.site), twin_of(calm.second)
    last = {"event": "os.rename", "match": JOB + "started_jobs/unifapi", "signal": KILL}

    code = start(site, 1, "--no-transform", **last).wait()
    outcomes = [each.run(2, transforms=True) for each in (site, undisturbed)]

    assert (code, [outcome.exit_code for outcome in outcomes]) == (-KILL, [0, 0])
    assert copies(site) == copies(undisturbed)
    assert marts_of(site) == marts_of(undisturbed)
    fetched = [{name: count["requests"] for name, count in outcome.providers.items()} for outcome in outcomes]
    assert fetched[0] == fetched[1]
