"""What the documents show: fenced blocks, and commands in blocks and in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
SCHEDULING = DOCS / "scheduling.md"
COMMANDS = DOCS / "commands.md"
DOCUMENTS = [README, *sorted(DOCS.rglob("*.md"))]
# Where the documents' project lies.
FOLDER = "/srv/hashtags"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A program that notes what it was started with, and ends with the exit code that it is told.
NOTING = '#!/bin/sh\necho "$(basename "$0") $*" >> "$NOTES"\nexit "${CODE:-0}"\n'
COMMAND = re.compile(r"(?:^|[\s\"`=/])tiktags((?: +(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'`|;&>#()]+))+)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; `language` is what stands behind its fence."""

    document: Path
    language: str
    text: str

    @property
    def name(self) -> str:
        """A short name for a test."""
        return f"{self.document.name} {self.text.strip().splitlines()[0][:40]}"

    @property
    def typed(self) -> str:
        """What a person types: the lines behind a prompt."""
        return "".join(f"{line[2:]}\n" for line in self.text.splitlines() if line.startswith("$ "))


def fenced(document: Path) -> Iterator[Block]:
    """The blocks of a document."""
    yield from (Block(document, *found.groups()) for found in FENCE.finditer(document.read_text("utf-8")))


BLOCKS = [block for document in DOCUMENTS for block in fenced(document)]


def only(document: Path, language: str, *, holding: str = "") -> Block:
    """The one block of a language in a document, with that text in it."""
    [block] = [b for b in fenced(document) if b.language == language and holding in b.text]
    return block


def lines(pattern: str, *languages: str) -> list[str]:
    """What a pattern's group finds in the lines of all blocks of some languages; something, or the pattern is wrong."""
    text = "".join(block.text for block in BLOCKS if block.language in languages)
    found = re.findall(pattern, text, re.MULTILINE)
    assert found, pattern
    return found


def of(*languages: str) -> pytest.MarkDecorator:
    """A test for each block of some languages."""
    found = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", found, ids=lambda block: block.name)


def prose(document: Path) -> str:
    """A document's text without its blocks."""
    return FENCE.sub("", document.read_text("utf-8"))


def shown(text: str) -> list[str]:
    """What stands behind `tiktags` wherever it is a command."""
    return [found[1].strip() for found in COMMAND.finditer(text)]


def inline(document: Path) -> list[str]:
    """What stands behind `tiktags` in a document's text, headings apart."""
    text = re.sub(r"^#+ .*$", "", prose(document), flags=re.MULTILINE)
    code = re.findall(r"`([^`\n]+)`", text)
    return [words for text in code if text.startswith("tiktags ") for words in shown(text)]
