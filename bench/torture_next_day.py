"""Kill runs at random moments and start the next one a day later, so that the killed date is never run again.

After each kill the date is equal to the twin's, or what is missing is said: pages that were paid for are on their own
date, crawls that did not end are `interrupted`, the next run exits with 4 and asks for nothing of that date.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from torture_compare import cells, differing, keys_of_walks, lost_walks, marts, matched, raw_rows, twice, walks
from torture_site import APIS, Forks, Moment, Running, Site, date_of, killed

from tiktok_hashtags.sandbox import World

DATES = 20
CHANCE_OF_A_KILL = 0.65
CHANCE_OF_MARTS = 0.02
_AGAIN = "select request_key, count(*) from requests where outcome = 'ok' group by request_key having count(*) > 1"


@dataclass
class Tally:
    """What came of the killed dates."""

    kills: int = 0
    whole: int = 0
    interrupted: int = 0
    before_the_plan: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The counts in a sentence."""
        return (
            f"{self.kills} kills, next start a day later: {self.whole} dates whole, {self.interrupted} with "
            f"interrupted crawls, {self.before_the_plan} killed before their plan; {len(self.faults)} violations"
        )


def kill_days(
    folder: Path,
    *,
    kills: int,
    seed: int,
    dates: int = DATES,
    apis: Collection[str] = APIS,
    builds_marts: bool = True,
) -> Tally:
    """Kill so many runs, in projects that live the same dates as one twin, and return what came of it.

    Args:
        folder: Where the projects live.
        kills: The number of kills.
        seed: Of the world and of every choice.
        dates: The dates of a project's life; the first and the last have no kill.
        apis: The providers that there are keys of.
        builds_marts: Whether the last project's marts are built and compared; raw is always compared.
    """
    chance, tally = Random(seed), Tally()
    forks = Forks(folder / "output")
    world = World(seed=seed, hashtags=2, videos=30)
    twin = _site(folder / "twin", world, forks, apis=apis)
    started = time.monotonic()
    for day in range(dates):
        _ended(twin.start(day, "--no-transform"), {0}, tally)
    seconds = (time.monotonic() - started) / dates
    number = 0
    while tally.kills < kills and not tally.faults:
        number += 1
        site = _site(folder / f"struck-{number}", world, forks, apis=apis, latency_seconds=0.02)
        life = Life(site, twin, chance, tally, seconds)
        life.live(dates, kills)
        if builds_marts and tally.kills >= kills:
            life.compare_marts(folder / "matched")
        site.close()
        shutil.rmtree(site.folder)
    twin.close()
    forks.close()
    return tally


def _site(folder: Path, world: World, forks: Forks, *, apis: Collection[str], latency_seconds: float = 0.0) -> Site:
    site = Site(folder, world, forks, apis=apis, latency_seconds=latency_seconds)
    named = "".join(f'[[hashtags]]\nname = "{each.name}"\nid = "{each.id}"\n' for each in world.hashtags)
    lists = {"crawlora": '[[trends]]\ncountry = "US"\n', "tikliveapi": '[[searches]]\nkeyword = "cat"\n'}
    site.watch(named + "".join(lists.get(name, "") for name in apis))
    return site


def _ended(running: Running, codes: set[int], tally: Tally) -> Running:
    if running.wait() not in codes:
        tally.faults.append(f"exit code {running.exit_code}: {running.answer} {running.log[-1000:]}")
    return running


@dataclass
class Life:
    """One project's dates beside those of the twin."""

    site: Site
    twin: Site
    chance: Random
    tally: Tally
    seconds: float
    open_days: dict[int, str] = field(default_factory=dict)

    def live(self, dates: int, kills: int) -> None:
        """Live the dates; on each between the first and the last, the run may be killed."""
        for day in range(dates):
            before = walks(self.site).keys() if self.site.warehouse.exists() else set()
            may_die = 0 < day < dates - 1 and self.tally.kills < kills
            if may_die and self.chance.random() < CHANCE_OF_A_KILL and self._killed(day):
                continue
            running = self._latest if may_die and self._latest else self.site.start(day, "--no-transform")
            self._latest = None
            self._check(_ended(running, {0, 4}, self.tally), day, set(before))
        again = self.site.journal(_AGAIN)
        self.tally.faults += [f"bought {count} times: {key}" for key, count in again]

    _latest: Running | None = None

    def _killed(self, day: int) -> bool:
        """Start a run and try to kill it; a run that ended before its kill is the date's."""
        with_marts = self.chance.random() < CHANCE_OF_MARTS
        moment = Moment.drawn(self.chance, seconds=self.seconds * (6 if with_marts else 1.2))
        running = self.site.struck(day, moment, signal.SIGKILL, *([] if with_marts else ["--no-transform"]))
        if not killed(running):
            self._latest = running
            return False
        self.tally.kills += 1
        of_marts = " of a run with marts" if with_marts else ""
        self.open_days[day] = f"kill {self.tally.kills}, {date_of(day)}, {moment}{of_marts}"
        return True

    def _check(self, running: Running, day: int, before: set[str]) -> None:
        found = walks(self.site)
        missing = [row for key, row in found.items() if key not in before and not row[5] and row[0] < date_of(day)]
        if running.exit_code != (4 if missing else 0):
            self.tally.faults.append(
                f"{date_of(day)}: exit {running.exit_code}, {len(missing)} crawls of before missing"
            )
        for killed_day, how in self.open_days.items():
            rows = [row for row in found.values() if row[0] == date_of(killed_day)]
            complete = sum(row[5] for row in rows)
            self.tally.whole += bool(rows) and complete == len(rows)
            self.tally.before_the_plan += not rows
            self.tally.interrupted += complete < len(rows)
            faults = list(self._date_faults(killed_day))
            verdict = "; ".join(faults) or "equal to the twin or told"
            print(f"{how}: {complete} of {len(rows)} crawls complete, exit {running.exit_code}: {verdict}", flush=True)
            self.tally.faults += [f"{how}: {fault}" for fault in faults]
        self.open_days.clear()
        self.tally.faults += self._today_faults(day)

    def _date_faults(self, day: int) -> Iterator[str]:
        """Compare a killed date, which no run completed on the date itself, with the twin's."""
        on = date_of(day)
        bought = {key for (key,) in self.site.journal("select request_key from pages where snapshot_date = ?", on)}
        found, whole = raw_rows(self.site, on), raw_rows(self.twin, on)
        for table in sorted({*whole, *found}):
            mine, theirs = found.get(table, set()), {row for row in whole.get(table, ()) if row[0] in bought}
            if mine != theirs:
                odd = sorted(mine ^ theirs, key=repr)[:1]
                yield f"{table}: {len(mine)} rows of {on}, {len(theirs)} were paid: {odd}"
        yield from self._walk_faults(on, bought)
        for asked, count in Counter(self.site.sent_on(day)).items():
            if count > 1:
                yield f"sent {count} times: {asked}"

    def _walk_faults(self, on: str, bought: set[str]) -> Iterator[str]:
        planned = {
            key for (key,) in self.site.journal("select walk_key from planned_walks where snapshot_date = ?", on)
        }
        mine, keys = walks(self.site), keys_of_walks(self.twin)
        if bought and not planned:
            yield "pages were bought before the plan was written"
        for key, row in walks(self.twin).items():
            if row[0] == on and key in planned:
                wanted = (True, row[4]) if keys[key] <= bought else (False, "interrupted")
                if key not in mine or (mine[key][5], mine[key][4]) != wanted:
                    yield f"{row[1:4]}: {mine.get(key, 'no row')}, expected {wanted}"
            elif row[0] == on and key in mine:
                yield f"{row[1:4]} was never planned and has a row"

    def _today_faults(self, day: int) -> list[str]:
        """Compare a date whose run ended with the twin's."""
        faults, on = self.site.ledger_faults(), date_of(day)
        if self.site.sent_on(day) != self.twin.sent_on(day):
            faults.append(f"{on}: {len(self.site.sent_on(day))} requests, the twin's: {len(self.twin.sent_on(day))}")
        if raw_rows(self.site, on) != raw_rows(self.twin, on):
            faults.append(f"{on}: a run that ended has other rows than the twin")
        return faults

    def compare_marts(self, folder: Path) -> None:
        """Build the marts, and compare every cell with those of the twin that has the same crawls."""
        lost, dates = lost_walks(self.site, self.twin)
        same = matched(self.site, self.twin, folder)
        for site in (self.site, same):
            _ended(site.command("transform"), {0}, self.tally)
        found, expected = marts(self.site), marts(same)
        self.tally.faults += differing(found, expected) + twice(self.site)
        print(
            f"the last project: {cells(found)} cells of the marts compared; {len(lost)} crawls incomplete, each with a "
            f"row or on one of {len(dates)} dates on which no run came as far as its plan",
            flush=True,
        )
