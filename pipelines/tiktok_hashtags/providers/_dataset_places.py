"""The files that a dataset's path, folder or glob names, and what it names that is none."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from tiktok_hashtags.redaction import is_http

ENDINGS = ".json, .jsonl or .ndjson, with or without .gz or .zst"
_IS_DATASET = re.compile(r"\.(json|jsonl|ndjson)(\.(gz|zst))?$", re.IGNORECASE)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Places:
    """What a path names.

    Args:
        filesystem: Where the files are.
        files: Their paths there.
        left_out: What is no file that could be read, by path, with the reason.
        is_pattern: Whether the path is a glob, which may match nothing.
    """

    filesystem: fsspec.AbstractFileSystem
    files: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    is_pattern: bool = False


def places_of(path: str) -> Places:
    """Return the files that a path, folder or glob names.

    Raises:
        FileNotFoundError: It does not exist, and is no glob.
        ValueError: It is a pattern that cannot be one, or a file that is none.
        Exception: Whatever a driver raises for a place that cannot be listed.
    """
    filesystem, root = url_to_fs(path)
    if isinstance(filesystem, LocalFileSystem):
        return _local(filesystem, path.removeprefix("file://").removeprefix("local://"))
    found = Places(filesystem, is_pattern=_is_remote_glob(path))
    names = _matching(filesystem, root) if found.is_pattern else _below(filesystem, root)
    _sort_by_ending(found, names, named=root)
    return found


def _local(filesystem: LocalFileSystem, path: str) -> Places:
    """Look on this machine. A path that exists is itself: only what the user wrote can be a pattern."""
    if "\0" in path:
        raise ValueError("embedded null byte")
    here = Path(path).expanduser()
    is_pattern = glob.has_magic(path) and not os.path.lexists(here)
    found = Places(filesystem, is_pattern=is_pattern)
    if is_pattern:
        folder = Path(re.split(r"[*?[]", str(here), maxsplit=1)[0] + "x").parent
        if re.search(r"\*\*[^/]|[^/]\*\*", str(here)):
            raise ValueError("Invalid pattern: '**' can only be an entire path component")
        # A glob skips folders that cannot be listed, so the folder is listed first, which raises the failure.
        if folder.exists():
            next(folder.iterdir(), None)
        names = glob.glob(str(here), recursive=True)  # noqa: PTH207  # pathlib's follows no link, and needs a folder
    elif here.is_dir():
        folder = here
        next(folder.iterdir(), None)
        names = list(_walked(here))
    elif not os.path.lexists(here) and here.parent.is_dir():
        return found
    else:
        _check_regular(here)
        found.files.append(str(here.absolute()))
        return found
    regular = [name for name in names if _is_readable(name, folder, found)]
    _sort_by_ending(found, [str(Path(name).absolute()) for name in regular], named="")
    return found


def _walked(folder: Path) -> Iterator[str]:
    """Yield everything below a folder but the folders; a link to a folder is not followed."""
    for parent, folders, files in os.walk(folder):
        yield from (os.path.join(parent, name) for name in files)  # noqa: PTH118  # names may be of any bytes
        links = (os.path.join(parent, name) for name in folders)  # noqa: PTH118
        yield from (link for link in links if os.path.islink(link))  # noqa: PTH114


def _check_regular(path: Path) -> None:
    mode = path.stat().st_mode
    kind = next((kind for is_kind, kind in _KINDS if is_kind(mode)), None)
    if kind:
        raise ValueError(f"{path} is {kind}, not a file")


def _is_readable(name: str, folder: Path, found: Places) -> bool:
    """Tell whether a name is a file of the dataset's own; note why it is not."""
    path = Path(name)
    try:
        _check_regular(path)
    except ValueError as error:
        if not (path.is_dir() and not path.is_symlink()) or _IS_DATASET.search(name):
            found.left_out[name] = str(error).removeprefix(f"{path} is ").removesuffix(", not a file")
        return False
    except OSError:
        return True  # a broken link, or a right that is missing: the file's own walk says so
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        found.left_out[name] = f"a link to a file outside of {folder}"
        return False
    return True


def _sort_by_ending(found: Places, names: list[str], *, named: str) -> None:
    """Tell datasets from other files; a file that the path itself names is one whatever its ending."""
    for name in sorted(names):
        if name == named or _IS_DATASET.search(name.partition("?")[0] if is_http(name) else name):
            found.files.append(name)
        else:
            found.left_out[name] = f"does not end in {ENDINGS}"


def _is_remote_glob(path: str) -> bool:
    if is_http(path):
        return any(char in re.sub(r"://[^/]*", "", path.partition("?")[0]) for char in "*[")
    return any(char in path for char in "*?[")


def _matching(filesystem: fsspec.AbstractFileSystem, pattern: str) -> list[str]:
    _listed(filesystem, re.split(r"[*?[]", pattern, maxsplit=1)[0].rpartition("/")[0] or "/")
    return [str(name) for name in filesystem.glob(pattern)]


def _below(filesystem: fsspec.AbstractFileSystem, root: str) -> list[str]:
    try:
        is_folder = filesystem.info(root)["type"] == "directory"
    except FileNotFoundError as error:
        _check_is_gone(error)
        return []
    if not is_folder and not (is_http(root) and root.partition("?")[0].endswith("/")):
        return [root]
    _listed(filesystem, root)
    return [str(name) for name in filesystem.find(root)]


def _listed(filesystem: fsspec.AbstractFileSystem, folder: str) -> None:
    try:
        filesystem.ls(folder, detail=False)
    except FileNotFoundError as error:
        _check_is_gone(error)


def _check_is_gone(error: FileNotFoundError) -> None:
    """Raise the cause of a "not found": over HTTP, fsspec reports every failure as a missing file."""
    cause = error.__cause__
    is_gone = isinstance(cause, (FileNotFoundError, StopIteration)) or status_of(cause) in {404, 410}
    if cause is not None and not is_gone:
        raise cause


def status_of(error: BaseException | None) -> Any:
    """Return the HTTP status that a driver's error holds, if any."""
    return getattr(error, "status", None)
