"""The same feeds through dlt's own `rest_api` source, with parquet.

`python bench/dlt_rest_api.py URL HASHTAGS PAGES FOLDER` leaves `FOLDER/warehouse.duckdb` with a table `raw.videos`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import dlt
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.typing import RESTAPIConfig
from videos import PAGE_ITEMS, Feeds


def config(url: str, hashtag_ids: list[str]) -> RESTAPIConfig:
    """Return a resource per feed, all into one table."""
    resources: list[dict[str, Any]] = [
        {
            "name": f"videos_{hashtag_id}",
            "table_name": "videos",
            "write_disposition": "append",
            "parallelized": True,
            "endpoint": {
                "path": f"tiktok/hashtags/{hashtag_id}/videos",
                "params": {"limit": PAGE_ITEMS},
                "data_selector": "data",
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "pagination.next_cursor",
                    "cursor_param": "cursor",
                },
            },
        }
        for hashtag_id in hashtag_ids
    ]
    client = {"base_url": url, "auth": {"type": "bearer", "token": "bench"}}
    return cast(RESTAPIConfig, {"client": client, "resources": resources})


if __name__ == "__main__":
    target = Path(sys.argv[4])
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.duckdb(str(target / "warehouse.duckdb")),
        dataset_name="raw",
        pipelines_dir=str(target / "dlt"),
    )
    source = rest_api_source(config(sys.argv[1], Feeds(int(sys.argv[2]), int(sys.argv[3])).hashtag_ids()))
    pipeline.run(source, loader_file_format="parquet")
