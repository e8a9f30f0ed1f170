from __future__ import annotations

from datetime import date

from tests.cli.screen import text_of

from tiktok_hashtags.cli.run import plan_json, plan_table, replay_view, run_summary
from tiktok_hashtags.errors import BudgetError
from tiktok_hashtags.jobs.outcome import Outcome
from tiktok_hashtags.jobs.plan import Line
from tiktok_hashtags.jobs.replay import Replay

PRICED = Line("unifapi", "videos", walks=2, requests=20, credits=1000, usd=1.0)
UNPRICED = Line("tikliveapi", "search", walks=1, requests=3, credits=3, usd=None)


def test_a_plan_adds_up_what_has_a_price() -> None:
    plan = plan_json([PRICED, UNPRICED], ["scraper"])

    assert (plan["requests"], plan["worst_case_usd"]) == (23, 1.0)
    assert plan["worst_case_credits"] == {"unifapi": 1000, "tikliveapi": 3}
    assert [line["worst_case_usd"] for line in plan["resources"]] == [1.0, None]
    assert plan["skipped_providers"] == ["scraper"]
    assert "error" not in plan


def test_a_refused_plan_has_the_reason_in_the_same_object() -> None:
    plan = plan_json([PRICED], [], refusal=BudgetError("too much"))

    assert (plan["error"], plan["exit_code"], plan["requests"]) == ("too much", 5, 20)


def test_a_plan_is_a_table_with_a_total() -> None:
    text = text_of(plan_table([PRICED, UNPRICED], ["scraper"], notes=[f"note {n}" for n in range(25)]))

    assert "unifapi.videos" in text
    assert "no public price" in text
    assert "$1.0000" in text
    assert "scraper: skipped" in text
    assert "note 19" in text
    assert "note 20" not in text
    assert "... and 5 more" in text
    assert "This command sent nothing." in text


def test_an_empty_plan_is_reported() -> None:
    assert "Nothing to fetch: the watchlist" in text_of(plan_table([], []))
    assert "Nothing to fetch.\ncat: no" in text_of(plan_table([], [], notes=["cat: no"]))


def test_a_summary_counts_the_problems_it_has_no_room_for() -> None:
    outcome = Outcome("run", "2026-11-01", exit_code=4, messages=[f"problem {number}" for number in range(25)])

    text = text_of(run_summary(outcome))

    assert text.count("Problem: ") == 20
    assert "... and 5 more; `tiktags status` lists them" in text


def test_a_summary_shows_notices_and_what_was_skipped() -> None:
    notice = {"provider": "crawlora", "entity": "hashtags", "kind": "not_found", "detail": "#gone"}
    counts = {"requests": 1, "credits": 8, "rows": 0, "rejects": 0, "replayed_pages": 0}
    outcome = Outcome("run", "2026-11-01", providers={"crawlora": counts}, notices=[notice], skipped=["unifapi"])

    text = text_of(run_summary(outcome))

    assert "exit code 0" in text
    assert "Notice: crawlora hashtags: not_found: #gone" in text
    assert "unifapi: skipped" in text
    assert "nothing was left to fetch" in text
    assert "Problem" not in text


def test_a_replay_names_the_pruned_dates() -> None:
    done = Replay([Outcome("r", "2026-11-03")], pruned_dates=[date(2026, 11, 1), date(2026, 11, 2)])

    assert "their pages are pruned: 2 days, 2026-11-01 to 2026-11-02" in text_of(replay_view(done))
    assert done.as_json()["pruned_dates"] == ["2026-11-01", "2026-11-02"]
