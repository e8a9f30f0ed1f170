"""How often a signal is a false alarm, and how many doublings it finds: the figures that docs/metrics.md states."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from tests.dbt.conftest import Dbt, Raw

HASHTAGS, DAYS = 4_000, 75
NOISE = ("log-normal", "normal")
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

Score = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def score(dbt: Dbt, fresh: Callable[[], Raw]) -> Score:
    """A function that has the model score gains (hashtags x days), and returns where it sees signals."""
    fresh().create("crawlora")
    dbt.invoke("compile", "--select", "int_gain_scores")
    [compiled] = (dbt.warehouse.parent / "target" / "compiled").rglob("int_gain_scores.sql")
    sql = compiled.read_text("utf-8")
    [source] = set(re.findall(r'"warehouse"\."intermediate"\."\w+"', sql))

    def run(gains: np.ndarray) -> np.ndarray:
        hashtags, days = gains.shape
        rows = pa.table(
            {
                "hashtag_key": np.repeat(np.arange(hashtags), days),
                "day": np.tile(np.arange(days), hashtags),
                "view_gain_per_day": gains.ravel(),
            }
        )
        with duckdb.connect() as connection:
            connection.register("rows", rows)
            connection.execute("attach ':memory:' as warehouse; create schema warehouse.intermediate")
            connection.execute(f"""
                create table {source} as
                select hashtag_key, date '2026-01-01' + cast(day as integer) as snapshot_date, 'exact' as precision,
                    view_gain_per_day, cast(null as bigint) as view_correction, false as is_below_mark
                from rows
            """)  # noqa: S608  # our own name
            found = connection.execute(
                f"select is_signal from ({sql}) order by hashtag_key, snapshot_date"  # noqa: S608
            ).fetchnumpy()
        return np.asarray(found["is_signal"], dtype=bool).reshape(gains.shape)

    return run


def gains_of(kind: str, noise: float, *, hashtags: int = HASHTAGS, seed: int = 1) -> np.ndarray:
    """A million views a day, with noise of this standard deviation."""
    chance = np.random.default_rng(seed)
    if kind == "normal":
        return np.maximum(chance.normal(1, noise, (hashtags, DAYS)), 0) * 1e6
    return np.exp(chance.normal(0, noise, (hashtags, DAYS))) * 1e6


@pytest.mark.parametrize("noise", [0.1, 0.2, 0.4])
@pytest.mark.parametrize("kind", NOISE)
def test_false_alarms_are_rare_however_long_the_history(score: Score, kind: str, noise: float) -> None:
    signals = score(gains_of(kind, noise))

    assert not signals[:, :14].any()
    for first, last in ((14, 30), (30, 75)):
        assert signals[:, first:last].mean() <= 0.003


@pytest.mark.parametrize(("noise", "history"), [(0.10, 14), (0.15, 30), (0.15, 60)])
@pytest.mark.parametrize("kind", NOISE)
def test_doublings_of_two_days_are_found_within_two_days(score: Score, kind: str, noise: float, history: int) -> None:
    gains = gains_of(kind, noise, hashtags=2_000, seed=2)
    gains[:, history : history + 2] *= 2

    found = score(gains)[:, history : history + 2].any(axis=1)

    assert found.mean() >= 0.95


def test_the_page_states_these_figures() -> None:
    page = re.sub(r"\s+", " ", PAGE.read_text("utf-8"))

    assert "at most 0.3 % of hashtag-days" in page
    assert "at least 95 % of doublings over two days within these two days" in page
