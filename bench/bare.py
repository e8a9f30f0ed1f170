"""The bare reference: every page into a file with async httpx, then DuckDB's `read_json` into one table.

No journal, no limits, no typed errors, no lineage: what the same bytes cost where nothing is promised.
`python bench/bare.py URL HASHTAGS PAGES FOLDER` leaves `FOLDER/warehouse.duckdb` with a table `videos`.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import duckdb
import httpx
from videos import PAGE_ITEMS, Feeds

CONCURRENCY = 20
_NEXT_CURSOR = re.compile(rb'"next_cursor":"(\d+)"')


async def walk(client: httpx.AsyncClient, free: asyncio.Semaphore, hashtag_id: str, folder: Path) -> None:
    """Write one feed into files, a page each."""
    params = {"limit": str(PAGE_ITEMS)}
    async with free:
        for number in range(sys.maxsize):
            response = await client.get(f"/tiktok/hashtags/{hashtag_id}/videos", params=params)
            response.raise_for_status()
            (folder / f"{hashtag_id}-{number}.json").write_bytes(response.content)
            found = _NEXT_CURSOR.search(response.content, len(response.content) - 400)
            if not found:
                return
            params["cursor"] = found[1].decode()


async def fetch(url: str, hashtag_ids: list[str], folder: Path) -> None:
    """Write all feeds into files, as many at a time as `tiktags run` walks."""
    free = asyncio.Semaphore(CONCURRENCY)
    async with httpx.AsyncClient(base_url=url, headers={"authorization": "Bearer bench"}, trust_env=False) as client:
        await asyncio.gather(*(walk(client, free, hashtag_id, folder) for hashtag_id in hashtag_ids))


def load(folder: Path, warehouse: Path) -> None:
    """Read the files into one table."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table videos as select unnest(data, max_depth := 2) from read_json(?)", [f"{folder}/*.json"]
        )


if __name__ == "__main__":
    target = Path(sys.argv[4])
    pages = target / "pages"
    pages.mkdir()
    asyncio.run(fetch(sys.argv[1], Feeds(int(sys.argv[2]), int(sys.argv[3])).hashtag_ids(), pages))
    load(pages, target / "warehouse.duckdb")
