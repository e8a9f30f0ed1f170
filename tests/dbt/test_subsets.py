"""The project builds with whatever has been loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Raw

ONE_ROW: dict[str, tuple[str, dict[str, Any]]] = {
    "crawlora": ("crawlora_hashtags", {"challenge_info__challenge__id": "1"}),
    "tikliveapi": ("tikliveapi_hashtags", {"view_count": 1}),
    "unifapi": ("unifapi_videos", {"id": "v", "requested_hashtag": "a"}),
    "scraper": ("scraper_items", {"aweme_id": "v", "input_hashtag_key": "a"}),
}


def test_builds_on_a_warehouse_without_a_raw_schema(dbt: Dbt, fresh: Callable[[], Raw]) -> None:
    raw = fresh()

    dbt.build()

    marts = raw.marts()
    filled = {name for name, rows in marts.items() if rows}
    assert len(marts) == 35
    assert filled == {"marts.dim_country", "marts.dim_industry", "marts.dim_provider"}


@pytest.mark.parametrize("provider", sorted(ONE_ROW))
def test_builds_with_one_provider_alone(provider: str, dbt: Dbt, fresh: Callable[[], Raw]) -> None:
    raw = fresh()
    raw.create(provider)
    table, values = ONE_ROW[provider]
    row = {"request_key": "r", "position": 1, "hashtag_key": "a", **values}
    raw.add("1001", "2026-11-01", {table: [row]})

    dbt.build()

    assert raw.execute("select hashtag_key from marts.dim_hashtag") == [("a",)]


def test_a_raw_table_of_an_older_contract_reads_its_missing_columns_as_null(dbt: Dbt, fresh: Callable[[], Raw]) -> None:
    raw = fresh()
    raw.create("unifapi")
    raw.execute("alter table raw.unifapi_videos drop column is_image_post")
    raw.execute(
        "insert into raw.unifapi_videos (_dlt_load_id, snapshot_date, observed_at, request_key, position, id) "
        "values ('1001', '2026-11-01', '2026-11-01 08:00:00', 'r', 1, 'v')"
    )
    raw.complete("1001")

    dbt.build("--select", "+dim_video", "--exclude-resource-type", "test")

    assert raw.execute("select video_id, is_image_post from marts.dim_video") == [("v", None)]
