"""The files that a dataset's path names, and the places that cannot be read."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from tests.fake_files import AwayFileSystem
from tests.providers.dataset_pages import ITEMS, NOW, found, items, lines, pages, unread

from tiktok_hashtags.errors import ConfigError, NetworkError
from tiktok_hashtags.providers._dataset_files import dataset_files
from tiktok_hashtags.redaction import redacted


def test_a_folder_is_searched_in_depth_and_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a.jsonl", "deep/c.jsonl.gz", "deep/d.json.gz", "notes.txt", "e.json.part", "f.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"[]")

    assert [file.name for file in found(tmp_path)] == ["a.jsonl", "b.json", "c.jsonl.gz", "d.json.gz"]


def test_a_glob_takes_what_it_matches_and_may_match_nothing(tmp_path: Path) -> None:
    for name in ("x1.json", "x2.jsonl", "y.json", "x3.txt"):
        (tmp_path / name).write_bytes(b"[]")

    assert [file.name for file in found(tmp_path / "x*")] == ["x1.json", "x2.jsonl"]
    assert found(tmp_path / "z*.json") == []


def test_a_relative_path_is_one_from_here(tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "a.json").write_bytes(b"[]")

    assert [file.name for file in found("captures/*.json")] == ["a.json"]


def test_any_url_that_fsspec_knows_is_read() -> None:
    with fsspec.open("memory://bucket/day/a.jsonl", "wb") as handle:
        handle.write(lines(ITEMS))

    [file] = found("memory://bucket/day/*.jsonl")

    assert [json.loads(bytes(item)) for page in pages(file) for item in page.items] == ITEMS


@pytest.mark.parametrize("path", ["missing.json", "missing/", "nosuchprotocol://bucket/a.json"])
def test_a_path_that_is_not_there_is_a_mistake_in_the_watchlist(path: str) -> None:
    with pytest.raises(ConfigError, match=f"^dataset {path}: "):
        found(path)


def test_a_folder_without_datasets_is_a_mistake_in_the_watchlist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no file here that ends in \.json, \.jsonl or \.ndjson, with"):
        found(tmp_path)


def test_a_file_that_cannot_be_opened_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "gone.json")
    (tmp_path / "b.json").write_bytes(b"[]")

    got = dataset_files(str(tmp_path), captured_at=None, now=NOW)

    assert [file.name for file in got.files] == ["b.json"]
    assert list(got.unread) == [str(tmp_path / "a.json")]


@pytest.mark.parametrize("protocol", ["away", "refused"])
@pytest.mark.parametrize("path", ["listing.json", "listing/", "listing/*.json"])
def test_a_server_that_is_away_is_no_mistake_in_the_watchlist_and_not_nothing(protocol: str, path: str) -> None:
    place = f"{protocol}://bucket/{path}"

    assert unread(place) == {place: f"NetworkError: dataset {place}: cannot be read: listing timed out"}


@pytest.mark.parametrize("path", ["day/", "day/*.json"])
def test_files_that_can_be_read_are_found_beside_one_that_cannot(path: str) -> None:
    got = dataset_files(f"away://bucket/{path}", captured_at=None, now=NOW)

    assert [file.name for file in got.files] == ["a.json"]
    assert [(place[-10:], type(error)) for place, error in got.unread.items()] == [("day/b.json", NetworkError)]


@pytest.mark.parametrize(
    "place",
    [
        "forbidden://bucket/listing.json",
        "unlisted://bucket/listing/",
        "unlisted://bucket/listing/*.json",
        "wrapping://bucket/403.json",
    ],
)
def test_a_place_that_may_not_be_read_is_for_a_person_to_look_at(place: str) -> None:
    [(_, said)] = unread(place).items()

    assert said.startswith(f"AuthError: dataset {place}: cannot be read")


def test_a_failure_that_its_driver_calls_a_missing_file_is_a_failure() -> None:
    place = "wrapping://bucket/503.json"

    assert unread(place) == {place: f"NetworkError: dataset {place}: cannot be read: status 503, url {place}"}
    with pytest.raises(ConfigError, match=r"404\.json: there is no"):
        unread("wrapping://bucket/404.json")


@pytest.mark.parametrize("path", ["captures/**.jsonl", "a.json/b.json", "a\0b.json"])
def test_a_path_that_cannot_be_one_is_a_mistake_in_the_watchlist(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("captures").mkdir()
    Path("a.json").write_bytes(b"[]")

    with pytest.raises(ConfigError):
        unread(path)


def test_a_name_in_another_encoding_is_read_and_shown(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/dej\xe0.json")).write_bytes(lines(ITEMS))

    assert [file.name for file in found(tmp_path)] == ["dej?.json"]
    assert items(tmp_path) == ITEMS


def test_a_file_missing_on_a_server_is_a_mistake_in_the_watchlist() -> None:
    with pytest.raises(ConfigError, match=r"^dataset away://bucket/gone\.json: there is no"):
        found("away://bucket/gone.json")


def test_a_server_that_goes_away_before_a_file_is_read_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[]")
    [file] = found(tmp_path / "a.json")

    with pytest.raises(NetworkError, match="scraper file: cannot be read: reading timed out"):
        pages(replace(file, filesystem=AwayFileSystem(), path="reading.json"))


def test_the_secrets_of_a_url_are_shown_nowhere_though_its_driver_repeats_it() -> None:
    [(_, said)] = unread("wrapping://me:p@ss@bucket/503.json").items()

    shown = "wrapping://bucket/503.json"
    assert said == f"NetworkError: dataset {shown}: cannot be read: status 503, url {shown}"


def test_a_password_in_a_url_is_removed_from_all_later_messages() -> None:
    unread("ftp://me:password-of-this-test@127.0.0.1:1/a.json")

    assert redacted("login as password-of-this-test") == "login as [key]"


def left_out(path: Path | str) -> str:
    found = dataset_files(str(path), captured_at=None, now=NOW).left_out
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["a.JSONL", "a.ndjson", "a.Json", "a.jsonl.zst", "a.NDJSON.GZ"])
def test_endings_are_known_in_any_case(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"[]")

    assert [file.name for file in found(tmp_path)] == [name]


@pytest.mark.parametrize(
    "name", ["50% off", "it's", "a?b", "x#y", "[draft]", "two words", "f\u00fcr \u65e5\u672c", "a*b", "{a,b}"]
)
def test_the_projects_own_folder_is_never_a_pattern(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name / "captures").mkdir(parents=True)
    (tmp_path / name / "captures" / "a.json").write_bytes(lines(ITEMS))
    monkeypatch.chdir(tmp_path / name)

    assert [file.name for file in found("captures/*.json")] == ["a.json"]
    assert [file.name for file in found("captures")] == ["a.json"]
    assert [file.name for file in found(tmp_path / name / "captures" / "a.json")] == ["a.json"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    (tmp_path / "a[1].json").write_bytes(b"[]")
    (tmp_path / "a1.json").write_bytes(b"[]")

    assert [file.name for file in found(tmp_path / "a[1].json")] == ["a[1].json"]


def test_a_glob_that_matches_nothing_is_told(tmp_path: Path) -> None:
    assert left_out(tmp_path / "*.jsonl").endswith(
        "*.jsonl matches no file, so nothing was read. Is the pattern right?"
    )


def test_what_is_no_file_is_left_out_by_name_and_never_opened(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[]")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.json"))
    (tmp_path / "device.json").symlink_to("/dev/zero")
    (tmp_path / "notes.txt").write_text("no dataset")

    for place in (tmp_path, tmp_path / "*"):
        assert [file.name for file in found(place)] == ["a.json"]
        said = left_out(place)
        for name, reason in {"pipe.jsonl": "a pipe", "socket.json": "a socket", "device.json": "a device"}.items():
            assert f"{name} ({reason})" in said
        assert "notes.txt (does not end in .json" in said
    assert "folder.json (a folder)" in left_out(tmp_path / "*")


@pytest.mark.parametrize("name", ["pipe.json", "device.json"])
def test_a_path_that_names_no_file_is_a_mistake_in_the_watchlist(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "device.json").symlink_to("/dev/zero")

    with pytest.raises(ConfigError, match=r"is a (pipe|device), not a file"):
        found(tmp_path / name)


def test_links_are_followed_only_inside_their_folder(tmp_path: Path) -> None:
    (tmp_path / "captures" / "deep").mkdir(parents=True)
    (tmp_path / "captures" / "deep" / "a.json").write_bytes(b"[]")
    (tmp_path / "captures" / "same.json").symlink_to(tmp_path / "captures" / "deep" / "a.json")
    (tmp_path / "secrets.json").write_text("[]")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "captures" / "out.json").symlink_to(tmp_path / "secrets.json")
    (tmp_path / "captures" / "away").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "captures" / "loop").symlink_to(tmp_path / "captures")

    assert sorted(file.name for file in found(tmp_path / "captures")) == ["a.json", "same.json"]
    said = left_out(tmp_path / "captures")
    assert f"out.json (a link to a file outside of {tmp_path / 'captures'})" in said
    assert "away (a folder)" in said
    assert [file.name for file in found(tmp_path / "captures" / "out.json")] == ["out.json"]
