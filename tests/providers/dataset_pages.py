"""The files of a dataset and their pages, as tests read them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tiktok_hashtags.extract.paging import Page
from tiktok_hashtags.providers._dataset_files import DatasetFile, dataset_files, file_pages
from tiktok_hashtags.providers._scraper_wire import Reference

NOW = datetime(2026, 11, 1, 6)
ITEMS = [{"aweme_id": "1", "desc": "a"}, {"aweme_id": 2, "desc": "b"}, {"desc": "no id"}]


def found(path: Path | str, captured_at: datetime | None = None) -> list[DatasetFile]:
    got = dataset_files(str(path), captured_at=captured_at, now=NOW)
    assert got.unread == {}
    return got.files


def unread(path: Path | str) -> dict[str, str]:
    got = dataset_files(str(path), captured_at=None, now=NOW)
    return {place: f"{type(error).__name__}: {error}" for place, error in got.unread.items()}


def pages(file: DatasetFile, page_size: int = 500) -> list[Page]:
    return list(_until_the_end(file, page_size))


def _until_the_end(file: DatasetFile, page_size: int) -> list[Page]:
    got = []
    for page in file_pages(file, page_size=page_size, where="scraper file", reference=Reference):
        got.append(page)
        if not page.has_more:
            break
    return got


def items(path: Path, page_size: int = 500) -> list[Any]:
    [file] = found(path)
    return [json.loads(bytes(item)) for page in pages(file, page_size) for item in page.items]


def lines(values: list[Any], end: str = "\n") -> bytes:
    return "".join(json.dumps(value) + end for value in values).encode()
