"""The DuckDB file: read within limits, deleted from as a whole, and compacted."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tiktok_hashtags.errors import LoadError, QueryError
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.base import Deletion
from tiktok_hashtags.warehouse.duckdb.database import DuckDbFile

ROWS = 200_000


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.data.mkdir()
    with duckdb.connect(project.warehouse) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.videos as select n, md5(n::text) as caption from range(200_000) as t (n)")
        connection.execute("create table raw.walks as select range as n from range(3)")
    return project


def count(project: Project, table: str) -> int:
    with duckdb.connect(project.warehouse, read_only=True) as connection:
        return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])  # noqa: S608  # our own names


def test_two_queries_are_read_side_by_side(project: Project) -> None:
    with DuckDbFile(project).read() as reader:
        videos = reader.rows("select n from raw.videos order by n")
        first = next(iter(videos))
        walks = list(reader.rows("select n from raw.walks where n > %s order by n", 0))

        assert (first, walks) == ((0,), [(1,), (2,)])
        assert sum(1 for _ in videos) == ROWS - 1


def test_a_reader_lists_the_columns_of_a_schema_in_order(project: Project) -> None:
    with DuckDbFile(project).read() as reader:
        assert reader.tables("raw") == {"videos": ["n", "caption"], "walks": ["n"]}
        assert reader.tables("marts") == {}


def test_a_reader_stays_within_its_memory(project: Project) -> None:
    hungry = "select count(*) from (select list(caption) as captions from raw.videos) where len(captions) > 1"
    with DuckDbFile(project).read(memory=5_000_000) as reader, pytest.raises(QueryError, match=r"memory|Memory"):
        list(reader.rows(hungry))
    with DuckDbFile(project).read() as reader:
        assert list(reader.rows(hungry)) == [(1,)]


def test_one_deletion_that_fails_undoes_the_others(project: Project) -> None:
    deletions = [Deletion("walks", "n = 1"), Deletion("nothing", "true")]

    with pytest.raises(LoadError, match="no rows were deleted"):
        DuckDbFile(project).delete(deletions)

    assert count(project, "raw.walks") == 3


def test_a_compacted_file_is_smaller_and_has_the_same_rows(project: Project) -> None:
    warehouse = DuckDbFile(project)
    left = project.warehouse.with_name(".warehouse.duckdb.0a1b2c3d.next")
    left.write_text("of a compaction that was killed")
    project.warehouse.chmod(0o600)
    warehouse.delete([Deletion("videos", "n % 10 > 0")])
    before = project.warehouse.stat()

    warehouse.compact()

    after = project.warehouse.stat()
    assert after.st_size < before.st_size / 2
    assert after.st_mode == before.st_mode
    assert (count(project, "raw.videos"), count(project, "raw.walks")) == (ROWS // 10, 3)
    assert list(project.data.iterdir()) == [project.warehouse]
