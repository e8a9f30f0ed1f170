"""Dataset files: found by path, folder or glob, told apart by content, read a page of items at a time."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any, cast

import fsspec
import msgspec
from fsspec.core import url_to_fs

from tiktok_hashtags.errors import BodyError, ConfigError, NetworkError, RequestError
from tiktok_hashtags.walk import Page
from tiktok_hashtags.wire import item_ids, sanitised

SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """A file with its content hash and the UTC time at which its items were observed."""

    name: str
    path: str
    filesystem: fsspec.AbstractFileSystem
    content_hash: str
    observed_at: datetime


def dataset_files(path: str, *, captured_at: datetime | None, now: datetime) -> list[DatasetFile]:
    """Return the dataset files at a path, folder or glob, in order of their names.

    Args:
        path: Local or any fsspec URL.
        captured_at: When the items were captured; else each file's modification time, but never after `now`.
        now: The run's time, UTC and naive.

    Raises:
        ConfigError: A path without wildcards that is not there, or that has no dataset in it.
        NetworkError: The place could not be read, for instance because its server is away.
    """
    is_glob = any(char in path for char in "*?[")
    try:
        filesystem, root = url_to_fs(path)
        if is_glob:
            found = [name for name in filesystem.glob(root) if str(name).endswith(SUFFIXES)]
        elif filesystem.isdir(root):
            found = [name for name in filesystem.find(root) if str(name).endswith(SUFFIXES)]
        else:
            found = [root] if filesystem.exists(root) else []
        files = [_file(filesystem, str(name), captured_at, now) for name in sorted(found)]
    except (FileNotFoundError, ImportError, ValueError) as error:  # fsspec: gone, no driver, no such protocol
        raise ConfigError(f"dataset {path}: cannot be read: {error}") from error
    except Exception as error:  # a driver raises errors of its own
        raise NetworkError(f"dataset {path}: cannot be read: {error}") from error
    if not files and not is_glob:
        raise ConfigError(f"dataset {path}: there is no {' or '.join(SUFFIXES)} file here")
    return files


def file_pages(file: DatasetFile, *, page_size: int, where: str, reference: type[msgspec.Struct]) -> Iterator[Page]:
    """Yield pages of a file's items, the last one with `has_more` false.

    Raises:
        BodyError: The file is not a JSON array or JSON Lines, or its gzip stream is broken.
        NetworkError: The file could not be read.
    """
    items = _items(file, where)
    chunk = list(itertools.islice(items, page_size))
    for number in itertools.count(1):
        following = list(itertools.islice(items, page_size))
        yield Page(
            items=chunk,
            ids=item_ids(chunk, reference),
            cursor=str(number),
            has_more=bool(following),
            request_key=hashlib.blake2b(f"{file.content_hash} {number}".encode(), digest_size=16).hexdigest(),
            observed_at=file.observed_at,
        )
        chunk = following


def _file(filesystem: fsspec.AbstractFileSystem, path: str, captured_at: datetime | None, now: datetime) -> DatasetFile:
    digest = hashlib.blake2b(digest_size=16)
    with filesystem.open(path, "rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    observed_at = _naive(captured_at) if captured_at else min(_modified_at(filesystem, path) or now, now)
    return DatasetFile(PurePosixPath(path).name, path, filesystem, digest.hexdigest(), observed_at)


def _modified_at(filesystem: fsspec.AbstractFileSystem, path: str) -> datetime | None:
    try:
        return _naive(filesystem.modified(path))
    except NotImplementedError:
        return None


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _items(file: DatasetFile, where: str) -> Iterator[bytes]:
    try:
        with file.filesystem.open(file.path, "rb") as raw:
            is_gzip = file.path.endswith(".gz")
            handle = io.BufferedReader(cast(Any, gzip.GzipFile(fileobj=raw) if is_gzip else raw))
            yield from _array(handle, where) if _is_array(handle) else _lines(handle)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BodyError(f"{where}: the gzip stream is broken: {error}") from error
    except RequestError:
        raise
    except Exception as error:  # a driver raises errors of its own
        raise NetworkError(f"{where}: cannot be read: {error}") from error


def _is_array(handle: io.BufferedReader) -> bool:
    return handle.peek(_CHUNK)[:_CHUNK].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["


def _array(handle: IO[bytes], where: str) -> Iterator[bytes]:
    content = handle.read()
    try:
        content.decode()
        text = sanitised(content.removeprefix(b"\xef\xbb\xbf"))
        yield from cast("list[bytes]", msgspec.json.decode(text, type=list[msgspec.Raw]))
    except UnicodeDecodeError as error:
        raise BodyError(f"{where}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BodyError(f"{where}: expected a JSON array or JSON Lines: {error}") from error


def _lines(handle: IO[bytes]) -> Iterator[bytes]:
    for line in handle:
        if stripped := line.strip(b"\xef\xbb\xbf \t\r\n"):
            yield sanitised(stripped)
