"""Calls and replies: a call goes down through the layers of a client, and a reply comes up.

From the outside in: replay (`client.py`), gate, retry and pace (`pace.py`), ledger (`money.py`), exchange
(`answers.py`). A layer sees the typed errors of those below it, so the journal has only pages that were accepted, and
the ledger a row for each attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Accepted:
    """A valid answer, decoded by its endpoint.

    Args:
        payload: The decoded page.
        credits: Its price.
        outcome: The request's outcome in the ledger.
        is_partial: Whether the balance ran out inside the page.
    """

    payload: Any
    credits: int
    outcome: str = "ok"
    is_partial: bool = False


Accept = Callable[[httpx.Response], Accepted]


@dataclass(frozen=True, slots=True)
class Call:
    """A request for one page of a walk.

    Args:
        target: The path and query of its URL, percent-encoded.
        endpoint: The endpoint's name in the ledger.
        request_key: The page's identity in the journal.
        worst_credits: The most that one attempt can cost.
        accept: Decodes the answer or raises its typed error.
    """

    target: str
    endpoint: str
    request_key: str
    walk_key: str | None
    hashtag_key: str | None
    worst_credits: int
    accept: Accept


@dataclass(frozen=True, slots=True)
class Answer:
    """An accepted answer of the API, with its original body."""

    accepted: Accepted
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An accepted page, bought or replayed.

    Args:
        payload: The page, decoded by its endpoint.
        observed_at: When the request that bought it was made.
        credits: Its price when it was bought, also for a replay.
        body: The page's bytes.
        is_partial: Whether the balance ran out inside the page.
        is_second_answer: Whether an earlier answer to the same request misled its walk.
    """

    payload: Any
    request_key: str
    observed_at: datetime
    credits: int
    is_replayed: bool
    body: bytes = field(repr=False)
    is_partial: bool = False
    is_second_answer: bool = False


Send = Callable[[Call], Reply]
