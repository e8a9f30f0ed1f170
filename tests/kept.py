"""What tests make once and keep under tests/.cache for as long as the code stays as it is; nothing is kept in CI."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "tests" / ".cache"
# What the kept things are made by and of; the versions of all packages are in the last.
MADE_BY = ("pipelines/**/*", "dbt_project/**/*", "tests/*.py", "tests/e2e/[!t]*.py", "tests/e2e/truth.py")
VERSIONS = ("pyproject.toml", "constraints.txt")
LEFT_BEHIND = {"__pycache__", "target", "logs", "dbt_packages"}


@cache
def state() -> str:
    """A name for the state of the code."""
    content = hashlib.sha256()
    patterns = (*MADE_BY, *VERSIONS)
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        if path.is_file() and not LEFT_BEHIND & set(path.parts):
            content.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return content.hexdigest()[:16]


@dataclass(frozen=True)
class Kept:
    """The folder of a kept thing, and whether the thing is in it or has to be put there."""

    folder: Path
    is_there: bool


@contextmanager
def kept(name: str) -> Iterator[Kept | None]:
    """Give the folder of a kept thing; None where nothing is kept.

    Only one process has it at a time. What is put there counts only if nothing was raised.
    """
    if os.environ.get("CI"):
        yield None
        return
    folder = _folder()
    with FileLock(folder / f"{name}.lock"):
        there, making = folder / name, folder / f"{name}.making"
        if there.exists():
            yield Kept(there, is_there=True)
            return
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        yield Kept(making, is_there=False)
        making.rename(there)


def _folder() -> Path:
    """Make the folder of this state of the code, and remove those of others."""
    folder = CACHE / state()
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / "lock"):
        for other in CACHE.iterdir():
            if other.is_dir() and other != folder:
                shutil.rmtree(other, ignore_errors=True)
        folder.mkdir(exist_ok=True)
    return folder
