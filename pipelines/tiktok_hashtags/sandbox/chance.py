"""Chance without state: every draw is a pure function of its key.

A world built on these draws is the same for any order of evaluation and any Python version, without stored state.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_SCALE = float(1 << 64)


def number(*key: object) -> int:
    """A 64-bit integer that depends only on the key."""
    text = "\x1f".join(map(str, key))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def share(*key: object) -> float:
    """A number from 0 up to but not including 1."""
    return number(*key) / _SCALE


def between(low: int, high: int, *key: object) -> int:
    """An integer from low to high, both included."""
    return low + number(*key) % (high - low + 1)


def pick(options: Sequence[T], *key: object) -> T:
    """One of the options."""
    return options[number(*key) % len(options)]


def digits(length: int, *key: object) -> str:
    """A decimal id of that many digits, without a leading zero; the largest fits in 63 bits."""
    return str(between(10 ** (length - 1), min(10**length, 9 * 10**18) - 1, *key))
