"""The arithmetic of single models: dbt's unit tests, which stand beside the models and do not run in users' builds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Raw


def test_every_unit_test_of_the_models_passes(dbt: Dbt, fresh: Callable[[], Raw]) -> None:
    fresh()
    dbt.build("--exclude-resource-type", "test")

    results = dbt.invoke("test", "--resource-type", "unit_test")

    failed = {result.node.name: result.message for result in results if result.status != "pass"}
    assert failed == {}
    assert len(results) >= 10
