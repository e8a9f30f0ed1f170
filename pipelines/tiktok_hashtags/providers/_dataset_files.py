"""Dataset files: found by path, folder or glob, identified by content, read a page of items at a time."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any, cast

import fsspec
import msgspec
import pyarrow as pa

from tiktok_hashtags.errors import AuthError, BodyError, ConfigError, NetworkError, RequestError
from tiktok_hashtags.extract import Page, item_ids
from tiktok_hashtags.providers._dataset_items import items_of
from tiktok_hashtags.providers._dataset_places import ENDINGS, Places, places_of, status_of
from tiktok_hashtags.redaction import redact_url, register_secrets_of

_SHOWN = 5
_CHUNK = 1 << 20
_PAGE_BYTES = 4 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """A file with its content hash and the UTC time at which its items were observed."""

    name: str
    path: str
    filesystem: fsspec.AbstractFileSystem
    content_hash: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a dataset, and what it names that is none.

    Args:
        files: The files.
        unread: The errors of the places (a file, or the whole dataset) that cannot be read.
        left_out: A sentence on what else the path names, or that it names nothing.
    """

    files: list[DatasetFile] = field(default_factory=list)
    unread: dict[str, RequestError] = field(default_factory=dict)
    left_out: str | None = None


def dataset_files(path: str, *, captured_at: datetime | None, now: datetime) -> Found:
    """Return the dataset files at a path, folder or glob, in order of their names.

    Args:
        path: Local or any fsspec URL.
        captured_at: When the items were captured; by default each file's modification time, but never after `now`.
        now: The run's time, UTC and naive.

    Raises:
        ConfigError: A path without wildcards does not exist or contains no dataset, or a pattern is wrong.
    """
    register_secrets_of(path)
    try:
        places = places_of(path)
    except (FileNotFoundError, NotADirectoryError, ImportError, ValueError) as error:  # no driver, no such protocol
        raise ConfigError(f"dataset {redact_url(path)}: cannot be read: {_message(error, path)}") from error
    except Exception as error:  # noqa: BLE001  # a driver can raise any error
        return Found(unread={path: _unread(path, error)})
    if not places.files and not places.is_pattern:
        raise ConfigError(f"dataset {redact_url(path)}: there is no file here that ends in {ENDINGS}")
    found = Found(left_out=_left_out(path, places))
    for name in places.files:
        try:
            found.files.append(_file(places.filesystem, name, captured_at, now))
        except Exception as error:  # noqa: BLE001  # as above
            found.unread[name] = _unread(name, error)
    return found


def _left_out(path: str, places: Places) -> str | None:
    """Return a sentence on what a path names beside datasets; None where that is nothing."""
    shown = redact_url(path)
    if not places.files and not places.left_out:
        return f"{shown} matches no file, so nothing was read. Is the pattern right?"
    if not places.left_out:
        return None
    named = [f"{PurePosixPath(redact_url(name)).name} ({why})" for name, why in sorted(places.left_out.items())]
    more = f", and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return f"{shown} names what is no dataset, which was left out: {', '.join(named[:_SHOWN])}{more}."


def file_pages(file: DatasetFile, *, page_size: int, where: str, reference: type[msgspec.Struct]) -> Iterator[Page]:
    """Yield pages of a file's items, the last one with `has_more` false.

    Raises:
        BodyError: The file does not contain JSON, ends inside an array, or its compressed stream is broken.
        NetworkError: The file could not be read.
    """
    chunks = _chunks(_items(file, where), page_size)
    chunk = next(chunks, [])
    for number in itertools.count(1):
        following = next(chunks, [])
        yield Page(
            items=chunk,
            ids=item_ids(chunk, reference),
            cursor=str(number),
            has_more=bool(following),
            request_key=hashlib.blake2b(f"{file.content_hash} {number}".encode(), digest_size=16).hexdigest(),
            observed_at=file.observed_at,
        )
        chunk = following


def _chunks(items: Iterator[bytes], page_size: int) -> Iterator[list[bytes]]:
    """Yield the items in lists of at most `page_size`, shorter where they are large."""
    chunk: list[bytes] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item)
        if len(chunk) >= page_size or size >= _PAGE_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _unread(path: str, error: Exception) -> RequestError:
    is_refused = isinstance(error, PermissionError) or status_of(error) in {401, 403}
    kind = AuthError if is_refused else NetworkError
    return kind(f"dataset {redact_url(path)}: cannot be read: {_message(error, path)}")


def _message(error: Exception, path: str) -> str:
    return str(error).replace(path, redact_url(path))


def _file(filesystem: fsspec.AbstractFileSystem, path: str, captured_at: datetime | None, now: datetime) -> DatasetFile:
    digest = hashlib.blake2b(digest_size=16)
    with filesystem.open(path, "rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    observed_at = _naive(captured_at) if captured_at else min(_modified_at(filesystem, path) or now, now)
    return DatasetFile(PurePosixPath(redact_url(path)).name, path, filesystem, digest.hexdigest(), observed_at)


def _modified_at(filesystem: fsspec.AbstractFileSystem, path: str) -> datetime | None:
    try:
        return _naive(filesystem.modified(path))
    except NotImplementedError:
        return None


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


class _Source(io.RawIOBase):
    """A file whose driver's errors are raised as a NetworkError."""

    def __init__(self, raw: Any, where: str) -> None:
        self._raw = raw
        self._where = where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def readall(self) -> bytes:
        return self._read(-1)

    def _read(self, size: int) -> bytes:
        try:
            return cast(bytes, self._raw.read(size))
        except Exception as error:
            raise NetworkError(f"{self._where}: cannot be read: {error}") from error


def _items(file: DatasetFile, where: str) -> Iterator[bytes]:
    try:
        raw = file.filesystem.open(file.path, "rb")
    except Exception as error:
        raise NetworkError(f"{where}: cannot be read: {error}") from error
    try:
        with raw:
            yield from items_of(_plain(io.BufferedReader(_Source(raw, where), _CHUNK)), where)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BodyError(f"{where}: the compressed stream is broken: {error}") from error
    except OSError as error:
        raise NetworkError(f"{where}: cannot be read: {error}") from error


def _plain(source: io.BufferedReader) -> IO[bytes]:
    """Return the file's bytes, decompressed according to its first bytes."""
    magic = source.peek(4)[:4]
    if magic[:2] == b"\x1f\x8b":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=source))
    if magic == _ZSTD:
        return io.BufferedReader(cast(Any, _Zstd(source)))
    return source


class _Zstd(io.RawIOBase):
    """A zstd stream, decompressed piece by piece."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._stream = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._stream.read(len(buffer))
        except (OSError, pa.ArrowException) as error:
            raise EOFError(str(error)) from error
        buffer[: len(chunk)] = chunk
        return len(chunk)
