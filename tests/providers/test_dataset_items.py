"""Whatever form a dataset file has, each of its items comes once, and no file takes more memory than one item."""

from __future__ import annotations

import gzip
import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_hashtags.errors import BodyError
from tiktok_hashtags.extract import Refused
from tiktok_hashtags.providers import _dataset_items
from tiktok_hashtags.providers._dataset_items import items_of

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"aweme_id": st.integers(1, 10**18).map(str), "desc": TEXT, "statistics": st.just({"n": [1]})}
    ),
    min_size=1,
    max_size=6,
)
ENVELOPES: dict[str, Callable[[list[dict[str, object]]], object]] = {
    "none": lambda items: items,
    "data": lambda items: {"data": items},
    "page of the app": lambda items: {"status_code": 0, "aweme_list": items, "has_more": 1, "cursor": "20"},
    "search": lambda items: {"data": [{"type": 1, "aweme_info": item} for item in items], "extra": {"now": 1}},
    "two levels": lambda items: {"code": 200, "response": {"data": {"items": items}}},
}
FIRST, LAST = '{"aweme_id": "1"}', '{"aweme_id": "3"}'
ENDINGS = ("\n", "\r\n", ",\n", "\n\n", ", \r\n", "\n\x1e")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")


def read(content: bytes) -> list[object]:
    return [json.loads(item) for item in items_of(io.BytesIO(content), "file")]


@settings(deadline=None)
@given(
    items=ITEMS,
    envelope=st.sampled_from(sorted(ENVELOPES)),
    indent=st.sampled_from([None, 0, 2]),
    encoding=st.sampled_from(ENCODINGS),
)
def test_the_items_of_one_document_come_in_order(
    items: list[dict[str, object]], envelope: str, indent: int | None, encoding: str
) -> None:
    document = json.dumps(ENVELOPES[envelope](items), indent=indent)

    assert read(document.encode(encoding)) == items


@settings(deadline=None)
@given(
    items=ITEMS,
    envelope=st.sampled_from(sorted(set(ENVELOPES))),
    ending=st.sampled_from(ENDINGS),
    encoding=st.sampled_from(ENCODINGS),
    is_ascii=st.booleans(),
)
def test_the_items_of_lines_come_in_order(
    items: list[dict[str, object]], envelope: str, ending: str, encoding: str, is_ascii: bool
) -> None:
    lines = [json.dumps(ENVELOPES[envelope]([item]), ensure_ascii=is_ascii) for item in items]

    assert read((ending.join(lines) + ending).encode(encoding, "surrogatepass")) == items


@settings(deadline=None)
@given(items=ITEMS, window=st.integers(1, 40))
def test_where_the_window_ends_makes_no_difference(items: list[dict[str, object]], window: int) -> None:
    content = json.dumps({"data": items}, indent=1).encode() + b"\n" + "\n".join(map(json.dumps, items)).encode()
    before, _dataset_items.CHUNK = _dataset_items.CHUNK, window
    try:
        found = read(content)
    finally:
        _dataset_items.CHUNK = before

    assert found == items + items


@given(items=ITEMS, at=st.integers(0, 5), cut=st.integers(1, 12))
def test_a_broken_line_costs_only_itself(items: list[dict[str, object]], at: int, cut: int) -> None:
    lines = [json.dumps(item, ensure_ascii=False).encode() for item in items]
    broken = lines[at % len(lines)][:-cut]

    found = list(items_of(io.BytesIO(b"\n".join([*lines, broken, *lines])), "file"))

    assert [json.loads(item) for item in found[: len(items)]] == items
    assert [json.loads(item) for item in found[-len(items) :]] == items
    assert b"".join(found[len(items) : -len(items)]).replace(b" ", b"") == broken.replace(b" ", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html><body>429</body></html>", "an HTML or XML page"),
        (b"PK\x03\x04\x14\x00\x00", "a zip archive"),
        (b"id,desc\n7,hello\n", "begins with 'id,desc'"),
        (b"Too many requests", "begins with 'Too many requests'"),
    ],
    ids=["html", "zip", "csv", "text"],
)
def test_a_file_of_another_kind_is_refused_by_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(BodyError, match="expected JSON items, found") as caught:
        read(content)

    assert said in str(caught.value)
    assert "No item of the file was loaded" in str(caught.value)


def test_an_empty_page_of_the_app_has_no_items() -> None:
    assert read(b'{"status_code": 0, "aweme_list": [], "has_more": 0}') == []


def test_an_object_without_an_envelope_is_an_item() -> None:
    assert read(b'{"aweme_id": "7", "data": [{"a": 1}]} null {"other": 1}') == [
        *({"aweme_id": "7", "data": [{"a": 1}]}, None, {"other": 1})
    ]


def test_an_item_over_the_limit_is_refused_and_the_file_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dataset_items, "MAX_ITEM_BYTES", 1 << 20)
    large = json.dumps({"aweme_id": "2", "desc": "x" * (3 << 20)})
    lines = f"{FIRST}\n{large}\n{LAST}"

    first, refused, last = items_of(io.BytesIO(lines.encode()), "file")

    assert (first, last) == (FIRST.encode(), LAST.encode())
    assert isinstance(refused, Refused)
    assert refused.reason == "the item is over 1 MiB"
    assert len(refused) < 2_000


def test_the_items_of_an_envelope_over_the_limit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dataset_items, "MAX_ITEM_BYTES", 1 << 20)
    items = [{"aweme_id": str(number), "desc": '"}]\\' + "x" * 10_000} for number in range(300)]
    page = {"note": {"data": 'x"]}' * 400_000}, "data": items, "cursor": 1, "aweme_list": []}

    assert read(json.dumps(page).encode()) == items


@pytest.mark.parametrize("form", ["a line", "spaces in an array", "a text", "deep", "many arrays"])
def test_no_file_takes_more_memory_than_a_few_items(tmp_path: Path, form: str) -> None:
    size = 300_000_000
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        begin, fill = {
            "a line": (b'{"aweme_id": "1", "desc": "', b"x"),
            "spaces in an array": (b"[", b" "),
            "a text": (b'"', b"x"),
            "deep": (b"", b'{"data":'),
            "many arrays": (b"", b"["),
        }[form]
        file.write(begin)
        for _ in range(size // 1_000_000):
            file.write(fill * (1_000_000 // len(fill)))
    script = """
import sys, gzip, resource
from tiktok_hashtags.errors import BodyError
from tiktok_hashtags.providers._dataset_items import items_of
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    sizes = [len(item) for item in items_of(gzip.open(sys.argv[1]), "file")]
except BodyError:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True, preexec_fn=_limit_memory
    )

    assert int(done.stdout) < 250_000


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (3 << 30, 3 << 30))


def test_zstd_is_read_like_gzip(tmp_path: Path) -> None:
    content = b'{"aweme_id": "1"}\n{"aweme_id": "2"}\n'
    with pa.CompressedOutputStream(str(tmp_path / "a.zst"), "zstd") as stream:
        stream.write(content)

    packed = pa.CompressedInputStream(pa.PythonFile((tmp_path / "a.zst").open("rb"), mode="r"), "zstd")

    assert packed.read() == content
