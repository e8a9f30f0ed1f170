"""What the dbt project says of itself."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from dbt.clients.yaml_helper import load_yaml_text
from dbt.contracts.project import ProjectFlags

from tiktok_hashtags.providers import crawlora, tikliveapi, unifapi

PROJECT = Path(__file__).parents[2] / "dbt_project"


def test_every_behaviour_change_that_dbt_knows_is_on() -> None:
    project: dict[str, Any] = load_yaml_text((PROJECT / "dbt_project.yml").read_text(encoding="utf-8")) or {}

    known = {*ProjectFlags().project_only_flags, "require_event_names_in_deprecations"}

    assert {name for name in known if project["flags"].get(name) is not True} == set()


@pytest.mark.parametrize("module", [crawlora, tikliveapi, unifapi], ids=lambda module: str(module.NAME))
def test_the_marts_tell_the_prices_that_the_plans_charge(module: Any) -> None:
    with (PROJECT / "seeds" / "providers.csv").open(encoding="utf-8", newline="") as file:
        told = next(row for row in csv.DictReader(file) if row["provider"] == module.NAME)
    plans = module.PLANS.values()
    prices = [price for plan in plans for price in (plan.credit_usd, plan.overage_usd) if price]
    rates = [plan.requests_per_minute for plan in plans]

    assert told["lowest_credit_usd"] == (f"{min(prices):.7f}".rstrip("0") if prices else "")
    assert told["highest_credit_usd"] == (f"{max(prices):.7f}".rstrip("0") if prices else "")
    assert told["lowest_requests_per_minute"] == str(min(rates))
    assert told["highest_requests_per_minute"] == str(max(rates))
