"""The items in a dataset file's bytes, one after the other, in bounded memory.

It reads JSON Lines, arrays, single objects, JSON text sequences (RFC 7464), and any sequence of these;
UTF-8, or UTF-16 and UTF-32 by their byte order mark or their NULs. If an object is not an item but an envelope, such as
a page of the app, it reads the items below its `ENVELOPES`.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import IO, Any, cast

import msgspec

from tiktok_hashtags.errors import BodyError
from tiktok_hashtags.extract import Refused
from tiktok_hashtags.fetch import UNREADABLE, decoder_of, prepare, sanitised

MAX_ITEM_BYTES = 32 << 20
CHUNK = 1 << 20
# Keys under which the app, the web and scrapers wrap their items.
ENVELOPES = frozenset(
    {
        *("data", "items", "item_list", "itemList", "aweme_list", "aweme_info", "aweme_detail", "itemInfo"),
        *("itemStruct", "result", "results", "response", "videos", "body", "list"),
    }
)
ITEM_KEYS = frozenset({"aweme_id"})
_MAX_DEPTH = 6
_MAX_NESTING = 1_000
_BETWEEN = re.compile(rb"[\s,\x1e]+")
# A whole string, a bracket, a quote without its end in the window, or a line's end before an object.
# (Possessive quantifiers: a text of megabytes would fill the memory with positions to backtrack to.)
_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|[{}\[\]"]|\n(?=\{)', re.DOTALL)
_SKIPPED = re.compile(rb'[{}\[\],]|[^"{}\[\],]++', re.DOTALL)
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\x1e\[\]{}]+")
_KEY = re.compile(rb'[\s,]*"((?:[^"\\\n]++|\\.)*+)"\s*:\s*')
_OPENERS = (b"[", b",", b":", b"{")
_BOMS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
         codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
# The positions of NULs in the first two characters, which are both ASCII (RFC 4627).
_NULS = {"\0\0\0x": "utf-32-be", "x\0\0\0": "utf-32-le", "\0x\0x": "utf-16-be", "x\0x\0": "utf-16-le"}

prepare(dict[str, msgspec.Raw], list[msgspec.Raw], msgspec.Raw)


def items_of(raw: IO[bytes], where: str) -> Iterator[bytes]:
    """Yield the items of a file, illegal code points replaced.

    An item over `MAX_ITEM_BYTES` is `Refused`; text that is not JSON is yielded as an item, for its decoder to reject.

    Raises:
        BodyError: The file does not begin with JSON, or it ends inside an array.
    """
    text = _Text(_utf8(raw, where))
    first = text.after_separators()
    if first and first not in b"{[" and not _is_json(text.line().strip(b" \t\r,\x1e")):
        raise BodyError(
            f"{where}: expected JSON items, found {_kind_of(first, text.line())}. No item of the file was loaded. "
            "Export it as JSON or JSON Lines."
        )
    try:
        while text.after_separators():
            if text.peek() == b"]":  # closes nothing
                yield text.take(1)
            yield from _value(text, where)
    except RecursionError as error:
        raise BodyError(f"{where}: an item is nested too deep. The items before it are loaded.") from error


def _kind_of(first: bytes, line: bytes) -> str:
    if first == b"<":
        return "an HTML or XML page"
    if line[:2] == b"PK":
        return "a zip archive, which must be unpacked first"
    return f"other text that begins with {line[:60].decode(errors='replace')!r}"


def _value(text: _Text, where: str, depth: int = 0) -> Iterator[bytes]:
    """Yield the items of the value at the text's position."""
    first = text.peek()
    if first == b"[":
        yield from _elements(text, where, depth)
    elif first == b"{":
        yield from _object(text, where, depth)
    elif first:
        size = text.scalar_size()
        # A number or a null is one item; any other line is one item too.
        is_line = text.is_line_start and not _is_json(text.line()[:size])
        yield sanitised(text.take(len(text.line()) if is_line else size))


def _elements(text: _Text, where: str, depth: int) -> Iterator[bytes]:
    """Yield the items of an array, and of the arrays in it."""
    nested = 0
    while first := text.after_separators():
        if first in b"[]":
            text.take(1)
            nested += 1 if first == b"[" else -1
            if nested == 0:
                return
            if nested > _MAX_DEPTH:
                raise BodyError(f"{where}: its arrays are nested too deep. The items before that are loaded.")
        else:
            yield from _value(text, where, depth)
    raise BodyError(f"{where}: the file ends inside an array; the items before its end are loaded. Export it again.")


def _object(text: _Text, where: str, depth: int) -> Iterator[bytes]:
    if text.is_line_start:
        line = text.line().rstrip(b" \t\r,\x1e")
        if line[-1:] == b"}" and _is_json(line):
            yield from _unwrapped(text.take(len(line)))
            return
    try:
        size = text.object_size()
    except _BrokenLineError as error:
        yield sanitised(text.take(error.size))
        return
    if size is None:
        yield from _members(text, where, depth)
    else:
        yield from _unwrapped(text.take(size))


def _unwrapped(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield the items inside an object or a list, or the object itself if it is not an envelope."""
    try:
        members: dict[str, msgspec.Raw] = decoder_of(dict[str, msgspec.Raw]).decode(content)
    except UNREADABLE:
        yield sanitised(content)
        return
    is_item = depth == _MAX_DEPTH or not ITEM_KEYS.isdisjoint(members)
    inner = [] if is_item else [bytes(value) for key, value in members.items() if key in ENVELOPES]
    inner = [value for value in inner if value[:1] in (b"[", b"{")]
    if not inner:
        yield sanitised(content)
        return
    for value in inner:
        parts = cast("list[bytes]", decoder_of(list[msgspec.Raw]).decode(value)) if value[:1] == b"[" else [value]
        for part in parts:
            yield from _unwrapped(bytes(part), depth + 1)


def _members(text: _Text, where: str, depth: int) -> Iterator[bytes]:
    """Yield the items in the envelopes of an object that is too long to be an item."""
    shown = text.take(1) + text.line()[:1000]
    is_envelope = False
    while (key := text.key()) is not None:
        if key in ENVELOPES and depth < _MAX_DEPTH and text.peek() in (b"[", b"{"):
            is_envelope = True
            yield from _value(text, where, depth + 1)
        else:
            text.skip_value()
    text.skip_end()
    if not is_envelope:
        yield Refused(shown, f"the item is over {MAX_ITEM_BYTES >> 20} MiB")


def _is_json(line: bytes) -> bool:
    try:
        decoder_of(msgspec.Raw).decode(line)
    except UNREADABLE:
        return False
    return True


def _utf8(raw: IO[bytes], where: str) -> io.BufferedReader:
    """Return the bytes as UTF-8 without a byte order mark."""
    source = cast("io.BufferedReader", raw if hasattr(raw, "peek") else io.BufferedReader(cast("Any", raw)))
    head = source.peek(4)[:4]
    if head.startswith(codecs.BOM_UTF8):
        source.read(3)
        return source
    pattern = "".join("\0" if byte == 0 else "x" for byte in head)
    encoding = next((name for bom, name in _BOMS.items() if head.startswith(bom)), _NULS.get(pattern))
    return io.BufferedReader(cast("Any", _Recoded(source, encoding, where))) if encoding else source


class _Recoded(io.RawIOBase):
    """A file in another encoding, as UTF-8."""

    def __init__(self, source: IO[bytes], encoding: str, where: str) -> None:
        self._source, self._where, self._encoding = source, where, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = self._source.read(CHUNK)
            try:
                self._rest = self._decoder.decode(chunk, final=not chunk).encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise BodyError(
                    f"{self._where}: not {self._encoding} text ({error.reason}). Export it again."
                ) from error
            if not chunk:
                break
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


class _BrokenLineError(Exception):
    """An object does not end; `size` is the length of its damaged line."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _Text:
    """The bytes of a file behind a window that grows only as far as one item."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._window, self._at, self._is_over = b"", 0, False
        self.is_line_start = True

    def peek(self) -> bytes:
        """Return the next byte; b"" at the end."""
        while self._at >= len(self._window) and self._more():
            pass
        return self._window[self._at : self._at + 1]

    def after_separators(self) -> bytes:
        """Skip the separators between values; return the next byte, or b"" at the end."""
        while found := _BETWEEN.match(self._window, self._at) if self.peek() else None:
            self._at = found.end()
            self.is_line_start = b"\n" in found[0]
        return self.peek()

    def line(self) -> bytes:
        """Return the rest of the line without moving, up to the size limit of an item."""
        end = self._window.find(b"\n", self._at)
        while end < 0 and len(self._window) - self._at < MAX_ITEM_BYTES and self._more():
            end = self._window.find(b"\n", self._at)
        return self._window[self._at : self._at + MAX_ITEM_BYTES if end < 0 else end]

    def scalar_size(self) -> int:
        """Return the length of a value that is neither object nor array."""
        found = _SCALAR.match(self._window, self._at)
        while found and found.end() == len(self._window) and found.end() - self._at < CHUNK and self._more():
            found = _SCALAR.match(self._window, self._at)
        return found.end() - self._at if found else 1

    def take(self, size: int) -> bytes:
        """Take this many bytes from the window."""
        taken = self._window[self._at : self._at + size]
        self._at += size
        self.is_line_start = False
        return taken

    def object_size(self) -> int | None:
        """Return the length of the object that begins here; None if it is over the limit.

        Raises:
            _BrokenLineError: It does not end.
        """
        depth, offset = 0, 0
        while True:
            found = _TOKEN.search(self._window, self._at + offset)
            if found is None or self._is_cut(found):
                offset = max((found.start() if found else len(self._window) - 1) - self._at, offset)
                if len(self._window) - self._at > MAX_ITEM_BYTES:
                    return None
                if not self._more():
                    raise _BrokenLineError(len(self.line()))
                continue
            token, offset = found[0], found.end() - self._at
            if token == b'"' or (token == b"\n" and self._ends_line(found.start())):
                raise _BrokenLineError(len(self.line()))
            depth += (token in b"{[") - (token in b"}]")
            if depth > _MAX_NESTING:
                raise _BrokenLineError(len(self.line()))
            if depth == 0 and token in b"}]":
                return offset

    def key(self) -> str | None:
        """Take the next key of the current object; None at its end."""
        while (found := _KEY.match(self._window, self._at)) is None:
            rest = self._window[self._at :].lstrip(b" \t\r\n,")
            if rest[:1] not in (b"", b'"') or len(rest) > CHUNK or not self._more():
                return None
        self._at = found.end()
        return found[1].decode(errors="replace")

    def skip_value(self) -> None:
        """Move behind the value that begins here, however long it is."""
        depth = 0
        while token := self.peek():
            if depth == 0 and token in b",}]":
                return
            if token == b'"':
                self._skip_string()
                continue
            found = _SKIPPED.match(self._window, self._at)
            self._at = found.end() if found else self._at + 1
            depth += (token in b"{[") - (token in b"}]")
            if depth > _MAX_NESTING:
                raise RecursionError

    def skip_end(self) -> None:
        """Move behind the bracket that closes an object."""
        while (byte := self.peek()) and byte != b"}":
            self._at += 1
        self._at += 1

    def _skip_string(self) -> None:
        self._at += 1
        while self.peek():
            found = _IN_STRING.match(self._window, self._at)
            self._at = found.end() if found else self._at
            if self._window[self._at : self._at + 1] == b'"':
                self._at += 1
                return
            if not self._more():  # a backslash at the window's end waits for the next character
                self._at = len(self._window)
                return

    def _is_cut(self, found: re.Match[bytes]) -> bool:
        """Return whether a quote's string may continue beyond the window."""
        return found[0] == b'"' and not self._is_over and b"\n" not in self._window[found.start() :]

    def _ends_line(self, at: int) -> bool:
        """Return whether a line's end cannot be inside an object."""
        return self._window[max(at - 64, self._at) : at].rstrip()[-1:] not in _OPENERS

    def _more(self) -> bool:
        """Read more, and drop the bytes that were taken."""
        if self._is_over:
            return False
        # One read of the available bytes, so a fault further on loses nothing before it.
        chunk = self._source.read1(max(CHUNK, len(self._window) - self._at))
        self._is_over = not chunk
        self._window, self._at = self._window[self._at :] + chunk, 0
        return bool(chunk)
