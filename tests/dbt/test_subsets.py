"""The project builds with any subset of the raw tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dbt.conftest import Dbt, Raw


def test_builds_on_a_warehouse_without_a_raw_schema(dbt: Dbt, fresh: Callable[[], Raw]) -> None:
    raw = fresh()

    dbt.build()

    marts = raw.marts()
    filled = {name for name, rows in marts.items() if rows}
    assert len(marts) == 36
    assert filled == {"marts.dim_country", "marts.dim_industry", "marts.dim_provider"}


def test_builds_without_one_provider_and_without_a_column_of_another(dbt: Dbt, fresh: Callable[[], Raw]) -> None:
    raw = fresh()
    raw.create("tikliveapi", "unifapi", "scraper")
    raw.execute("alter table raw.unifapi_videos drop column is_image_post")
    place = {"request_key": "r", "position": 1}
    raw.add("1001", "2026-11-01", {"tikliveapi_hashtags": [place | {"hashtag_key": "a", "view_count": 1}]})
    raw.add("1002", "2026-11-01", {"scraper_items": [place | {"aweme_id": "v", "input_hashtag_key": "b"}]})
    raw.execute(
        "insert into raw.unifapi_videos (_dlt_load_id, snapshot_date, observed_at, request_key, position, id) "
        "values ('1003', '2026-11-01', '2026-11-01 08:00:00', 'r', 1, 'w')"
    )
    raw.complete("1003")

    dbt.build()

    assert raw.execute("select hashtag_key from marts.dim_hashtag order by 1") == [("a",), ("b",)]
    assert raw.execute("select video_id, is_image_post from marts.dim_video order by 1") == [("v", None), ("w", None)]
