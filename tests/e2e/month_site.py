# ruff: noqa: S608  # queries are made of names of the tests' own
"""A site that lived through the month, shared by all tests of reporting, and how its tables are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.conftest import TablesInMemory
from tests.e2e.growth import Table
from tests.e2e.month import ASKED, PRICES, Month
from tests.e2e.remembered import lived
from tests.e2e.truth import industry, on

from tiktok_hashtags import providers
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.extract.tables import watchlist_source
from tiktok_hashtags.extract.walk import SourceRun
from tiktok_hashtags.jobs.opened import Options, open_project
from tiktok_hashtags.jobs.plan import plan_run
from tiktok_hashtags.sandbox import DATASET_ID, World
from tiktok_hashtags.warehouse.base import Rows, columns_by_table
from tiktok_hashtags.warehouse.known import read_known

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site


BUILT_AT = f"{on(max(ASKED))}T06:00"


@pytest.fixture(scope="session")
def month() -> Month:
    return Month(World(seed=29, hashtags=4, videos=20))


@pytest.fixture(scope="session")
def month_site(month: Month, make_site: MakeSite) -> Site:
    first, second, third, fourth = month.world.hashtags
    site = make_site(
        month.world,
        f"""
        hashtags = [
            {{name = "{first.name}", role = "own", campaigns = ["holiday-2026"]}},
            {{name = "{second.name}", campaigns = ["holiday-2026", "always-on"]}},
            {{id = "{third.id}", role = "competitor", campaigns = ["rivals"]}},
            {{name = "{fourth.name}", campaigns = ["rivals"]}},
        ]
        trends = [
            {{country = "US"}},
            {{country = "GB", period_days = 30, new_on_board = true}},
            {{country = "US", period_days = 120, industry_id = {industry(month.world)}}},
            {{source = "creative_center", country = "BR", period_days = 90}},
        ]
        searches = [{{keyword = "cat"}}, {{keyword = "christmas"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
        """,
    )
    for name, price in PRICES.items():
        if price is not None:
            site.variables[f"SOURCES__{name.upper()}__CREDIT_USD"] = str(price)
    lived("month", lambda: live(site), site)
    return site


def live(site: Site) -> None:
    """Crawl each day into raw tables that no load made, which other tests are about, and build the marts once."""
    raw = TablesInMemory()
    raw.rows("create table raw._dlt_loads (load_id text, status bigint)")
    with site.inside():
        for day in sorted(ASKED):
            crawl(site, day, raw)
            raw.rows("insert into raw._dlt_loads values (?, 0)", f"{day:02}")
    site.project.make_data()
    raw.rows(f"attach '{site.project.warehouse}' as warehouse")
    raw.rows("copy from database memory to warehouse")
    raw.rows("detach warehouse")
    transformed = site.tiktags("transform", "--json", "--now", BUILT_AT)
    assert transformed.exit_code == 0, transformed.output
    (site.project.root / "transformed.json").write_text(transformed.stdout)


def crawl(site: Site, day: int, raw: TablesInMemory) -> None:
    """Crawl as a run does."""
    when = datetime.combine(on(day), time(6))
    site.sandbox.clock.set(when)
    options = Options(clock=frozen_clock(when), transport=httpx.MockTransport(site.sandbox.respond))
    with open_project(site.project) as opened, opened.session(options) as session:
        watchlist = opened.watchlist
        session.known = read_known(AskingRaw(raw), watchlist, snapshot_date=session.snapshot_date)
        raw.load(watchlist_source(watchlist, session), f"{day:02}")
        for plan in plan_run(watchlist, session, only=sorted(ASKED[day])):
            source = providers.source(plan.name)(run=SourceRun(plan.settings, session, plan.walks))
            raw.load(source, f"{day:02}")
    assert all(walk.is_complete for walk in session.tally.walks)


@dataclass
class AskingRaw:
    """Asks tables in memory as a warehouse is asked."""

    raw: TablesInMemory

    def rows(self, sql: str, *parameters: object) -> Rows:
        return Rows((), iter(self.raw.rows(sql.replace("%s", "?"), *parameters)))

    def tables(self, schema: str) -> dict[str, list[str]]:
        return columns_by_table(self, schema)

    def cancel(self) -> None:
        """Nobody waits for these."""


def assert_equal(site: Site, table: str, grain: tuple[str, ...], expected: Table, *, schema: str = "reporting") -> None:
    """Compare a table with the expected rows, in the columns that these have."""
    columns = [*grain, *next(iter(expected.values()))]
    rows = site.rows(f"select {', '.join(columns)} from {schema}.{table}")
    found = {row[: len(grain)]: dict(zip(columns[len(grain) :], row[len(grain) :], strict=True)) for row in rows}

    assert len(found) == len(rows), f"{table}: {len(rows) - len(found)} rows too many"
    assert set(found) == set(expected), (
        f"{table}: missing {set(expected) - set(found)}, extra {set(found) - set(expected)}"
    )
    wrong = {
        (*key, name): (value, expected[key][name])
        for key, row in found.items()
        for name, value in row.items()
        if not is_same(value, expected[key][name])
    }
    assert not wrong, f"{table}, found and expected: {wrong}"


def is_same(found: object, expected: object) -> bool:
    """Tell whether two values are one; numbers with a fraction to 1e-9."""
    if isinstance(found, float) or isinstance(expected, float):
        if found is None or expected is None:
            return False
        return bool(found == pytest.approx(expected, rel=1e-9, abs=1e-12))
    return found == expected
