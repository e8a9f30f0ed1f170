"""Entries of a TOML file's arrays of tables (`[[hashtags]]`), added and removed as text; every other byte stays.

Comments directly above or below an entry belong to it; a blank line separates them from it. TOML libraries rewrite
the whole file and move such comments (DECISIONS.md, "Edit only watchlists that are written as tables").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""+'
    r"|'''.*?'''+"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{},\n]"
    r"|[^\"'\#\[\]{},\n]+"
    r"|.",
    re.DOTALL,
)
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line; a value that spans several lines is one."""

    start: int
    end: int
    text: str

    @property
    def is_blank(self) -> bool:
        return not self.text

    @property
    def is_comment(self) -> bool:
        return self.text.startswith("#")

    @property
    def is_header(self) -> bool:
        return self.text.startswith("[")


def is_written_as_tables(text: str, name: str, *, count: int) -> bool:
    """Whether TOML text writes a list as `count` tables, and not as an array after its key (`hashtags = [{...}]`)."""
    lines = list(_lines(text))
    key = re.compile(rf"([\"']?){re.escape(name)}\1\s*=")
    pairs = takewhile(lambda line: not line.is_header, lines)
    return len(_blocks(lines, name)) == count and not any(key.match(line.text) for line in pairs)


def with_entry(text: str, name: str, values: Mapping[str, object]) -> str:
    """Return TOML text with one more entry, after the last of its list, or at the end if there is none."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = list(_lines(text))
    blocks = _blocks(lines, name)
    filled = [line.end for line in lines if not line.is_blank]
    at = lines[blocks[-1][1] - 1].end if blocks else (filled[-1] if filled else len(text))
    pairs = [f"{key} = {_value(value)}" for key, value in values.items()]
    block = "".join(line + end for line in [f"[[{name}]]", *pairs])
    separation = "" if not at else end if text[:at].endswith("\n") else end * 2
    return text[:at] + separation + block + text[at:]


def without_entry(text: str, name: str, index: int) -> str:
    """Return TOML text without one entry of a list, and without the comments that belong to it."""
    lines = list(_lines(text))
    first, last = _blocks(lines, name)[index]
    if first and lines[first - 1].is_blank:
        first -= 1
    elif not first and last < len(lines) and lines[last].is_blank:
        last += 1
    return text[: lines[first].start] + text[lines[last - 1].end :]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_value, value))}]"
    escaped = re.sub(r'["\\]', r"\\\g<0>", str(value))
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda char: f"\\u{ord(char[0]):04x}", escaped) + '"'


def _lines(text: str) -> Iterator[_Line]:
    start = depth = 0
    for token in _TOKEN.finditer(text):
        depth += _DEPTH.get(token[0], 0)
        if token[0] == "\n" and depth == 0:
            yield _Line(start, token.end(), text[start : token.end()].strip("\ufeff \t\r\n"))
            start = token.end()
    if start < len(text):
        yield _Line(start, len(text), text[start:].strip("\ufeff \t\r\n"))


def _blocks(lines: Sequence[_Line], name: str) -> list[tuple[int, int]]:
    """Return the first line of each entry, and the line after its last."""
    header = re.compile(rf"\[\[\s*([\"']?){re.escape(name)}\1\s*\]\]")
    headers = [index for index, line in enumerate(lines) if line.is_header] + [len(lines)]
    return [
        (_first(lines, at), _last(lines, at, following))
        for at, following in pairwise(headers)
        if header.match(lines[at].text)
    ]


def _first(lines: Sequence[_Line], header: int) -> int:
    """Return the first of the comments directly above; a comment at the file's beginning belongs to the file."""
    above = len(list(takewhile(lambda line: line.is_comment, reversed(lines[:header]))))
    return header - above if above < header else header


def _last(lines: Sequence[_Line], header: int, following: int) -> int:
    pairs = [index for index in range(header, following) if not (lines[index].is_blank or lines[index].is_comment)]
    behind = pairs[-1] + 1
    below = len(list(takewhile(lambda line: line.is_comment, lines[behind:following])))
    return behind if behind + below == following < len(lines) else behind + below
