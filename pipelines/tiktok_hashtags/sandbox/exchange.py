"""The messages between sandbox and provider: the question, and the answer before it becomes bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from .accounts import Account
from .world import World


@dataclass(frozen=True, slots=True)
class Question:
    """An authenticated request within a provider: decoded path segments below the base URL, and the query."""

    segments: tuple[str, ...]
    query: Mapping[str, str]
    world: World
    account: Account
    now: datetime
    number: int

    @property
    def today(self) -> date:
        """The UTC date of the question."""
        return self.now.date()

    @property
    def request_id(self) -> str:
        """An id that differs from request to request."""
        return f"req_{self.account.provider}_{self.number:06d}"

    def integer(self, name: str, default: int) -> int:
        """A whole-number parameter.

        Raises:
            ValueError: it is not a whole number.
        """
        text = self.query.get(name, "")
        if text and not text.removeprefix("-").isdecimal():
            raise ValueError(f"{name} is an integer")
        return int(text) if text else default


@dataclass(frozen=True, slots=True)
class Paging:
    """The place in an answer of its cursor and its promise of more, so that faults can falsify them.

    Attributes:
        place: The object in the payload that holds the keys.
        cursor_key: None if pages are numbered.
        cursor_at: The cursor of an offset; a lap other than 0 makes a different cursor of the same offset.
    """

    place: dict[str, Any]
    more_key: str
    cursor_key: str | None
    offset: int
    cursor_at: Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class ItemShape:
    """Where the items of an answer keep their id, a text and a count (keys with dots between)."""

    ids: tuple[str, ...]
    text: str
    count: str


@dataclass(slots=True)
class Reply:
    """An answer whose payload can still be changed.

    Attributes:
        credits: The provider's charge for it.
        items: The payload's list of items, or the one object of a details answer alone.
        is_list: Whether `items` is that list.
        body: Sent instead of the payload.
    """

    status: int
    payload: Any
    credits: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    is_list: bool = False
    shape: ItemShape | None = None
    paging: Paging | None = None
    body: bytes | None = None


class Provider(Protocol):
    """One provider's module: `crawlora`, `tikliveapi`, `unifapi` or `scraper`."""

    PRICE: int
    """The least that an answer costs, for day and month limits; 0 if there are none."""

    def key(self, headers: Mapping[str, str], /) -> str | None:
        """The key in a request's headers, or None."""

    def answer(self, question: Question, /) -> Reply:
        """The documented answer to an authenticated request within its limits."""

    def refusal(self, question: Question, status: int, message: str, /) -> Reply:
        """An error in the provider's own envelope."""

    def failing_envelope(self, question: Question, code: int | str | None, /) -> Reply:
        """A failure inside an HTTP 200, with this code or a usual one."""

    def failing_inner_envelope(self, question: Question, code: int | str | None, /) -> Reply:
        """A failure in the envelope inside the envelope, if the provider has one."""
