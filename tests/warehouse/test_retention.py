"""Which raw rows can go; that no mart changes is tested with whole runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.tables import watchlist_source
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.raw import RawLayer
from tiktok_hashtags.warehouse.retention import Tables
from tiktok_hashtags.watchlist.model import Hashtag, Watchlist

WATCHLIST = Watchlist(hashtags=(Hashtag(name="christmas"),))
NEVER_COMPLETED = "insert into raw.watchlist by name select * replace ('1.5' as _dlt_load_id) from raw.watchlist"
REJECTS = """
create table raw.rejects as
select unnest([date '2026-10-31', date '2026-11-01']) as snapshot_date, max(load_id) as _dlt_load_id
from raw._dlt_loads
"""


def test_rows_of_an_open_load_go_only_once_no_package_is_pending(tmp_path: Path, session: Session) -> None:
    project = Project(tmp_path / "project")
    layer = RawLayer(project)
    layer.load(watchlist_source(WATCHLIST, session))
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(NEVER_COMPLETED)

    layer.extract(watchlist_source(WATCHLIST, session))
    while_pending = Tables(layer, None).parts()
    layer.load_pending()
    afterwards = Tables(layer, None).parts()

    reason = "of a load that never completed"
    assert [part.name for part in while_pending if part.reason == reason] == []
    assert [(part.name, part.rows) for part in afterwards if part.reason == reason] == [("raw.watchlist", 1)]


def test_rejects_of_the_first_date_that_is_kept_stay(tmp_path: Path, session: Session) -> None:
    project = Project(tmp_path / "project")
    layer = RawLayer(project)
    layer.load(watchlist_source(WATCHLIST, session))
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(REJECTS)
    tables = Tables(layer, date(2026, 11, 1))

    tables.remove()

    with duckdb.connect(str(project.warehouse)) as connection:
        assert connection.execute("select snapshot_date from raw.rejects").fetchall() == [(date(2026, 11, 1),)]
