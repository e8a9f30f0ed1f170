from __future__ import annotations

import json
import math
from datetime import date
from decimal import Decimal

from tests.cli.screen import text_of

from tiktok_hashtags.cli.tables import rows_json, rows_table


def test_values_are_shown_as_they_are() -> None:
    table = rows_table(["caption", "n"], [("[bold]no markup[/bold]", 321857738740), (None, True)])

    text = text_of(table)

    assert "[bold]no markup[/bold]" in text
    assert "321,857,738,740" in text
    assert "–" in text
    assert "True" in text


def test_numbers_that_json_does_not_have_are_strings_however_deep() -> None:
    row = (math.nan, -math.inf, [{"x": math.inf}], {1: (date(2026, 11, 1), Decimal("1.50"))}, None, 2**63)

    told = rows_json(list("abcdef"), [row])

    expected = {"a": "NaN", "b": "-Infinity", "c": [{"x": "Infinity"}], "d": {"1": ["2026-11-01", "1.50"]}}
    assert json.loads(json.dumps(told, allow_nan=False))["rows"] == [{**expected, "e": None, "f": 2**63}]


def test_columns_of_the_same_name_are_numbered() -> None:
    told = rows_json(["n", "n", "n_2", "n"], [(1, 2, 3, 4)])

    assert told == {"columns": ["n", "n_3", "n_2", "n_4"], "rows": [{"n": 1, "n_3": 2, "n_2": 3, "n_4": 4}]}
