"""The dbt project's own files: flags, prices, and the length of its SQL."""

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
def test_the_seed_has_the_prices_that_the_plans_charge(module: Any) -> None:
    with (PROJECT / "seeds" / "providers.csv").open(encoding="utf-8", newline="") as file:
        seed = next(row for row in csv.DictReader(file) if row["provider"] == module.NAME)
    plans = module.PLANS.values()
    prices = [price for plan in plans for price in (plan.credit_usd, plan.overage_usd) if price]
    rates = [plan.requests_per_minute for plan in plans]

    assert seed["lowest_credit_usd"] == (f"{min(prices):.7f}".rstrip("0") if prices else "")
    assert seed["highest_credit_usd"] == (f"{max(prices):.7f}".rstrip("0") if prices else "")
    assert seed["lowest_requests_per_minute"] == str(min(rates))
    assert seed["highest_requests_per_minute"] == str(max(rates))


def test_no_sql_file_is_longer_than_160_lines() -> None:
    files = [path for folder in ("models", "macros", "tests") for path in (PROJECT / folder).rglob("*.sql")]

    assert len(files) > 80
    assert [path.name for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 160] == []


def test_every_model_outside_staging_has_a_yaml_file_of_its_own() -> None:
    models = [path for folder in ("intermediate", "marts") for path in (PROJECT / "models" / folder).rglob("*.sql")]

    assert len(models) > 45
    assert [path.name for path in models if not path.with_suffix(".yml").is_file()] == []
