"""Live many virtual dates under faults of every layer, and compare the marts with a twin that lived them without any.

Each date draws its faults. On some the run is started again on the date without faults, on the others never. The last
date is an undisturbed one. Then a crawl is either as the twin's or has a row that says why not, and all else is equal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from torture_compare import (
    cells,
    differing,
    in_words,
    keys_of_walks,
    lost_walks,
    marts,
    matched,
    raw_rows,
    twice,
    walks,
)
from torture_faults import Ended, Faults
from torture_site import APIS, Forks, Site, date_of
from torture_warehouse import Database, Disk, File

from tiktok_hashtags.extract.paging import MISLED_REASONS
from tiktok_hashtags.sandbox import World

CHANCE_TO_HEAL = 0.6
_OK = """
select request_key, run_id, walk_key, snapshot_date from requests where outcome = 'ok' order by requested_at, request_id
"""


@dataclass
class Dates:
    """A project under faults, its twin, and what came of them.

    Args:
        folder: Where both live.
        seed: Of the world and of every choice.
        is_on_postgres: Whether the struck project's warehouse is a PostgreSQL database; the twin's is a DuckDB file.
        apis: The providers that there are keys of; only the first two know the ids of names.
    """

    folder: Path
    seed: int
    is_on_postgres: bool = False
    apis: Collection[str] = APIS
    found: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    summary: str = ""

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.forks = Forks(self.folder / "output")
        self.world = World(seed=self.seed, hashtags=4, videos=24)
        self.disk = Disk(self.folder / "disk")
        self.outside = Database(self.folder) if self.is_on_postgres else File(self.folder)
        self.twin = Site(self.folder / "twin", self.world, self.forks, apis=self.apis)
        self.site = Site(
            self.disk.folder / "struck",
            self.world,
            self.forks,
            url=self.outside.url,
            latency_seconds=0.01,
            apis=self.apis,
        )
        self.faults = Faults(self.site, self.outside, self.disk, self.chance)
        self.runs_that_ended = set[str]()

    def torture(self, dates: int) -> None:
        """Live so many dates, the last of them without faults, and compare what raw holds."""
        for day in range(dates):
            if day == 0 or self.chance.random() < 0.3:
                self._watch(self._watchlist())
                self.faults.injected["watchlist", "changed"] += day > 0
            self._undisturbed(self.twin, day)
            if day < dates - 1:
                self._live(day)
        self._undisturbed(self.site, dates - 1)
        sent = self.site.sandbox.meter()
        again = self._undisturbed(self.site, dates - 1)
        if again.running.exit_code or self.site.sandbox.meter() != sent:
            self.found.append(f"a second run of the last date: exit code {again.running.exit_code}, or it asked again")
        self._compare_raw()

    def _live(self, day: int) -> None:
        before = self.faults.injected.copy()
        self.faults.between_runs()
        self.faults.on_servers()
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            self._note(self.faults.run(day))
        self.site.sandbox.clear_faults()
        if self.chance.random() < CHANCE_TO_HEAL:
            self.healed.append(date_of(day))
            self._undisturbed(self.site, day)
            left = [row for row in walks(self.site).values() if row[0] == date_of(day) and not row[5]]
            if left:
                self.found.append(f"{date_of(day)}: a clean run on the date left {in_words(left)}")
        if self.chance.random() < 0.4:
            self.outside.keep_copy(self.site)
        injected = self.faults.injected - before
        words = ", ".join(f"{kind}" + (f" x{count}" if count > 1 else "") for (_, kind), count in injected.items())
        print(f"{date_of(day)}{' healed' if date_of(day) in self.healed else ''}: {words or 'nothing'}", flush=True)

    def _undisturbed(self, site: Site, day: int) -> Ended:
        running = site.start(day, "--no-transform")
        ended = Ended(running)
        if running.wait() not in ((0, 4) if site is self.site else (0,)):
            self.found.append(f"{date_of(day)}: a clean run: {running.exit_code} {running.answer} {running.log[-800:]}")
        self.found += ended.faults()
        if site is self.site:
            self._note(ended)
        return ended

    def _note(self, ended: Ended) -> None:
        if ended.ended_itself and "run_id" in ended.running.answer:
            self.runs_that_ended.add(ended.running.answer["run_id"])

    def _watchlist(self) -> str:
        hashtags = self.chance.sample(self.world.hashtags[:4], self.chance.randint(2, 4))
        lines = []
        for hashtag in hashtags:
            lines += ["[[hashtags]]", f'name = "{hashtag.name}"']
            lines += [f'id = "{hashtag.id}"'] if self.chance.random() < 0.3 or "crawlora" not in self.apis else []
            lines += ['campaigns = ["holiday"]'] if self.chance.random() < 0.4 else []
        if "crawlora" in self.apis:
            lines += ["[[trends]]", f'country = "{self.chance.choice(("US", "GB"))}"']
        if "tikliveapi" in self.apis:
            lines += ["[[searches]]", f'keyword = "{self.chance.choice(("cat", "christmas"))}"']
        return "\n".join(lines)

    def _watch(self, watchlist: str) -> None:
        for site in (self.twin, self.site):
            site.watch(watchlist)

    def _compare_raw(self) -> None:
        lost, dates = lost_walks(self.site, self.twin)
        theirs = walks(self.twin)
        self.found += self.site.ledger_faults() + self._lost_faults(lost, dates) + self._bought_again()
        for day in sorted({row[0] for row in theirs.values()}):
            self.found += self._raw_faults(day, lost)
        self.summary = (
            f"{len(theirs)} crawls, {len(theirs) - len(lost)} as the twin's, {len(lost)} incomplete with a row or on "
            f"one of {len(dates)} dates without a plan"
        )

    def compare_marts(self) -> None:
        """Build the marts, and compare every cell with those of the twin that has the same crawls."""
        same = matched(self.site, self.twin, self.folder / "matched")
        for site in (self.site, same):
            running = site.command("transform")
            if running.wait():
                self.found.append(f"marts: exit code {running.exit_code}: {running.log[-1500:]}")
        found, expected = marts(self.site), marts(same)
        self.found += differing(found, expected) + twice(self.site)
        self.summary += f"; {cells(found)} cells of the marts compared"

    def _lost_faults(self, lost: set[str], dates: set[str]) -> list[str]:
        """Say which crawls are missing without a row about them."""
        mine, theirs = walks(self.site), walks(self.twin)
        planned = {day for (day,) in self.site.journal("select distinct snapshot_date from planned_walks")}
        found = [f"{day}: planned, and without any row" for day in sorted(dates & planned)]
        silent = [theirs[key] for key in lost if key not in mine and theirs[key][0] not in dates]
        return found + [f"no row about {row}" for row in silent]

    def _raw_faults(self, day: str, lost: set[str]) -> list[str]:
        """Compare what the crawls of a date observed, those that are complete."""
        keys = {key for walk, of_walk in keys_of_walks(self.twin).items() if walk in lost for key in of_walk}
        keys |= {key for walk, of_walk in keys_of_walks(self.site).items() if walk in lost for key in of_walk}
        both = []
        for site in (self.site, self.twin):
            kept = {name: [row for row in rows if row[0] not in keys] for name, rows in raw_rows(site, day).items()}
            both.append({name: sorted(rows, key=repr) for name, rows in kept.items() if rows})
        return [f"raw of {day}: {text}" for text in differing(*both)]

    def _bought_again(self) -> list[str]:
        """Say which pages were bought twice although nothing had happened to them or to the run that had them."""
        misled = {key for key, row in walks(self.site).items() if row[4] in MISLED_REASONS}
        listed = ", ".join(f"'{reason}'" for reason in sorted(MISLED_REASONS))
        misled |= {key for (key,) in self.site.rows(f"select walk_key from raw.walks where stop_reason in ({listed})")}  # noqa: S608
        bought: dict[str, list[str]] = defaultdict(list)
        found = []
        for key, run_id, walk, day in self.site.journal(_OK):
            if walk not in misled and run_id in self.runs_that_ended:
                bought[key].append(run_id)
                found += [f"{day}: {key} was bought in the runs {bought[key]}"] if len(bought[key]) > 1 else []
        return found

    def injected(self) -> dict[str, Counter[str]]:
        """Return what was injected by layer."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (layer, kind), count in sorted(self.faults.injected.items()):
            if count:
                found[layer][kind] += count
        return found

    def close(self) -> None:
        """Leave nothing behind."""
        for site in (self.site, self.twin):
            site.close()
        self.forks.close()
        self.outside.close()
        self.disk.close()

    def __str__(self) -> str:
        """What was injected and what came of it, as rows of a table."""
        where = "PostgreSQL" if self.is_on_postgres else "DuckDB"
        lines = [f"seed {self.seed}, {where}, {len(self.healed)} dates healed: {self.summary}"]
        for layer, kinds in self.injected().items():
            words = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
            lines.append(f"  {layer}: {sum(kinds.values())} ({words})")
        left_out = ["full disks, because no tmpfs can be mounted"] if not self.disk.is_mounted else []
        left_out += [self.outside.left_out] if self.outside.left_out else []
        lines += [f"  left out: {text}" for text in left_out]
        return "\n".join([*lines, f"  violations: {len(self.found)}", *(f"    {text}" for text in self.found)])
