from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fake_files import AwayFileSystem

from tiktok_hashtags.errors import BodyError, ConfigError, NetworkError, RequestError
from tiktok_hashtags.extract.paging import Page
from tiktok_hashtags.providers._dataset_files import DatasetFile, dataset_files, file_pages
from tiktok_hashtags.providers._scraper_wire import Reference
from tiktok_hashtags.redaction import redacted

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


FORMS: dict[str, Callable[[], bytes]] = {
    "a.json": lambda: json.dumps(ITEMS).encode(),
    "pretty.json": lambda: b"\n  " + json.dumps(ITEMS, indent=2).encode(),
    "a.jsonl": lambda: lines(ITEMS),
    "windows.jsonl": lambda: lines(ITEMS, "\r\n"),
    "gaps.jsonl": lambda: b"\n\n" + lines(ITEMS, "\n\n"),
    "no_end.jsonl": lambda: lines(ITEMS).rstrip(),
    "lines.json": lambda: lines(ITEMS),
    "array.jsonl": lambda: json.dumps(ITEMS).encode(),
    "bom.json": lambda: b"\xef\xbb\xbf" + json.dumps(ITEMS).encode(),
    "bom.jsonl": lambda: b"\xef\xbb\xbf" + lines(ITEMS),
    "a.json.gz": lambda: gzip.compress(json.dumps(ITEMS).encode()),
    "a.jsonl.gz": lambda: gzip.compress(lines(ITEMS)),
    "compressed.json": lambda: gzip.compress(json.dumps(ITEMS).encode()),
    "two_members.jsonl.gz": lambda: gzip.compress(lines(ITEMS[:1])) + gzip.compress(lines(ITEMS[1:])),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_read_whatever_its_form(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name]())

    assert items(tmp_path / name) == ITEMS


@pytest.mark.parametrize("name", ["empty.json", "empty.jsonl"])
def test_an_empty_file_is_one_empty_page(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")

    [file] = found(tmp_path / name)

    assert [(list(page.items), page.has_more) for page in pages(file)] == [([], False)]


def test_an_empty_array_is_one_empty_page(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b" [ ] ")

    assert items(tmp_path / "a.json") == []


@given(count=st.integers(0, 30), page_size=st.integers(1, 12))
def test_every_item_comes_once_for_any_page_size(
    tmp_path_factory: pytest.TempPathFactory, count: int, page_size: int
) -> None:
    path = tmp_path_factory.mktemp("pages") / "a.jsonl"
    path.write_bytes(lines([{"aweme_id": str(number)} for number in range(count)]))

    [file] = found(path)
    got = pages(file, page_size)

    assert [item_id for page in got for item_id in page.ids] == [str(number) for number in range(count)]
    assert [page.has_more for page in got] == [True] * (len(got) - 1) + [False]
    assert all(len(page.items) == page_size for page in got[:-1])


def test_pages_of_the_same_content_have_the_same_key_wherever_the_file_is(tmp_path: Path) -> None:
    for name in ("a.jsonl", "moved.jsonl"):
        (tmp_path / name).write_bytes(lines(ITEMS))
    (tmp_path / "other.jsonl").write_bytes(lines(ITEMS[:2]))

    keys = {file.name: [page.request_key for page in pages(file, 2)] for file in found(tmp_path)}

    assert keys["a.jsonl"] == keys["moved.jsonl"]
    assert len({*keys["a.jsonl"], *keys["other.jsonl"]}) == 3


def test_files_cost_nothing_and_are_cursored_by_page(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(ITEMS))

    [file] = found(tmp_path / "a.jsonl")

    assert [(page.cursor, page.credits, page.is_replayed) for page in pages(file, 2)] == [
        ("1", 0, False),
        ("2", 0, False),
    ]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(lines(ITEMS))[:-10],
        gzip.compress(lines(ITEMS))[:-4] + b"\x00\x00\x00\x00",
        gzip.compress(lines(ITEMS))[:20] + b"\xff" * 40,
    ],
    ids=["half", "length", "garbage"],
)
def test_a_broken_gzip_stream_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(content)

    [file] = found(tmp_path / "a.jsonl.gz")

    with pytest.raises(BodyError, match="scraper file: the compressed stream is broken"):
        pages(file)


def test_what_comes_before_a_break_is_not_lost(tmp_path: Path) -> None:
    many = [{"aweme_id": str(number), "desc": os.urandom(50).hex()} for number in range(2_000)]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines(many))[:-5_000])
    [file] = found(tmp_path / "a.jsonl.gz")
    got: list[Page] = []

    with pytest.raises(BodyError):
        got.extend(file_pages(file, page_size=100, where="scraper file", reference=Reference))
    walk = file_pages(file, page_size=100, where="scraper file", reference=Reference)
    first = next(walk)

    assert list(first.ids) == [str(number) for number in range(100)]
    assert first.has_more


@pytest.mark.parametrize("content", [b'[{"aweme_id": "1"}', b"[" * 200_000], ids=["half", "deep"])
def test_an_array_without_an_end_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    [file] = found(tmp_path / "a.json")

    with pytest.raises(
        BodyError, match=r"scraper file: (the file ends inside an array|its arrays are nested too deep)"
    ):
        pages(file)


def test_a_bad_line_is_left_to_whoever_decodes_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"aweme_id": "1"}\n{"aweme_id": "\xff"}\n<html>\n{"aweme_id": "2"}\n')
    [file] = found(tmp_path / "a.jsonl")

    [page] = pages(file)

    assert list(page.ids) == ["1", None, None, "2"]


@given(st.binary(max_size=60))
def test_no_content_raises_anything_but_the_typed_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("a.json", "a.json.gz"):
        (folder / name).write_bytes(content)

    for file in found(folder):
        try:
            got = pages(file, 3)
        except RequestError:
            continue
        assert not got[-1].has_more


def test_illegal_code_points_of_a_file_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(rb'[{"aweme_id": "1", "desc": "x\u0000\ud83d"}]')
    (tmp_path / "b.jsonl").write_bytes(rb'{"aweme_id": "1", "desc": "x\u0000\ud83d"}')

    assert items(tmp_path / "a.json") == items(tmp_path / "b.jsonl") == [{"aweme_id": "1", "desc": "x\ufffd\ufffd"}]


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
    with pytest.raises(ConfigError, match=r"there is no \.json or \.jsonl or \.json\.gz or \.jsonl\.gz file here"):
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


def test_a_file_that_is_gone_from_a_server_is_a_mistake_in_the_watchlist() -> None:
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


def test_a_password_in_a_url_is_taken_out_of_whatever_is_said_later() -> None:
    unread("ftp://me:password-of-this-test@127.0.0.1:1/a.json")

    assert redacted("login as password-of-this-test") == "login as [key]"


def test_a_file_that_goes_away_before_it_is_read_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[]")
    [file] = found(tmp_path / "a.json")
    (tmp_path / "a.json").unlink()

    with pytest.raises(RequestError, match="scraper file: cannot be read"):
        pages(file)


@pytest.mark.parametrize(
    ("modified", "captured_at", "observed_at"),
    [
        (datetime(2026, 10, 30, 12, tzinfo=UTC), None, datetime(2026, 10, 30, 12)),
        (datetime(2026, 12, 24, tzinfo=UTC), None, NOW),
        (datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 10, 1, 8), datetime(2026, 10, 1, 8)),
        (
            datetime(2026, 10, 30, tzinfo=UTC),
            datetime(2026, 10, 1, 8, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 10, 1, 6),
        ),
    ],
    ids=["modification time", "from the future", "captured_at", "captured_at with a zone"],
)
def test_items_were_observed_when_they_were_captured_or_else_when_the_file_was_written(
    tmp_path: Path, modified: datetime, captured_at: datetime | None, observed_at: datetime
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[]")
    os.utime(path, (modified.timestamp(), modified.timestamp()))

    [file] = found(path, captured_at)

    assert file.observed_at == observed_at
    assert [page.observed_at for page in pages(file)] == [observed_at]
