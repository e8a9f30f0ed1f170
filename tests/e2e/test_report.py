"""The report of a real history: written by each run, made of what the run published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import duckdb

from .conftest import History, Site


def data_of(site: Site) -> dict[str, Any]:
    html = site.project.report.read_text("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_run_leaves_a_report_with_every_part_of_what_it_published(history: History) -> None:
    data = data_of(history.site)

    assert data["meta"]["snapshot_date"] == "2026-11-05"
    assert [name for name, part in data["parts"].items() if not part or "missing" in part] == []
    assert data["parts"]["tests"]["counts"]["fail"] == 0
    assert data["parts"]["tests"]["counts"]["pass"] > 50
    with duckdb.connect(history.site.project.publication, read_only=True) as connection:
        [(counted,)] = connection.execute("select count(*) from marts.dim_video").fetchall()
    assert data["parts"]["summary"]["counts"]["video_count"] == counted
    assert len(data["parts"]["growth"]["leaderboard"]["rows"]) == len(history.world.hashtags)


def test_a_run_whose_provider_fails_says_so_on_the_report(history: History, copy_of: Callable[[Site], Site]) -> None:
    site = copy_of(history.site)
    site.variables["SOURCES__UNIFAPI__API_KEY"] = "refused"

    outcome = site.run(5, transforms=True)

    assert outcome.exit_code == 6
    texts = [notice["text"] for notice in data_of(site)["notices"] if notice["level"] == "fail"]
    assert any("walks of 2026-11-06 are incomplete" in text for text in texts)
    assert any("unifapi" in text for text in texts)
