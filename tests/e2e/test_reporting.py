"""The reporting tables equal slow, plain Python on the world's own truth, over thirty days with missed ones.

Integers are compared exactly, ratios to 1e-9. The Python reads no table: it starts from what the world's providers
showed on which day.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.e2e.benchmark import benchmark
from tests.e2e.growth import Table, grown, growth
from tests.e2e.month import ASKED, LISTS, SEARCHES, Month
from tests.e2e.month_site import assert_equal
from tests.e2e.truth import industry, on, trend_rows

from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

Places = Mapping[date, Mapping[str, tuple[int, int | None, int | None]]]
"""By date and hashtag: rank, posts and views of a list."""


def test_growth_compares_numbers_of_one_precision_over_the_days_between(month_site: Site, month: Month) -> None:
    expected = growth(month)

    assert_equal(month_site, "rpt_hashtag_growth", ("hashtag_key", "snapshot_date"), expected)
    assert {row["precision"] for row in expected.values()} == {"exact", "rounded"}
    assert any(row["is_corrected"] for row in expected.values())
    assert {row["days_since_previous"] for row in expected.values()} >= {1, 2, 3}


def test_signals_stand_out_from_their_own_past(month_site: Site, month: Month) -> None:
    expected = signals(month)

    assert_equal(month_site, "rpt_early_signals", ("hashtag_key", "snapshot_date"), expected)
    assert any(row["robust_z_score"] is not None for row in expected.values())
    assert all(not row["is_signal"] for row in expected.values() if row["history_count"] < 14)


def test_the_benchmark_compares_recent_videos_at_equal_ages(month_site: Site, month: Month) -> None:
    expected = benchmark(month)
    grain = ("hashtag_key", "dimension", "weekday", "hour", "duration_band", "media_type")

    assert_equal(month_site, "rpt_content_benchmark", grain, expected)
    assert any(row["half_views_video_count"] for row in expected.values())
    assert {row["is_reliable"] for row in expected.values()} == {True, False}


def test_trend_lists_and_searches_show_who_entered_moved_and_left(month_site: Site, month: Month) -> None:
    expected = discovery(month)
    grain = (
        *("source_kind", "keyword", "trend_source", "country_code", "industry_id", "period_days", "is_new_on_board"),
        *("hashtag_key", "snapshot_date"),
    )

    assert_equal(month_site, "rpt_trend_discovery", grain, expected)
    assert {row["status"] for row in expected.values()} == {None, "entered", "stayed", "up", "down", "left"}


def signals(month: Month) -> Table:
    """Scores by hashtag and date, where there is a gain or a corrected count."""
    rows: Table = {}
    for key in month.hashtag_stats:
        by_date = {
            when: row
            for (k, when), row in grown(month).items()
            if k == key and (row["view_gain_per_day"] is not None or row["is_corrected"])
        }
        for when in by_date:
            rows[key, when] = _score(by_date, when) | _newcomers(month, key, when)
    return rows


def _score(by_date: Mapping[date, Mapping[str, Any]], when: date) -> dict[str, Any]:
    row = by_date[when]
    precision, gain = row["gain_precision"], row["view_gain_per_day"]
    past = [
        each["view_gain_per_day"]
        for at, each in by_date.items()
        if each["gain_precision"] == precision and 1 <= (when - at).days <= 60 and not each["is_corrected"]
    ]
    middle = median(past) if past else None
    is_scored = len(past) >= 14 and precision == "exact"
    level = _level(past) if is_scored else None
    score = level(gain) if level and gain is not None else None
    two_days = _two_day_score(by_date, when, level) if level else None
    threshold = 3 + 22 / len(past) + 75 / len(past) ** 2 if is_scored else None
    best = max((each for each in (score, two_days) if each is not None), default=None)
    stands_out = best is not None and threshold is not None and best >= threshold
    is_signal = bool(stands_out and math.log1p(gain) - median(map(math.log1p, past)) >= math.log(1.4))
    return {
        "precision": precision,
        "view_gain_per_day": gain,
        "view_correction": row["view_correction"],
        "history_count": len(past),
        "median_gain_per_day": middle,
        "mad_gain_per_day": median(abs(each - middle) for each in past) if middle is not None else None,
        "robust_z_score": score,
        "two_day_z_score": two_days,
        "z_threshold": threshold,
        "is_signal": is_signal,
        "verdict": _verdict(row, len(past), is_signal),
    }


def _verdict(row: Mapping[str, Any], history: int, is_signal: bool) -> str:
    if row["is_corrected"]:
        return "corrected"
    if row["gain_precision"] == "rounded":
        return "rounded"
    if history < 14:
        return "too short"
    return "unusual" if is_signal else "usual"


def _level(past: list[float]) -> Callable[[float], float]:
    """Robust standard deviations of a gain from the past ones, in logarithms."""
    logs = [math.log1p(each) for each in past]
    middle = median(logs)
    spread = max(median(abs(each - middle) for each in logs), 0.05 * 0.6745)
    return lambda gain: 0.6745 * (math.log1p(gain) - middle) / spread


def _two_day_score(
    by_date: Mapping[date, Mapping[str, Any]], when: date, level: Callable[[float], float]
) -> float | None:
    earlier = [at for at in by_date if at < when]
    before = by_date[max(earlier)] if earlier else None
    if before is None or before["gain_precision"] != by_date[when]["gain_precision"]:
        return None
    gains = [before["view_gain_per_day"], by_date[when]["view_gain_per_day"]]
    if None in gains or (when - max(earlier)).days > 3:
        return None
    return sum(map(level, gains)) / 2 * math.sqrt(2)


def _newcomers(month: Month, key: str, when: date) -> dict[str, Any]:
    feed_dates = [at for at in month.dates if any(hashtag == key for hashtag, _ in month.feeds[at])]
    if when not in feed_dates or when == min(feed_dates):
        return {"new_video_count": None, "new_creator_count": None}
    listed = {video: at for (hashtag, video), at in month.first_listed.items() if hashtag == key}
    first_of_creator: dict[str, date] = {}
    for video, at in listed.items():
        creator = month.videos[video].creator_id
        if creator is not None:
            first_of_creator[creator] = min(at, first_of_creator.get(creator, at))
    return {
        "new_video_count": list(listed.values()).count(when),
        "new_creator_count": list(first_of_creator.values()).count(when),
    }


def discovery(month: Month) -> Table:
    """Places on every list by date, and who left."""
    rows: Table = {}
    lists: dict[tuple[Any, ...], Places] = {**_trend_lists(month), **_searches(month)}
    for name, places in lists.items():
        rows |= _moves(name, places)
    grown = growth(month)
    for (*_, key, when), row in rows.items():
        row["real_view_count"] = _last_known({at: s.view_count for at, s in month.hashtag_stats[key].items()}, when)
        gains = {at: each["view_gain_per_day"] for (k, at), each in grown.items() if k == key}
        row["view_gain_per_day"] = _last_known(gains, when)
    for column, rank_column in (("real_view_count", "view_rank"), ("view_gain_per_day", "momentum_rank")):
        _add_ranks(rows, column, rank_column)
    return rows


def _last_known(series: Mapping[date, Any], when: date) -> Any:
    known = [at for at, value in series.items() if value is not None and at <= when]
    return series[max(known)] if known else None


def _trend_lists(month: Month) -> Mapping[tuple[Any, ...], Places]:
    lists: dict[tuple[Any, ...], dict[date, dict[str, tuple[int, int | None, int | None]]]] = defaultdict(dict)
    for each in LISTS:
        source, country, period, by_industry, is_new = each
        name = ("trend", "", source, country, industry(month.world) if by_industry else 0, period, is_new)
        for day in sorted(day for day, hours in ASKED.items() if "crawlora" in hours):
            rows = trend_rows(month.world, each, day)
            lists[name][on(day)] = {row[5]: (row[6], row[9], row[10]) for row in rows}
    return lists


def _searches(month: Month) -> Mapping[tuple[Any, ...], Places]:
    lists: dict[tuple[Any, ...], dict[date, dict[str, tuple[int, int | None, int | None]]]] = defaultdict(dict)
    for keyword in SEARCHES:
        for day in sorted(day for day, hours in ASKED.items() if "tikliveapi" in hours):
            found = [normalised(hashtag.name) for hashtag in month.world.search(keyword, on(day))]
            name = ("search", keyword, "", "", 0, 0, False)
            lists[name][on(day)] = {key: (rank, None, None) for rank, key in enumerate(found, 1)}
    return lists


def _moves(name: tuple[Any, ...], by_date: Places) -> Table:
    """Every list here was walked to its end on each of its dates."""
    rows: Table = {}
    days_listed: dict[str, list[date]] = defaultdict(list)
    before: Mapping[str, tuple[int, int | None, int | None]] | None = None
    for when in sorted(by_date):
        now = by_date[when]
        for key, (rank, publish_count, view_count) in now.items():
            days_listed[key].append(when)
            previous = before[key][0] if before and key in before else None
            status = _status(rank, previous, is_first_day=before is None)
            rows[*name, key, when] = {
                "rank": rank,
                "previous_rank": previous,
                "rank_move": None if previous is None else previous - rank,
                "status": status,
                "days_on_list": len(days_listed[key]),
                "first_listed_date": days_listed[key][0],
                "publish_count": publish_count,
                "list_view_count": view_count,
            }
        for key in set(before or ()) - set(now):
            rows[*name, key, when] = {
                "rank": None,
                "previous_rank": before[key][0] if before else None,
                "rank_move": None,
                "status": "left",
                "days_on_list": len(days_listed[key]),
                "first_listed_date": days_listed[key][0],
                "publish_count": None,
                "list_view_count": None,
            }
        before = now
    return rows


def _status(rank: int, previous: int | None, *, is_first_day: bool) -> str | None:
    """On the first day nobody knows whether a hashtag was listed before."""
    if previous is None:
        return None if is_first_day else "entered"
    if previous == rank:
        return "stayed"
    return "up" if previous > rank else "down"


def _add_ranks(rows: Table, column: str, rank_column: str) -> None:
    """Rank the hashtags of a list on a date whose number is known, the largest first."""
    lists: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for key, row in rows.items():
        row[rank_column] = None
        if row["status"] != "left" and row[column] is not None:
            lists[*key[:-2], key[-1]].append(key)
    for keys in lists.values():
        ordered = sorted(
            keys,
            key=lambda key: (-rows[key][column], rows[key]["rank"], key[-2].encode()),
        )
        for rank, key in enumerate(ordered, 1):
            rows[key][rank_column] = rank
