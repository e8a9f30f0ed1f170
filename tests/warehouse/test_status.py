from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tiktok_hashtags.errors import BusyError, ConfigError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.status import read_query, read_status, row_counts

WALKS = """
create schema raw;
create table raw.walks as
select *, started_at::date as snapshot_date, run_id || endpoint as walk_key from (values
    ('1.0', 'old', timestamp '2026-11-02 06:00', 'unifapi', 'videos', '#cat', 1, 20, 'network', 'reset', false, 20),
    ('2.0', 'new', timestamp '2026-11-02 06:00', 'unifapi', 'videos', '#cat', 2, 70, 'feed_end', null, true, 70),
    ('2.0', 'new', timestamp '2026-11-02 06:01', 'crawlora', 'trends', 'US', 1, 50, 'max_pages', null, false, 8)
) as walks (
    _dlt_load_id, run_id, started_at, provider, endpoint, target, pages, items, stop_reason, error, is_complete, credits
);
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.data.mkdir()
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(WALKS)
        connection.execute("create schema marts; create table marts.dim_hashtag as select * from range(3)")
    return project


def test_the_status_is_of_the_newest_run_and_of_two_at_one_time_of_that_loaded_last(project: Project) -> None:
    status = read_status(project)

    assert [(run["run_id"], run["walks"], run["incomplete_walks"], run["credits"]) for run in status["runs"]] == [
        ("new", 2, 1, 78),
        ("old", 1, 1, 20),
    ]
    assert [(walk["provider"], walk["target"], walk["stop_reason"]) for walk in status["incomplete_walks"]] == [
        ("crawlora", "US", "max_pages")
    ]
    assert status["tables"] == {"marts.dim_hashtag": 3}


def test_a_warehouse_without_runs_has_an_empty_status(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.data.mkdir()
    duckdb.connect(str(project.warehouse)).close()

    assert read_status(project) == {"runs": [], "incomplete_walks": [], "interrupted_walks": [], "tables": {}}


def test_only_marts_are_counted(project: Project) -> None:
    assert row_counts(project) == {"marts.dim_hashtag": 3}


def test_a_query_returns_columns_and_at_most_so_many_rows(project: Project) -> None:
    columns, rows = read_query(project, "select range as n, 'x' as x from marts.dim_hashtag order by n", limit=2)

    assert (columns, rows) == (["n", "x"], [(0, "x"), (1, "x")])


@pytest.mark.parametrize(
    "sql", ["drop table raw.walks", "create table t as select 1", "delete from raw.walks", "selec 1"]
)
def test_a_query_that_writes_or_is_wrong_is_refused(project: Project, sql: str) -> None:
    with pytest.raises(ConfigError, match=r"the query failed|Nothing was run"):
        read_query(project, sql, limit=1)

    assert read_status(project)["runs"]


def test_a_warehouse_that_is_being_written_is_reported_as_such(project: Project) -> None:
    with duckdb.connect(str(project.warehouse)), pytest.raises(BusyError, match="which may be a run"):
        row_counts(project)


def test_a_missing_warehouse_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`tiktags run` makes one"):
        read_query(Project(tmp_path), "select 1", limit=1)
