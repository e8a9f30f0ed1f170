"""The ids that a walk has seen, small enough for a feed without end."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_RECENT_IDS = 8192


class SeenIds:
    """Ids as 64-bit hashes: 8 bytes each, but for the latest few thousand."""

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._sorted = np.empty(0, dtype=np.int64)

    def unseen(self, ids: Iterable[str | None]) -> list[str]:
        """Return the ids that never came before, each once, and remember them."""
        found = {hash(item_id): item_id for item_id in ids if item_id is not None}
        fresh = [number for number in found if number not in self._recent]
        if fresh and len(self._sorted):
            numbers = np.array(fresh, dtype=np.int64)
            at = np.searchsorted(self._sorted, numbers)
            is_old = self._sorted[np.minimum(at, len(self._sorted) - 1)] == numbers
            fresh = numbers[~is_old].tolist()
        self._recent.update(fresh)
        if len(self._recent) > _RECENT_IDS:
            self._merge()
        return [found[number] for number in fresh]

    def _merge(self) -> None:
        recent = np.fromiter(self._recent, dtype=np.int64, count=len(self._recent))
        self._sorted = np.sort(np.concatenate([self._sorted, recent]), kind="stable")
        self._recent.clear()


class IdSet:
    """Many numeric ids in 8 bytes each."""

    def __init__(self, ids: Iterable[str]) -> None:
        listed = list(ids)
        self._numbers = np.sort(np.array([int(value) for value in listed if _is_number(value)], dtype=np.int64))
        self._others = frozenset(value for value in listed if not _is_number(value))

    def __contains__(self, value: object) -> bool:
        """Tell whether an id is in the set."""
        if not isinstance(value, str) or not _is_number(value):
            return value in self._others
        number = int(value)
        at = int(np.searchsorted(self._numbers, number))
        return at < len(self._numbers) and int(self._numbers[at]) == number


def _is_number(text: str) -> bool:
    """Tell whether an id is the usual spelling of a number of 63 bits."""
    return len(text) < 20 and text.isascii() and text.isdigit() and text == str(int(text)) and int(text) < 2**63
