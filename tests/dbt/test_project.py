"""What the dbt project says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.clients.yaml_helper import load_yaml_text
from dbt.contracts.project import ProjectFlags

PROJECT = Path(__file__).parents[2] / "dbt_project"


def test_every_behaviour_change_that_dbt_knows_is_on() -> None:
    project: dict[str, Any] = load_yaml_text((PROJECT / "dbt_project.yml").read_text(encoding="utf-8")) or {}

    known = {*ProjectFlags().project_only_flags, "require_event_names_in_deprecations"}

    assert {name for name in known if project["flags"].get(name) is not True} == set()
