"""Only pages before the first date that is kept go."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime
from pathlib import Path

from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.journal_tables import StoredPage
from tiktok_hashtags.fetch.retention import Pages

OLD, FIRST_KEPT = date(2026, 10, 31), date(2026, 11, 1)


def test_pages_before_the_cutoff_go_and_those_of_its_date_stay(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(Journal(path)) as journal:
        for day in (OLD, FIRST_KEPT):
            page = StoredPage(b"{}", datetime(day.year, day.month, day.day), 1)
            journal.store(day.isoformat(), page, provider="unifapi", snapshot_date=day, url="/x")
    pages = Pages(path, FIRST_KEPT)

    [shown] = pages.parts()
    pages.remove()

    assert (shown.rows, shown.first_date, shown.last_date) == (1, OLD, OLD)
    with closing(Journal(path)) as journal:
        assert journal.page_dates(since=date.min) == [FIRST_KEPT]
