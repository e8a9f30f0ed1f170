from __future__ import annotations

import json
import math
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from tiktok_hashtags import console
from tiktok_hashtags.demo import Demo
from tiktok_hashtags.errors import BudgetError
from tiktok_hashtags.outcome import Outcome
from tiktok_hashtags.plan import Line
from tiktok_hashtags.prune import Part, Pruning, Retention
from tiktok_hashtags.replay import Replay

PRICED = Line("unifapi", "videos", walks=2, requests=20, credits=1000, usd=1.0)
UNPRICED = Line("tikliveapi", "search", walks=1, requests=3, credits=3, usd=None)


def text_of(renderable: RenderableType) -> str:
    screen = StringIO()
    Console(width=200, file=screen).print(renderable)
    return screen.getvalue()


def test_values_are_shown_as_they_are() -> None:
    table = console.rows_table(["caption", "n"], [("[bold]no markup[/bold]", 321857738740), (None, True)])

    text = text_of(table)

    assert "[bold]no markup[/bold]" in text
    assert "321,857,738,740" in text
    assert "–" in text
    assert "True" in text


def test_numbers_that_json_does_not_have_are_strings_however_deep() -> None:
    row = (math.nan, -math.inf, [{"x": math.inf}], {1: (date(2026, 11, 1), Decimal("1.50"))}, None, 2**63)

    told = console.rows_json(list("abcdef"), [row])

    expected = {"a": "NaN", "b": "-Infinity", "c": [{"x": "Infinity"}], "d": {"1": ["2026-11-01", "1.50"]}}
    assert json.loads(json.dumps(told, allow_nan=False))["rows"] == [{**expected, "e": None, "f": 2**63}]


def test_columns_of_the_same_name_are_numbered() -> None:
    told = console.rows_json(["n", "n", "n_2", "n"], [(1, 2, 3, 4)])

    assert told == {"columns": ["n", "n_3", "n_2", "n_4"], "rows": [{"n": 1, "n_3": 2, "n_2": 3, "n_4": 4}]}


def test_a_plan_adds_up_what_has_a_price() -> None:
    plan = console.plan_json([PRICED, UNPRICED], ["scraper"])

    assert (plan["requests"], plan["worst_case_usd"]) == (23, 1.0)
    assert plan["worst_case_credits"] == {"unifapi": 1000, "tikliveapi": 3}
    assert [line["worst_case_usd"] for line in plan["resources"]] == [1.0, None]
    assert plan["skipped_providers"] == ["scraper"]
    assert "error" not in plan


def test_a_refused_plan_says_why_in_the_same_object() -> None:
    plan = console.plan_json([PRICED], [], refusal=BudgetError("too much"))

    assert (plan["error"], plan["exit_code"], plan["requests"]) == ("too much", 5, 20)


def test_a_plan_is_a_table_with_a_total() -> None:
    text = text_of(console.plan_table([PRICED, UNPRICED], ["scraper"], notes=[f"note {n}" for n in range(25)]))

    assert "unifapi.videos" in text
    assert "no public price" in text
    assert "$1.0000" in text
    assert "scraper: skipped" in text
    assert "note 19" in text
    assert "note 20" not in text
    assert "... and 5 more" in text
    assert "Nothing was sent" in text


def test_nothing_to_fetch_is_said() -> None:
    assert "Nothing to fetch: all that" in text_of(console.plan_table([], []))
    assert "Nothing to fetch.\ncat: no" in text_of(console.plan_table([], [], notes=["cat: no"]))


def test_a_summary_counts_the_problems_it_has_no_room_for() -> None:
    outcome = Outcome("run", "2026-11-01", exit_code=4, messages=[f"problem {number}" for number in range(25)])

    text = text_of(console.run_summary(outcome))

    assert text.count("Problem: ") == 20
    assert "... and 5 more; `tiktags status` lists them" in text


def test_a_summary_shows_notices_and_what_was_skipped() -> None:
    notice = {"provider": "crawlora", "entity": "hashtags", "kind": "not_found", "detail": "#gone"}
    counts = {"requests": 1, "credits": 8, "rows": 0, "rejects": 0, "replayed_pages": 0}
    outcome = Outcome("run", "2026-11-01", providers={"crawlora": counts}, notices=[notice], skipped=["unifapi"])

    text = text_of(console.run_summary(outcome))

    assert "exit code 0" in text
    assert "Notice: crawlora hashtags: not_found: #gone" in text
    assert "unifapi: skipped" in text
    assert "nothing was left to walk" in text
    assert "Problem" not in text


def test_a_status_without_runs_is_said() -> None:
    found: dict[str, Any] = {"runs": [], "incomplete_walks": [], "tables": {}}

    assert "no runs yet" in text_of(console.status_view(found))


def test_a_status_lists_what_is_incomplete() -> None:
    walk = {"provider": "unifapi", "endpoint": "videos", "target": "#cat", "stop_reason": "network"}
    found = {"runs": [{"run_id": "r", "walks": 2}], "incomplete_walks": [walk], "tables": {"marts.dim_hashtag": 3}}

    text = text_of(console.status_view(found))

    assert "Incomplete in the last run" in text
    assert "#cat" in text
    assert "marts.dim_hashtag" in text


def test_a_demo_shows_rows_cost_and_growth() -> None:
    demo = Demo(
        Path("demo"),
        days=14,
        tables={"marts.dim_video": 1234},
        cost=[("crawlora", 10, 80, 0.0232), ("tikliveapi", 5, 5, None)],
        growth=[("giftideas", 100, 160, 0.6)],
    )

    text = text_of(console.demo_view(demo))

    assert "1,234" in text
    assert "$0.0232" in text
    assert "#giftideas" in text
    assert "+60.0%" in text
    assert "Fastest-growing in 14 days" in text


def test_a_replay_says_which_dates_are_gone() -> None:
    done = Replay([Outcome("r", "2026-11-03")], pruned_dates=[date(2026, 11, 1), date(2026, 11, 2)])

    assert "their pages are pruned: 2 days, 2026-11-01 to 2026-11-02" in text_of(console.replay_view(done))
    assert done.as_json()["pruned_dates"] == ["2026-11-01", "2026-11-02"]


def test_what_can_go_is_shown_with_its_reason_and_a_missing_size_is_no_zero() -> None:
    parts = [Part("raw.unifapi_videos", "replaced by a later load", 1200, date(2026, 11, 1), date(2026, 11, 2))]

    text = text_of(console.pruning_view(Pruning(Retention(), parts)))

    assert text.splitlines()[1].split() == [
        *("raw.unifapi_videos", "replaced", "by", "a", "later", "load", "1,200", "2026-11-01", "2026-11-02", "–")
    ]
    assert "`tiktags prune --yes` does it" in text
