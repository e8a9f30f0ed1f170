"""The report as a file: its notices about any data, and the files that it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from tiktok_hashtags.cli.main import main
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.errors import NothingPublishedError, ReportError
from tiktok_hashtags.project import Project
from tiktok_hashtags.report import write_report

Written = Callable[..., dict[str, Any]]
MakeProject = Callable[..., Project]
LARGEST = 2_000_000


def rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def levels(data: dict[str, Any]) -> list[str]:
    return [notice["level"] for notice in data["notices"]]


def said(data: dict[str, Any]) -> str:
    return " ".join(notice["text"] for notice in data["notices"])


def change(project: Project, *statements: str) -> None:
    with duckdb.connect(project.publication) as connection:
        for statement in statements:
            connection.execute(statement)


def test_stays_under_two_megabytes_with_many_videos_and_the_longest_texts(make_project: MakeProject) -> None:
    project = make_project(videos=20_000, days=4, hashtags=200, lists=30, creators=1_000)

    report = write_report(project)

    assert report.bytes == report.path.stat().st_size
    assert report.bytes < LARGEST


def test_an_empty_warehouse_makes_a_page_with_a_notice(make_project: MakeProject, written: Written) -> None:
    data = written(make_project(videos=0, days=0, hashtags=0, lists=0, creators=0))

    assert data["meta"]["snapshot_date"] is None
    assert "Nothing has been observed yet" in said(data)
    assert [name for name, part in data["parts"].items() if part and "missing" in part] == []


def test_one_day_of_history_is_a_notice(make_project: MakeProject, written: Written) -> None:
    data = written(make_project(days=1))

    assert "One day of history so far" in said(data)
    assert {row["view_gain_per_day"] for row in rows(data["parts"]["growth"]["leaderboard"])} == {None}


def test_a_publication_without_reporting_models_names_what_is_missing(
    make_project: MakeProject, written: Written
) -> None:
    project = make_project()
    change(project, "drop table reporting.rpt_hashtag_growth", "drop table reporting.rpt_coverage")

    parts = written(project)["parts"]

    assert parts["growth"] == {"missing": ["rpt_hashtag_growth"]}
    assert parts["coverage"] == {"missing": ["rpt_coverage"]}
    assert rows(parts["videos"]["videos"])


def test_made_up_data_are_announced_first(make_project: MakeProject, written: Written) -> None:
    project = make_project()
    project.demo_marker.touch()

    data = written(project)

    assert data["notices"][0]["level"] == "demo"
    assert "made up" in data["notices"][0]["text"]


def test_an_incomplete_day_is_a_problem_with_its_count(project: Project, written: Written) -> None:
    data = written(project)

    assert "1 of the 12 walks of 2026-11-20 are incomplete" in said(data)
    walks = rows(data["parts"]["coverage"]["walks"])
    assert [walk["reason"] for walk in walks if not walk["is_complete"]] == ["The account ran out of credits."]


def test_what_went_wrong_in_the_run_is_on_the_page(project: Project, written: Written) -> None:
    data = written(project, problems=["unifapi: the balance ran out"])

    assert "Problem of the last run: unifapi: the balance ran out" in said(data)


def test_old_numbers_are_called_old(project: Project) -> None:
    report = write_report(project, clock=frozen_clock(datetime(2026, 11, 25)))

    assert any("5 days before this page was written" in notice["text"] for notice in report.notices)


@pytest.mark.parametrize(
    ("status", "shown", "text"),
    [
        ("fail", "fail", "This page shows the publication before it"),
        ("error", "fail", "This page shows the publication before it"),
        ("warn", "warn", "1 of dbt's models or tests warn"),
    ],
)
def test_dbt_s_results_are_on_the_page(
    status: str, shown: str, text: str, make_project: MakeProject, written: Written
) -> None:
    result = {"unique_id": "test.p.views_never_fall.1a", "status": status, "failures": 3, "message": "Got 3 results"}

    data = written(make_project(results=[result]))

    assert data["parts"]["tests"]["counts"][shown] == 1
    assert rows(data["parts"]["tests"]["results"])[0]["check"] == "views_never_fall"
    assert shown in levels(data)
    assert text in said(data)


@pytest.mark.parametrize("content", [None, "", "{}", '{"results": [{"status": "pass"}]}'])
def test_results_that_dbt_did_not_leave_are_a_warning(
    content: str | None, make_project: MakeProject, written: Written
) -> None:
    project = make_project(results=None)
    if content is not None:
        (project.dbt / "target").mkdir(parents=True)
        (project.dbt / "target" / "run_results.json").write_text(content, encoding="utf-8")

    data = written(project)

    assert data["parts"]["tests"] is None
    assert "these numbers are unchecked" in said(data)


def test_a_gain_spreads_over_the_days_since_the_last_snapshot_and_a_count_holds_until_the_next(
    make_project: MakeProject, written: Written
) -> None:
    project = make_project(hashtags=1, days=5)
    kept = "delete from reporting.rpt_hashtag_growth where snapshot_date not in ('2026-11-16', '2026-11-19')"
    numbers = (
        "update reporting.rpt_hashtag_growth set view_count = {}, view_gain_per_day = {}, days_since_previous = {}"
    )
    first = numbers.format(100, "null", "null") + " where snapshot_date = '2026-11-16'"
    change(project, kept, numbers.format(130, 10, 3), first)

    totals = rows(written(project)["parts"]["growth"]["totals"])

    assert [(row["snapshot_date"], row["view_count"], row["view_gain"]) for row in totals] == [
        ("2026-11-16", 100, None),
        ("2026-11-17", 100, 10),
        ("2026-11-18", 100, 10),
        ("2026-11-19", 130, 10),
        ("2026-11-20", 130, None),
    ]


def test_rounded_counts_are_not_drawn_where_exact_ones_are_known(make_project: MakeProject, written: Written) -> None:
    project = make_project(hashtags=2, days=4)
    rounded = "update reporting.rpt_hashtag_growth set precision = 'rounded'"
    change(project, f"{rounded} where hashtag_key = 'tag0' and snapshot_date = '2026-11-18'")

    series = rows(written(project)["parts"]["growth"]["series"])

    days = [row["snapshot_date"] for row in series if row["hashtag_key"] == "tag0"]
    assert days == ["2026-11-17", "2026-11-19", "2026-11-20"]


def test_gains_of_exact_and_rounded_counts_of_one_hashtag_are_not_added(
    make_project: MakeProject, written: Written
) -> None:
    project = make_project(hashtags=1, days=5)
    numbers = "update reporting.rpt_hashtag_growth set view_gain_per_day = 100, days_since_previous = 2"
    rounded = "update reporting.rpt_hashtag_growth set gain_precision = 'rounded' where day(snapshot_date) % 2 = 1"
    change(project, numbers, rounded)

    totals = rows(written(project)["parts"]["growth"]["totals"])

    # Each exact gain covers the day before too, and so does each rounded one beside it.
    assert [row["view_gain"] for row in totals] == [100] * 5


def test_gains_of_rounded_counts_alone_are_gains(make_project: MakeProject, written: Written) -> None:
    project = make_project(hashtags=1, days=4)
    numbers = "update reporting.rpt_hashtag_growth set view_gain_per_day = 100, days_since_previous = 1"
    change(
        project,
        numbers,
        "update reporting.rpt_hashtag_growth set gain_precision = 'rounded' where day(snapshot_date) > 18",
    )

    totals = rows(written(project)["parts"]["growth"]["totals"])

    assert [row["view_gain"] for row in totals] == [100] * 4


def test_the_20_campaigns_of_the_most_viewed_hashtags_are_shown_whole(
    make_project: MakeProject, written: Written
) -> None:
    project = make_project(hashtags=2, days=2)
    more = (
        "insert into reporting.{0} by name"
        " select told.* replace ('c' || n as campaign) from reporting.{0} as told, range(400) as numbers (n)"
    )
    told = ("rpt_campaign_monitor", "rpt_competitor_monitor", "rpt_share_of_voice")
    number = "coalesce(try_cast(substr(campaign, 2) as int), -1)"
    views = f"update reporting.rpt_campaign_monitor set hashtag_view_count = {number}"  # noqa: S608
    change(project, *(more.format(name) for name in told), views)

    parts = written(project)["parts"]

    expected = {f"c{n}" for n in range(380, 400)}
    assert parts["campaigns"]["campaign_count"] == 401
    for found in (parts["campaigns"]["days"], parts["campaigns"]["cuts"], parts["voice"], parts["competitors"]):
        assert {row["campaign"] for row in rows(found)} == expected


def test_what_1000_observations_cost_leaves_out_those_without_a_price(
    make_project: MakeProject, written: Written
) -> None:
    project = make_project(days=2)
    change(
        project,
        "update reporting.rpt_data_cost set cost_usd = 3, new_observation_count = 1000",
        "update reporting.rpt_data_cost set cost_usd = null where snapshot_date = '2026-11-19'",
    )

    endpoints = rows(written(project)["parts"]["costs"]["endpoints"])

    assert {row["usd_per_1000_new_observations"] for row in endpoints} == {3}


def test_the_top_videos_are_the_300_with_most_views_at_their_latest_count(
    make_project: MakeProject, written: Written
) -> None:
    project = make_project(videos=400, days=3)

    videos = rows(written(project)["parts"]["videos"]["videos"])

    with duckdb.connect(project.publication, read_only=True) as connection:
        expected = connection.execute(
            "select video_id, view_count from marts.fct_video_stats_daily where snapshot_date = '2026-11-20' "
            "order by view_count desc, video_id limit 300"
        ).fetchall()
    assert [(video["video_id"], video["view_count"]) for video in videos] == expected


def test_an_unknown_comment_count_leaves_the_engagement_unknown(project: Project, written: Written) -> None:
    videos = rows(written(project)["parts"]["videos"]["videos"])

    unknown = [video for video in videos if video["comment_count"] is None]
    assert unknown
    assert {video["engagement_rate"] for video in unknown} == {None}


def test_a_missing_publication_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="nothing is published yet"):
        write_report(Project(tmp_path))


def test_a_publication_that_cannot_be_read_leaves_the_former_report(make_project: MakeProject) -> None:
    project = make_project()
    before = write_report(project).path.read_bytes()
    project.publication.write_bytes(b"not a database")

    with pytest.raises(ReportError, match="The former report stays"):
        write_report(project)

    assert project.report.read_bytes() == before
    assert list(project.report.parent.iterdir()) == [project.report]


def test_the_command_names_the_file_and_its_notices_as_json(make_project: MakeProject) -> None:
    project = make_project()

    result = CliRunner().invoke(main, ["-C", str(project.root), "report", "--json", "--now", "2026-11-20T06:20"])

    told = json.loads(result.stdout)
    assert (result.exit_code, told["report"], told["snapshot_date"]) == (0, "reports/index.html", "2026-11-20")
    assert [notice["level"] for notice in told["notices"]] == ["fail"]
    assert (project.root / told["report"]).stat().st_size == told["bytes"]
