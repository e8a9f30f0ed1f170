from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.dataset_pages import ITEMS, NOW, found, items, lines, pages

from tiktok_hashtags.errors import BodyError, RequestError
from tiktok_hashtags.extract.paging import Page
from tiktok_hashtags.providers._dataset_files import file_pages
from tiktok_hashtags.providers._scraper_wire import Reference

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
def test_a_file_is_read_in_every_form(tmp_path: Path, name: str) -> None:
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


def test_files_are_cursored_by_page(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(ITEMS))

    [file] = found(tmp_path / "a.jsonl")

    assert [(page.cursor, page.is_replayed) for page in pages(file, 2)] == [("1", False), ("2", False)]


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


def test_a_bad_line_is_left_to_the_decoder(tmp_path: Path) -> None:
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
