"""A file that is replaced is whole at every moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiktok_hashtags.project import replace, replace_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text("former")
    return path


def test_a_reader_keeps_the_former_file_and_the_next_one_gets_the_new(path: Path) -> None:
    with path.open() as reader:
        replace(path, lambda aside: aside.write_text("new"))

        assert reader.read() == "former"
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_the_mode_of_the_former_file_stays(path: Path) -> None:
    path.chmod(0o640)

    replace(path, lambda aside: aside.write_text("new"))

    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_was_not_there_is_made(path: Path) -> None:
    path.unlink()

    replace(path, lambda aside: aside.write_text("new"))

    assert path.read_text() == "new"


def test_a_write_that_fails_halfway_leaves_the_former_file_and_nothing_beside_it(path: Path) -> None:
    def write(aside: Path) -> None:
        aside.write_text("ne")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        replace(path, write)

    assert path.read_text() == "former"
    assert list(path.parent.iterdir()) == [path]


def test_two_that_replace_one_file_at_a_time_do_not_mix(path: Path) -> None:
    def write(aside: Path) -> None:
        replace(path, lambda other: other.write_text("of the second"))
        aside.write_text("of the first")

    replace(path, write)

    assert path.read_text() == "of the first"
    assert list(path.parent.iterdir()) == [path]


def test_no_file_is_moved_before_all_are_written(path: Path, tmp_path: Path) -> None:
    new, missing = tmp_path / "new", tmp_path / "missing"
    new.write_text("new")

    with pytest.raises(FileNotFoundError):
        replace_all({path: new, tmp_path / "other": missing})

    assert path.read_text() == "former"
