"""Runs of `tiktags` as processes of their own, which tests strike with signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

START = datetime(2026, 11, 1, 6)


@dataclass
class Struck:
    """A run of `tiktags` as a process of its own."""

    output: Path
    pid: int

    @property
    def exit_code(self) -> int | None:
        """The exit code, or below zero the signal that ended it; None while it runs."""
        code = Path(f"{self.output}.code")
        return int(code.read_text()) if code.exists() else None

    def wait(self, *, seconds: float = 120) -> int:
        """Wait for its end."""
        return self._when(lambda: self.exit_code, seconds)

    def wait_for(self, text: str, *, seconds: float = 120) -> None:
        """Wait until it has logged something."""
        self._when(lambda: True if text in self.stderr else None, seconds)

    def _when(self, known: Callable[[], int | None], seconds: float) -> int:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = known()
            if found is not None:
                return found
            time.sleep(0.02)
        raise TimeoutError(f"exit code {self.exit_code} after {seconds} s: {self.stderr[-2000:]}")

    def wait_until_it_stands_still(self, *, seconds: float = 120) -> None:
        """Wait until SIGSTOP has stopped it."""
        state = Path(f"/proc/{self.pid}/stat")
        self._when(lambda: True if state.read_text().rpartition(") ")[2][0] == "T" else None, seconds)

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return Path(f"{self.output}.stdout").read_text()

    @property
    def stderr(self) -> str:
        """What it has logged so far."""
        return Path(f"{self.output}.stderr").read_text()


class Start(Protocol):
    """Starts `tiktags run --json` on a site's virtual day; a strike is as `struck.py` explains."""

    def __call__(self, site: Site, day: int, *arguments: str, **strike: Any) -> Struck: ...


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    folder = tmp_path_factory.mktemp("struck")
    started: list[Struck] = []
    command, root = [sys.executable, "-m", "tests.e2e.struck"], Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout

        answers = server.stdout

        def start(site: Site, day: int, *arguments: str, **strike: Any) -> Struck:
            when = START + timedelta(days=day)
            site.sandbox.clock.set(when)
            output = folder / str(len(started))
            order = {
                "arguments": ["run", "--json", "--now", when.isoformat(), *arguments],
                "folder": str(site.project.root),
                "variables": site.variables | {"PATH": os.environ["PATH"]},
                "output": str(output),
                "strike": strike,
            }
            print(json.dumps(order), file=server.stdin, flush=True)
            started.append(Struck(output, int(answers.readline())))
            return started[-1]

        yield start
        for run in started:
            if run.exit_code is None:
                os.killpg(run.pid, signal.SIGKILL)
        server.stdin.close()
