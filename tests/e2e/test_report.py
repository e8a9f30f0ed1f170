"""The report of a real history: written by each run, made of what the run published."""

from __future__ import annotations

import duckdb

from .conftest import History


def test_a_run_leaves_a_report_with_every_part_of_what_it_published(history: History) -> None:
    data = history.site.report()

    assert data["meta"]["snapshot_date"] == "2026-11-05"
    assert [name for name, part in data["parts"].items() if not part or "missing" in part] == []
    assert data["parts"]["tests"]["counts"]["fail"] == 0
    assert data["parts"]["tests"]["counts"]["pass"] > 50
    with duckdb.connect(history.site.project.publication, read_only=True) as connection:
        [(counted,)] = connection.execute("select count(*) from marts.dim_video").fetchall()
    assert data["parts"]["summary"]["counts"]["video_count"] == counted
    assert len(data["parts"]["growth"]["leaderboard"]["rows"]) == len(history.world.hashtags)
