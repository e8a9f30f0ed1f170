"""What can happen on a date, by layer: faults of the servers, of a run's process, of the warehouse, disk and folder."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from torture_site import APIS, Moment, Running, Site
from torture_warehouse import Database, Disk, File

from tiktok_hashtags.sandbox import Fault

# Left out, because the twin's answers are others and nobody can see it: changed texts (a huge caption, NUL, a lone
# surrogate), an item put in front of the others, an empty page between two, pages after the last one. 404 holds for 7
# days.
SERVER_FAULTS = (
    *("500", "503", "401", "402", "403", "429", "redirect", "reset"),
    *("envelope", "inner_envelope", "captcha", "sign_up"),
    *("same_cursor", "cursor_cycle", "no_cursor", "same_items", "truncated"),
    *("unknown_keys", "deep_unknown", "sql_key"),
    *("html_200", "invalid_json", "nan", "huge_int", "deep_nesting", "empty_body"),
    *("reset_in_body", "short_body", "long_body", "half_gzip", "slow_headers", "slow_drip", "gzip_bomb"),
)
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
STARTED = "fetching and loading "
# Exit codes besides those of incomplete crawls, which any run may have: 0, 4, 5 and 6.
_CODES = {"SIGKILL": {-9}, "SIGTERM": {143, -15}, "SIGINT": {130, -2}, "held": {1}, "full disk": {1}}


@dataclass
class Ended:
    """A run, what was done to it, and how it ended."""

    running: Running
    kind: str = "run"

    def faults(self) -> list[str]:
        """Say what is wrong with its end."""
        code, log = self.running.exit_code, self.running.log
        found = []
        if code not in {0, 4, 5, 6} | _CODES.get(self.kind, set()):
            found.append(f"{self.kind}: exit code {code}: {self.running.answer.get('error')} {log[-600:]}")
        walks = self.running.answer.get("walks", [])
        if code == 0 and not all(walk["complete"] for walk in walks):
            found.append(f"{self.kind}: exit code 0 with an incomplete crawl")
        if self.kind not in ("held", "full disk") and "Traceback (most recent call last)" in log:
            found.append(f"{self.kind}: a traceback: {log[log.index('Traceback') :][:1500]}")
        return found

    @property
    def ended_itself(self) -> bool:
        """Whether nothing was done to its process, its warehouse or its disk."""
        return self.kind == "run" and bool(self.running.answer)


@dataclass
class Faults:
    """Draws what happens, does it, and counts it by layer."""

    site: Site
    outside: File | Database
    disk: Disk
    chance: Random
    seconds: float = 3.0
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)

    def on_servers(self) -> None:
        """Script up to three faults of the servers."""
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            kind, provider = self.chance.choice(SERVER_FAULTS), self.chance.choice(APIS)
            times = self.chance.choice((1, 1, 2, 6))
            nth = self.chance.randint(1, 4)
            self.site.sandbox.script(Fault(provider, kind, nth=nth, times=times, seconds=0.3, megabytes=2.0))
            self._count("server", kind)

    def between_runs(self) -> None:
        """Lose local state, or have something happen to the warehouse."""
        kind = self.chance.choice(("", "", "", "", "data/dlt removed", "moved away", "older copy"))
        if kind == "data/dlt removed" and (self.site.data / "dlt").exists():
            shutil.rmtree(self.site.data / "dlt")
            self._count("folder", kind)
        elif kind == "moved away":
            self.outside.move_away(self.site)
            self._count("warehouse", kind)
        elif kind == "older copy" and self.outside.restore(self.site):
            self._count("warehouse", kind)

    def run(self, day: int) -> Ended:
        """Start a run and do something to it, or nothing."""
        kinds: list[Callable[[int], Ended]] = [self._undisturbed, self._signalled, self._signalled, self._signalled]
        kinds += [self._held, self._two_at_once, *([self._on_a_full_disk] if self.disk.is_mounted else [])]
        ended = self.chance.choice(kinds)(day)
        self.found += ended.faults()
        return ended

    def _undisturbed(self, day: int) -> Ended:
        running = self.site.start(day, "--no-transform")
        running.wait()
        return Ended(running)

    def _signalled(self, day: int) -> Ended:
        name = self.chance.choice(("SIGKILL", "SIGKILL", "SIGTERM", "SIGINT"))
        with_marts = self.chance.random() < 0.1
        moment = Moment.drawn(self.chance, seconds=self.seconds * (6 if with_marts else 1))
        running = self.site.struck(day, moment, SIGNALS[name], *([] if with_marts else ["--no-transform"]))
        if running.exit_code not in _CODES[name]:
            self._count("process", f"{name} after the end")
            return Ended(running)
        self._count("process", f"{name}{' with marts' if with_marts else ''}")
        return Ended(running, name)

    def _held(self, day: int) -> Ended:
        with self._standing(day) as running, self.outside.held(self.site):
            self._count("warehouse", "held by another program" if not self.outside.url else "server down")
            running.signal(signal.SIGCONT)
            running.wait()
        return Ended(running, "held")

    def _two_at_once(self, day: int) -> Ended:
        with self._standing(day) as running:
            if running.exit_code is None:
                self._count("process", "two runs at once")
                second, status = self.site.start(day, "--no-transform"), self.site.command("status", "--json")
                if (second.wait(), status.wait()) != (7, 0):
                    codes = f"{second.exit_code} and {status.exit_code}"
                    self.found.append(f"beside a run: exit codes {codes}: {second.log[-500:]} {status.log[-500:]}")
        return Ended(running)

    def _on_a_full_disk(self, day: int) -> Ended:
        self._count("disk", "full")
        with self._standing(day) as running:
            self.disk.leave_free(self.chance.choice((0, 64, 400, 1500)))
        self.disk.leave_free(None)
        return Ended(running, "full disk")

    @contextmanager
    def _standing(self, day: int) -> Iterator[Running]:
        """Start a run that stands still at a moment during a block, and then goes on to its end."""
        nth = self.chance.randint(1, 3)
        strike = {"event": "log", "match": STARTED, "nth": nth, "signal": signal.SIGSTOP}
        running = self.site.start(day, "--no-transform", **strike)
        running.wait(running.stands_still)
        yield running
        running.signal(signal.SIGCONT)
        running.wait()

    def _count(self, layer: str, kind: str) -> None:
        self.injected[layer, kind] += 1
