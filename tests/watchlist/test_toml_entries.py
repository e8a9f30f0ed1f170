"""Adding and removing entries changes nothing else in the file."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_hashtags.watchlist.toml_entries import is_written_as_tables, with_entry, without_entry

NEW = {"name": 'c "quoted" \\ \x7f', "max_videos": 5, "new_on_board": True, "campaigns": ["x", "y"]}
COMMENTED = """\
# What to track.

# The first.
[[hashtags]]
name = "a"   # in line
campaigns = [
  "x", # ]
]
# role = "own"

# About b.
[[ "hashtags" ]]
name = '''
[[hashtags]]
# b'''

# Nobody's.

# Limits.
[limits]
max_usd_per_run = 2.0
"""
LAYOUTS = {
    "commented": COMMENTED,
    "windows": COMMENTED.replace("\n", "\r\n"),
    "in two pieces": '[[hashtags]]\nname = "a"\n[limits]\nmax_usd_per_run = 2.0\n[[hashtags]]\nname = "b"\n',
    "next to the next header": '[[hashtags]]\nname = "a"\n# limits\n[limits]\n',
    "no list": "[limits]\nmax_usd_per_run = 2.0\n\n\n",
    "nothing": "",
}
ARRAYS = {
    "on one line": 'hashtags = [{name = "a"}, {name = "b"}]\n',
    "on lines": '# ours\nhashtags = [\n  {name = "a"}, # x\n  {name = "b"} # ]\n]\n[limits]\n',
    "a quoted key": '"hashtags" = []\n',
    "an escaped key": '"hash\\u0074ags" = [{name = "a"}, {name = "b"}]\n',
}
layouts = pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)

_words = st.text("abc #[]{}=,'\"", max_size=8)
_comments = _words.map(lambda word: f"# {word}\n")
_gaps = st.lists(st.just("\n") | _comments, max_size=3).map("".join)
_values = st.sampled_from(['"x"', "'#'", '"""\n[[hashtags]]\n#"""', "[ 1, # ]\n 2 ]", '{ a = "]" }', "1979-05-27"])
_pairs = st.lists(_values, max_size=3).map(lambda values: "".join(f"k{n} = {v} # [\n" for n, v in enumerate(values)))
_headers = st.sampled_from(["[[hashtags]]\n", "[[ hashtags ]]  # a\n", "[[trends]]\n"])
_tables = st.tuples(_headers, _pairs, _gaps).map("".join)
documents = st.tuples(_gaps, st.lists(_tables, max_size=5).map("".join)).map("".join)


def entries(text: str) -> list[object]:
    found: list[object] = tomllib.loads(text.replace("\r\n", "\n")).get("hashtags", [])
    return found


def is_one_piece(whole: str, part: str) -> bool:
    """Whether taking one piece out of the whole leaves the part."""
    at = next((i for i, (one, other) in enumerate(zip(whole, part, strict=False)) if one != other), len(part))
    return whole.endswith(part[at:])


@layouts
def test_tables_are_recognised_with_their_number(text: str) -> None:
    assert is_written_as_tables(text, "hashtags", count=len(entries(text)))
    assert not is_written_as_tables(text, "hashtags", count=len(entries(text)) + 1)


@pytest.mark.parametrize("text", ARRAYS.values(), ids=ARRAYS)
def test_an_array_behind_its_key_is_not_written_as_tables(text: str) -> None:
    assert not is_written_as_tables(text, "hashtags", count=len(entries(text)))
    assert is_written_as_tables(text, "trends", count=0)


@layouts
def test_a_new_entry_is_the_last_of_its_list(text: str) -> None:
    assert entries(with_entry(text, "hashtags", NEW)) == [*entries(text), NEW]


@layouts
def test_adding_and_removing_an_entry_restores_every_byte(text: str) -> None:
    added = with_entry(text, "hashtags", NEW)

    assert without_entry(added, "hashtags", len(entries(text))) == text


@layouts
def test_removing_an_entry_removes_no_other(text: str) -> None:
    for index, removed in enumerate(entries(text)):
        assert entries(without_entry(text, "hashtags", index)) == [e for e in entries(text) if e != removed]


@given(documents)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_an_entry_is_added_as_one_piece_beside_any_comments(text: str) -> None:
    after = with_entry(text, "hashtags", NEW)

    assert is_one_piece(after, text)
    assert entries(after) == [*entries(text), NEW]
    assert without_entry(after, "hashtags", len(entries(text))) == text


@given(documents)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_an_entry_is_removed_as_one_piece_beside_any_comments(text: str) -> None:
    for index in range(len(entries(text))):
        after = without_entry(text, "hashtags", index)

        assert is_one_piece(text, after)
        assert entries(after) == entries(text)[:index] + entries(text)[index + 1 :]
        assert tomllib.loads(after).get("trends", []) == tomllib.loads(text).get("trends", [])


def test_removing_an_entry_removes_only_the_comments_beside_it() -> None:
    after = without_entry(without_entry(COMMENTED, "hashtags", 1), "hashtags", 0)

    assert after == "# What to track.\n\n# Nobody's.\n\n# Limits.\n[limits]\nmax_usd_per_run = 2.0\n"


def test_a_comment_that_begins_the_file_stays() -> None:
    assert without_entry('# top\n[[hashtags]]\nname = "a"\n\n[limits]\n', "hashtags", 0) == "# top\n\n[limits]\n"


def test_a_new_entry_has_the_line_ends_of_the_file() -> None:
    after = with_entry(LAYOUTS["windows"], "hashtags", {"name": "c"})

    assert '\r\n\r\n[[hashtags]]\r\nname = "c"\r\n' in after
    assert "\n" not in after.replace("\r\n", "")
