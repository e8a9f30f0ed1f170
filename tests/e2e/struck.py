"""Runs `tiktags` in forks of a process that has imported everything, each struck by a signal at a chosen moment.

A line on stdin is an order: {arguments, folder, variables, output, strike}; the answer is the fork's pid, and its exit
code is in the file `<output>.code` when it has ended. A strike is {event, match, nth, signal}: the nth time that a log
message, or the path of an audited event ("open", "os.rename"), matches, the fork gets the signal from itself; or it is
{limit_bytes}, the size that no file of the fork may grow over, as on a full disk.
"""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dbt.cli.main  # noqa: F401  # the forks need it
import dlt  # noqa: F401
from tests import fast_dbt, fast_dlt  # noqa: F401

from tiktok_hashtags.cli.main import main


@dataclass
class Strike(logging.Handler):
    """Sends its own process a signal at a moment that can be named."""

    event: str
    match: str
    signal: int
    nth: int = 1

    def __post_init__(self) -> None:
        super().__init__()
        self._seen = 0

    __hash__ = logging.Handler.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a log message."""
        self._look("log", record.getMessage())

    def audit(self, event: str, details: tuple[Any, ...]) -> None:
        """Look at what the interpreter is about to do."""
        if event == self.event:
            self._look(event, str(details[1 if event == "os.rename" else 0]))

    def _look(self, event: str, text: str) -> None:
        if event != self.event or not re.search(self.match, text):
            return
        self._seen += 1
        if self._seen == self.nth:
            os.kill(os.getpid(), self.signal)


def run(order: dict[str, Any]) -> None:
    """Become `tiktags`; ends by SystemExit."""
    os.setsid()
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(f"{order['output']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(order["variables"])
    os.chdir(order["folder"])
    limit = order["strike"].pop("limit_bytes", None)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if order["strike"]:
        strike = Strike(**order["strike"])
        logging.getLogger("tiktok_hashtags").addHandler(strike)
        sys.addaudithook(strike.audit)
    main(order["arguments"])


def keep(order: dict[str, Any]) -> None:
    """Start a run, tell its pid, and keep its exit code."""
    pid = os.fork()
    if not pid:
        run(order)
    sys.stdout.write(f"{pid}\n")
    sys.stdout.flush()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    written = Path(f"{order['output']}.written")
    written.write_text(str(code))
    written.rename(f"{order['output']}.code")


if __name__ == "__main__":
    keepers = []
    for line in iter(sys.stdin.readline, ""):
        keepers.append(os.fork())
        if not keepers[-1]:
            keep(json.loads(line))
            sys.exit()
    for keeper in keepers:
        os.waitpid(keeper, 0)
