"""The reliability of the page: coverage, freshness, agreement of the providers, and dbt's tests."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, Row, table

_COVERAGE_DAYS = """
select
    snapshot_date,
    sum(case when is_complete then 1 else 0 end) as complete_count,
    sum(case when is_complete then 0 else 1 end) as incomplete_count
from {reporting}.rpt_coverage
where snapshot_date > {day_31_before}
group by snapshot_date
order by snapshot_date
"""
_COVERAGE = """
select
    provider,
    endpoint,
    substr(target, 1, 120) as target,
    is_complete,
    stop_reason,
    reason,
    pages,
    items,
    credits,
    last_complete_date
from {reporting}.rpt_coverage
where snapshot_date = {day}
order by is_complete, provider, endpoint, target
limit {limit}
"""
_FRESHNESS = """
select provider, entity, observed_at, newest_snapshot_date, item_count_newest_date, age_days
from {reporting}.rpt_freshness
order by age_days desc nulls last, provider, entity
"""
_AGREEMENT = """
select
    hashtag_key,
    measure,
    provider,
    other_provider,
    value,
    other_value,
    difference,
    relative_difference,
    is_rounded
from {reporting}.rpt_provider_agreement
where snapshot_date = {day}
order by is_rounded, abs(relative_difference) desc nulls last, hashtag_key, measure, provider, other_provider
limit {limit}
"""
_STATUSES = {"pass": "pass", "success": "pass", "warn": "warn", "skipped": "warn"}
_STATUS_ORDER = ("fail", "warn", "pass")


def _coverage(marts: Marts) -> dict[str, Any]:
    return {
        "days": table(marts.rows(_COVERAGE_DAYS)),
        "walks": table(marts.rows(_COVERAGE, limit=400)),
    }


PARTS = {
    "coverage": Part(("rpt_coverage",), _coverage),
    "freshness": Part(("rpt_freshness",), lambda marts: table(marts.rows(_FRESHNESS))),
    "agreement": Part(("rpt_provider_agreement",), lambda marts: table(marts.rows(_AGREEMENT, limit=200))),
}


def dbt_results(run_results: Path) -> dict[str, Any] | None:
    """Return the results of dbt's last build, worst first: each model and test `pass`, `warn` or `fail`.

    Returns:
        None if dbt left no results, or no readable ones.
    """
    try:
        results = json.loads(run_results.read_text("utf-8"))["results"]
        rows = [_result(result) for result in results]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    rows.sort(key=lambda row: (_STATUS_ORDER.index(row["status"]), row["kind"] != "test", row["check"]))
    counts = {status: sum(row["status"] == status for row in rows) for status in _STATUS_ORDER}
    return {"counts": counts, "results": table(rows)}


def _result(result: dict[str, Any]) -> Row:
    kind, _, name = str(result["unique_id"]).split(".")[:3]
    status = _STATUSES.get(str(result["status"]), "fail")
    message = str(result.get("message") or "")
    return {
        "check": name,
        "kind": kind,
        "status": status,
        "failures": result.get("failures"),
        "detail": message[:300] if status != "pass" else "",
        "seconds": round(float(result.get("execution_time") or 0), 2),
    }


def notices(
    parts: dict[str, Any], *, latest: date | None, today: date, is_synthetic: bool, problems: list[str]
) -> list[dict[str, str]]:
    """Return the notices that a reader needs before the numbers, worst first.

    Args:
        parts: The page's data.
        latest: The newest snapshot date.
        today: The date of writing.
        is_synthetic: Whether the numbers are made up.
        problems: The failures of the run that wrote the report.
    """
    found = [*_synthetic(is_synthetic), *_failed(parts.get("tests")), *_incomplete(parts, latest)]
    found += [{"level": "fail", "text": f"Problem of the last run: {problem[:500]}"} for problem in problems[:5]]
    return [*found, *_short_history(parts, latest, today)]


def _synthetic(is_synthetic: bool) -> list[dict[str, str]]:  # noqa: FBT001  # its one argument is its name
    text = "Every name and number below is made up. With a key, `tiktags run` fetches real ones."
    return [{"level": "demo", "text": text}] if is_synthetic else []


def _failed(tests: dict[str, Any] | None) -> list[dict[str, str]]:
    if tests is None:
        return [{"level": "warn", "text": "dbt left no test results, so these numbers are unchecked."}]
    failed, warned = tests["counts"]["fail"], tests["counts"]["warn"]
    if failed:
        text = f"{failed} of dbt's models or tests failed in the last build. This page shows the publication before it."
        return [{"level": "fail", "text": text}]
    return [{"level": "warn", "text": f"{warned} of dbt's models or tests warn."}] if warned else []


def _incomplete(parts: dict[str, Any], latest: date | None) -> list[dict[str, str]]:
    days = parts["coverage"].get("days")
    if not days or not days["rows"] or latest is None:
        return []
    day, complete, incomplete = days["rows"][-1]
    if day != latest.isoformat() or not incomplete:
        return []
    walks = complete + incomplete
    text = f"{incomplete} of the {walks} walks of {day} are incomplete. Data health lists them with their reasons."
    return [{"level": "fail", "text": text}]


def _short_history(parts: dict[str, Any], latest: date | None, today: date) -> list[dict[str, str]]:
    if latest is None:
        text = "Nothing has been observed yet. `tiktags run` fetches the watchlist and fills this page."
        return [{"level": "info", "text": text}]
    found = []
    if (today - latest).days > 1:
        text = f"The newest numbers are of {latest}, {(today - latest).days} days before this page was written."
        found.append({"level": "warn", "text": text})
    if parts["summary"].get("counts", {}).get("date_count") == 1:
        text = "One day of history so far: growth, gains and rank moves start with the second day."
        found.append({"level": "info", "text": text})
    return found
