"""File systems whose server is away, as drivers of fsspec have it."""

from __future__ import annotations

import io
from typing import Any, ClassVar

import fsspec


class AwayError(Exception):
    """An error of a driver's own."""


class AwayFileSystem(fsspec.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Holds the files `a.json` and `b.json`; what a path names as away fails, in the way that its protocol says."""

    protocol = "away"
    error: ClassVar[type[Exception]] = AwayError

    def _reach(self, path: str, step: str) -> None:
        if step in path:
            raise self.error(f"{step} timed out")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Tell files from folders, unless the listing is away."""
        self._reach(path, "listing")
        if "gone" in path:
            raise FileNotFoundError(path)
        return {"name": path, "size": 2, "type": "file" if path.endswith(".json") else "directory"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT002  # fsspec's signature
        """List the two files of any folder."""
        self._reach(path, "listing")
        found = [self.info(f"{path.rstrip('/')}/{name}.json") for name in ("a", "b")]
        return found if detail else [each["name"] for each in found]

    def _open(self, path: str, *_: Any, **__: Any) -> Any:
        self._reach(path, "reading")
        if path.endswith("b.json"):
            self._reach("reading", "reading")
        return io.BytesIO(b'[{"aweme_id": "1"}]')


class RefusedFileSystem(AwayFileSystem):
    """The same where the error is the system's: the key was refused, or the connection."""

    protocol = "refused"
    error = ConnectionRefusedError


class ForbiddenFileSystem(AwayFileSystem):
    """The same where nobody may read."""

    protocol = "forbidden"
    error = PermissionError


class UnlistedFileSystem(ForbiddenFileSystem):
    """The same where a folder is known to be there, and may not be listed."""

    protocol = "unlisted"

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Tell files from folders."""
        return super().info(path.replace("listing", "folder"))


class WrappedError(Exception):
    """An error of HTTP's driver."""

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"status {status}, url {url}")
        self.status = status


class WrappingFileSystem(AwayFileSystem):
    """The same as with HTTP's driver: every failure is a missing file, with the status in the path."""

    protocol = "wrapping"

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Fail."""
        status = int(path.rpartition("/")[2].partition(".")[0])
        raise FileNotFoundError(path) from WrappedError(status, self.unstrip_protocol(path))


for kind in (AwayFileSystem, RefusedFileSystem, ForbiddenFileSystem, UnlistedFileSystem, WrappingFileSystem):
    fsspec.register_implementation(kind.protocol, kind, clobber=True)
