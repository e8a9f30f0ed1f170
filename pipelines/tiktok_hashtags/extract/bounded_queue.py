"""A queue between threads that is bounded by the bytes in it: 16 pages may be a few kilobytes or half a gigabyte."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedQueue(Generic[T]):
    """Passes things from many threads to one, with a bounded number and a bounded size ahead.

    Args:
        max_count: The things that may wait.
        max_bytes: Their bytes. Something larger than that waits alone.
    """

    def __init__(self, *, max_count: int, max_bytes: int) -> None:
        self._max_count, self._max_bytes = max_count, max_bytes
        self._waiting: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._is_abandoned = False
        self._changed = threading.Condition()

    def put(self, thing: T, *, size: int) -> bool:
        """Add something when there is room for it; return False if nobody takes anything any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_abandoned or self._has_room(size))
            if self._is_abandoned:
                return False
            self._waiting.append((thing, size))
            self._bytes += size
            self._changed.notify_all()
            return True

    def get(self) -> T:
        """Take the thing that has waited longest, once there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            thing, size = self._waiting.popleft()
            self._bytes -= size
            self._changed.notify_all()
            return thing

    def abandon(self) -> None:
        """Take nothing any more, and let those go who wait for room."""
        with self._changed:
            self._is_abandoned = True
            self._waiting.clear()
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        if not self._waiting:
            return True
        return len(self._waiting) < self._max_count and self._bytes + size <= self._max_bytes
