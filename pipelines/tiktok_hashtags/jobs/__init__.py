"""The work of the commands: run, plan, replay, prune and the smaller jobs, each from its lock to its result.

`run` reads top-down: lock, recover, crawl and load each provider, transform, publish, report, verdict.
"""

from __future__ import annotations

from tiktok_hashtags.jobs.demo import Demo, run_demo
from tiktok_hashtags.jobs.docs import write_docs
from tiktok_hashtags.jobs.doctor import Check, checks
from tiktok_hashtags.jobs.init import write_project
from tiktok_hashtags.jobs.notify import Notify, failure, read_notify, run_report
from tiktok_hashtags.jobs.opened import Options
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.plan import Line, check_limits, lines
from tiktok_hashtags.jobs.prune import Pruning, prune_project
from tiktok_hashtags.jobs.recovery import unfinished
from tiktok_hashtags.jobs.replay import Replay, replay_dates
from tiktok_hashtags.jobs.run import planned, rebuild, run_project
from tiktok_hashtags.jobs.usage import read_usage

__all__ = [
    "Check",
    "Demo",
    "Line",
    "Notify",
    "Options",
    "Outcome",
    "Pruning",
    "Replay",
    "check_limits",
    "checks",
    "failure",
    "lines",
    "planned",
    "prune_project",
    "read_notify",
    "read_usage",
    "rebuild",
    "replay_dates",
    "run_demo",
    "run_project",
    "run_report",
    "unfinished",
    "write_docs",
    "write_project",
]
