"""Entries of a TOML file's lists put in and taken out as text, so that every other byte stays as it was.

A list is an array of tables (`[[hashtags]]`) or an inline array (`hashtags = [{...}]`). Comments directly above an
entry belong to it, and so do comments directly below it; what a blank line sets apart belongs to nobody. TOML
libraries write the whole file anew and move such comments.
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
# The blanks before what begins its line, and what may stand between a value and the end of its line.
_INDENT = re.compile(r"\n([ \t]*)\Z")
_REST_OF_LINE = re.compile(r"([ \t]*(?:#[^\r\n]*)?)(\r?\n)")
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}
_Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line: a value that goes over several lines is one."""

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


@dataclass(frozen=True, slots=True)
class _Array:
    """An inline array: where it opens and closes, its elements, and the commas between them."""

    opening: int
    closing: int
    elements: Sequence[tuple[int, int]]
    commas: Sequence[int]

    def comma_after(self, index: int) -> int | None:
        following = self.elements[index + 1][0] if index + 1 < len(self.elements) else self.closing
        return next((at for at in self.commas if self.elements[index][1] <= at < following), None)


def with_entry(text: str, name: str, values: Mapping[str, object]) -> str:
    """Return TOML text with one more entry behind the last of a list, or at the end where there is none."""
    array = _array(text, name)
    if array:
        return _edited(text, _element_put_in(text, array, inline_table(values)))
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
    array = _array(text, name)
    if array:
        return _edited(text, _element_taken_out(text, array, index))
    lines = list(_lines(text))
    first, last = _blocks(lines, name)[index]
    if first and lines[first - 1].is_blank:
        first -= 1
    elif not first and last < len(lines) and lines[last].is_blank:
        last += 1
    return text[: lines[first].start] + text[lines[last - 1].end :]


def inline_table(values: Mapping[str, object]) -> str:
    """Return values as an inline table."""
    return "{" + ", ".join(f"{key} = {_value(value)}" for key, value in values.items()) + "}"


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
    """Return the first line of each entry, and the one behind its last."""
    header = re.compile(rf"\[\[\s*([\"']?){re.escape(name)}\1\s*\]\]")
    headers = [index for index, line in enumerate(lines) if line.is_header] + [len(lines)]
    return [
        (_first(lines, at), _last(lines, at, following))
        for at, following in pairwise(headers)
        if header.match(lines[at].text)
    ]


def _first(lines: Sequence[_Line], header: int) -> int:
    """Return the first of the comments directly above; one that begins the file speaks of the whole file."""
    above = len(list(takewhile(lambda line: line.is_comment, reversed(lines[:header]))))
    return header - above if above < header else header


def _last(lines: Sequence[_Line], header: int, following: int) -> int:
    pairs = [index for index in range(header, following) if not (lines[index].is_blank or lines[index].is_comment)]
    behind = pairs[-1] + 1
    below = len(list(takewhile(lambda line: line.is_comment, lines[behind:following])))
    return behind if behind + below == following < len(lines) else behind + below


def _array(text: str, name: str) -> _Array | None:
    """Return the inline array of a name at the top of the file."""
    pair = re.compile(rf"([\"']?){re.escape(name)}\1\s*=\s*\[")
    for line in takewhile(lambda line: not line.is_header, _lines(text)):
        if pair.match(line.text):
            return _parsed(text, line)
    return None


def _parsed(text: str, line: _Line) -> _Array:
    depth = start = opening = closing = 0
    elements, commas = [], []
    for token in _TOKEN.finditer(text, line.start, line.end):
        before, depth = depth, depth + _DEPTH.get(token[0], 0)
        if (before, depth) == (0, 1):
            opening = token.start()
        elif (before, depth) == (1, 2):
            start = token.start()
        elif (before, depth) == (2, 1):
            elements.append((start, token.end()))
        elif (before, depth) == (1, 0):
            closing = token.start()
        elif token[0] == "," and depth == 1:
            commas.append(token.start())
    return _Array(opening, closing, elements, commas)


def _element_put_in(text: str, array: _Array, element: str) -> list[_Edit]:
    if not array.elements:
        return [(array.opening + 1, array.opening + 1, element)]
    start, end = array.elements[-1]
    comma = array.comma_after(len(array.elements) - 1)
    missing = [] if comma is not None else [(end, end, ",")]
    behind, closing = (end, "") if comma is None else (comma + 1, ",")
    indent = _INDENT.search(text[:start])
    rest = _REST_OF_LINE.match(text, behind)
    if indent and rest:
        return [*missing, (rest.end(1), rest.end(1), f"{rest[2]}{indent[1]}{element}{closing}")]
    return [*missing, (behind, behind, f" {element}{closing}")]


def _element_taken_out(text: str, array: _Array, index: int) -> list[_Edit]:
    start, end = array.elements[index]
    comma = array.comma_after(index)
    earlier = array.comma_after(index - 1) if index and comma is None else None
    missing = [] if earlier is None else [(earlier, earlier + 1, "")]
    behind = end if comma is None else comma + 1
    blanks = len(text[:start]) - len(text[:start].rstrip(" \t"))
    rest = _REST_OF_LINE.match(text, behind)
    if rest and _INDENT.search(text[:start]):
        return [*missing, (start - blanks, rest.end(), "")]
    if blanks or comma is None:
        return [*missing, (start - blanks, behind, "")]
    return [(start, len(text) - len(text[behind:].lstrip(" \t")), "")]


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text
