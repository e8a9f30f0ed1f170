from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from tiktok_hashtags import providers
from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.jobs.init import write_project
from tiktok_hashtags.watchlist.model import read_watchlist


def test_a_new_project_has_a_watchlist_that_is_right_and_limits_what_a_run_spends(tmp_path: Path) -> None:
    write_project(tmp_path)

    watchlist = read_watchlist(tmp_path / "watchlist.toml", providers=providers.names())

    assert [hashtag.key for hashtag in watchlist.hashtags] == ["christmas"]
    assert watchlist.limits.max_usd_per_run == 2.0


def test_everything_that_is_commented_out_in_the_watchlist_is_right_too(tmp_path: Path) -> None:
    write_project(tmp_path)
    lines = (tmp_path / "watchlist.toml").read_text("utf-8").splitlines()[1:]
    (tmp_path / "watchlist.toml").write_text("\n".join(line.removeprefix("# ") for line in lines), "utf-8")

    watchlist = read_watchlist(tmp_path / "watchlist.toml", providers=providers.names())

    assert (len(watchlist.trends), len(watchlist.searches), len(watchlist.datasets)) == (1, 1, 1)
    assert watchlist.hashtags[0].campaigns == ("holiday-2026",)


def test_every_file_is_valid_and_named(tmp_path: Path) -> None:
    written = write_project(tmp_path / "new")

    names = {str(path.relative_to(tmp_path / "new")) for path in written}
    assert names == {"watchlist.toml", ".dlt/config.toml", ".dlt/secrets.toml", ".gitignore"}
    assert all(tomllib.loads(path.read_text("utf-8")) is not None for path in written if path.suffix == ".toml")


def test_nobody_else_can_read_the_secrets_and_git_ignores_them(tmp_path: Path) -> None:
    write_project(tmp_path)

    mode = stat.S_IMODE((tmp_path / ".dlt" / "secrets.toml").stat().st_mode)

    assert mode == 0o600
    assert ".dlt/secrets.toml" in (tmp_path / ".gitignore").read_text("utf-8").splitlines()


def test_a_project_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "watchlist.toml").write_text("mine", "utf-8")

    with pytest.raises(ConfigError, match="nothing was written"):
        write_project(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["watchlist.toml"]


def test_files_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine", "utf-8")

    written = write_project(tmp_path)

    assert (tmp_path / ".gitignore").read_text("utf-8") == "mine"
    assert tmp_path / ".gitignore" not in written


def test_a_folder_that_cannot_be_written_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be written"):
        write_project(tmp_path / "file")
