"""`kill -9` inside a load: the next run, on the same day or the next, leaves what an undisturbed one would."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.e2e.raw import copies

if TYPE_CHECKING:
    from tests.e2e.conftest import Calm, Site
    from tests.e2e.started import Start

KILL = signal.SIGKILL
JOB = r"load/normalized/[^/]+/"
# The hardest of the moments, which test_kills.py has all of: what is loaded now is loaded again.
LOADED_AND_NOT_NOTED: dict[str, Any] = {"match": JOB + ".pending_transitions/tikliveapi"}


def test_the_next_run_s_raw_is_that_of_an_undisturbed_one(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site]
) -> None:
    site = twin_of(calm.site)
    before = site.requests()

    code = start(site, 1, "--no-transform", event="os.rename", signal=KILL, **LOADED_AND_NOT_NOTED).wait()
    assert copies(site) != copies(calm.second)
    again = site.run(1)

    assert (code, again.exit_code) == (-KILL, 0)
    assert copies(site) == copies(calm.second)
    assert {name: count - before[name] for name, count in site.requests().items()} == calm.requests


def test_yesterday_s_package_is_loaded_and_today_is_fetched_too(
    calm: Calm, start: Start, twin_of: Callable[[Site], Site]
) -> None:
    site, undisturbed = twin_of(calm.site), twin_of(calm.second)
    last = {"event": "os.rename", "match": JOB + "started_jobs/unifapi", "signal": KILL}

    code = start(site, 1, "--no-transform", **last).wait()
    outcomes = [each.run(2) for each in (site, undisturbed)]

    assert (code, [outcome.exit_code for outcome in outcomes]) == (-KILL, [0, 0])
    assert copies(site) == copies(undisturbed)
    fetched = [{name: count["requests"] for name, count in outcome.providers.items()} for outcome in outcomes]
    assert fetched[0] == fetched[1]
