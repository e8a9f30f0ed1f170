# ruff: noqa: S608  # queries are made of names of the tests' own
"""A site that lived through the month, shared by all tests of reporting, and how its tables are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.growth import Table
from tests.e2e.month import ASKED, PRICES, Month
from tests.e2e.truth import industry

from tiktok_hashtags.sandbox import DATASET_ID, World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site


@pytest.fixture(scope="session")
def month() -> Month:
    return Month(World(seed=29, hashtags=4, videos=20))


@pytest.fixture(scope="session")
def month_site(month: Month, make_site: MakeSite) -> Site:
    first, second, third, fourth = month.world.hashtags
    lived = make_site(
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
            lived.variables[f"SOURCES__{name.upper()}__CREDIT_USD"] = str(price)
    last = max(ASKED)
    for day in sorted(ASKED):
        outcome = lived.run(day, only=sorted(ASKED[day]), transforms=day == last)
        assert (outcome.exit_code, outcome.messages) == (0, []), outcome.messages
    return lived


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
