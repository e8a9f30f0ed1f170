"""Rows and pages that tests write into a journal, and a look at the file from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.journal_tables import RequestRow, StoredPage

AT = datetime(2026, 11, 1, 6)
PAGE = StoredPage(b'{"data": ["\xf0\x9f\x8e\x84"]}', AT, 50)


def row(number: int = 1, **given: object) -> RequestRow:
    usual = RequestRow(
        request_id=f"r{number}",
        run_id="run-1",
        snapshot_date=AT.date(),
        request_key="key",
        walk_key="walk",
        provider="unifapi",
        endpoint="videos",
        hashtag_key="cat",
        requested_at=AT,
        credits=50,
        cost_usd=None,
    )
    return replace(usual, **given)  # type: ignore[arg-type]  # the fields of RequestRow


def reserve(journal: Journal, row: RequestRow) -> RequestRow:
    """Reserve a request whose credits cost $0.001 each."""
    reserved, _ = journal.reserve(row, lambda _: row.credits * 0.001)
    return reserved


def store(journal: Journal, key: str, page: StoredPage = PAGE) -> None:
    journal.store(key, page, provider="unifapi", snapshot_date=date(2026, 11, 1), url="/x")


def on_disk(path: Path, query: str) -> list[tuple[object, ...]]:
    """Look from outside, as another process would after a crash."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()
