"""A file system whose server is away, under the protocol `away`."""

from __future__ import annotations

from typing import Any

import fsspec


class AwayError(Exception):
    """An error of a driver's own."""


class AwayFileSystem(fsspec.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Fails when it is read; where a path says `listing`, when it is listed already."""

    protocol = "away"

    def exists(self, path: str, **_: Any) -> bool:
        """Answer at once, or time out."""
        if "listing" in path:
            raise AwayError("listing timed out")
        return True

    def isdir(self, _: str) -> bool:
        """Know no folders."""
        return False

    def _open(self, *_: Any, **__: Any) -> Any:
        raise AwayError("reading timed out")


fsspec.register_implementation("away", AwayFileSystem)
