"""Dataset files: found by path, folder or glob, identified by content, read a page of items at a time."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any, cast

import fsspec
import msgspec
import pyarrow as pa
from fsspec.core import url_to_fs

from tiktok_hashtags.errors import AuthError, BodyError, ConfigError, NetworkError, RequestError
from tiktok_hashtags.extract import Page, item_ids
from tiktok_hashtags.providers._dataset_items import items_of
from tiktok_hashtags.redaction import is_http, redact_url, register_secrets_of

SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
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
    """The files of a dataset, and the errors of the places (a file, or the whole dataset) that cannot be read."""

    files: list[DatasetFile] = field(default_factory=list)
    unread: dict[str, RequestError] = field(default_factory=dict)


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
        filesystem, root = url_to_fs(path)
        names = _matching(filesystem, root) if _is_glob(path) else _below(filesystem, root)
    except (FileNotFoundError, NotADirectoryError, ImportError, ValueError) as error:  # no driver, no such protocol
        raise ConfigError(f"dataset {redact_url(path)}: cannot be read: {_message(error, path)}") from error
    except Exception as error:  # noqa: BLE001  # a driver can raise any error
        return Found(unread={path: _unread(path, error)})
    if not names and not _is_glob(path):
        raise ConfigError(f"dataset {redact_url(path)}: there is no {' or '.join(SUFFIXES)} file here")
    found = Found()
    for name in sorted(names):
        try:
            found.files.append(_file(filesystem, name, captured_at, now))
        except Exception as error:  # noqa: BLE001  # as above
            found.unread[name] = _unread(name, error)
    return found


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


def _is_glob(path: str) -> bool:
    if is_http(path):
        return any(char in re.sub(r"://[^/]*", "", path.partition("?")[0]) for char in "*[")
    return any(char in path for char in "*?[")


def _matching(filesystem: fsspec.AbstractFileSystem, pattern: str) -> list[str]:
    # A glob skips folders that cannot be listed, so the folder is listed first, which raises the failure.
    _listed(filesystem, re.split(r"[*?[]", pattern, maxsplit=1)[0].rpartition("/")[0] or "/")
    return [str(name) for name in filesystem.glob(pattern) if str(name).endswith(SUFFIXES)]


def _below(filesystem: fsspec.AbstractFileSystem, root: str) -> list[str]:
    try:
        is_folder = filesystem.info(root)["type"] == "directory"
    except FileNotFoundError as error:
        _check_is_gone(error)
        return []
    if not is_folder and not (is_http(root) and root.partition("?")[0].endswith("/")):
        return [root]
    _listed(filesystem, root)
    return [str(name) for name in filesystem.find(root) if str(name).endswith(SUFFIXES)]


def _listed(filesystem: fsspec.AbstractFileSystem, folder: str) -> None:
    try:
        filesystem.ls(folder, detail=False)
    except FileNotFoundError as error:
        _check_is_gone(error)


def _check_is_gone(error: FileNotFoundError) -> None:
    """Raise the cause of a "not found": over HTTP, fsspec reports every failure as a missing file."""
    cause = error.__cause__
    is_gone = isinstance(cause, (FileNotFoundError, StopIteration)) or _status(cause) in {404, 410}
    if cause is not None and not is_gone:
        raise cause


def _status(error: BaseException | None) -> int | None:
    """Return the HTTP status that a driver's error holds, if any."""
    return getattr(error, "status", None)


def _unread(path: str, error: Exception) -> RequestError:
    is_refused = isinstance(error, PermissionError) or _status(error) in {401, 403}
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
