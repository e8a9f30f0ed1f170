"""Calls of a made-up endpoint whose answers name their charge, and the ledger's rows about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from tiktok_hashtags.errors import EnvelopeError
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.answers import prepare, raise_for_status, strict_json
from tiktok_hashtags.fetch.calls import Accepted, Reply
from tiktok_hashtags.fetch.client import ApiClient

NOW = datetime(2026, 11, 1, 6)
WORST = 50


class Network:
    """Answers with the given steps, then always with the last one, and counts."""

    def __init__(self, *steps: httpx.Response | Exception) -> None:
        self.steps = list(steps)
        self.count = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.count += 1
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


prepare(dict[str, int])


def page(credits: int = 20) -> httpx.Response:
    return httpx.Response(200, json={"charged": credits})


def accept(response: httpx.Response) -> Accepted:
    raise_for_status(response, "example")
    body = strict_json(response, dict[str, int], "example")
    if "failed" in body:
        raise EnvelopeError("example: failed", credits=body["failed"])
    return Accepted(body, body["charged"])


def fetch(
    client: ApiClient,
    path: str = "/x",
    *,
    worst: int = WORST,
    accept: Callable[[httpx.Response], Accepted] = accept,
) -> Reply:
    return client.fetch(
        path, params={}, endpoint="things", accept=accept, worst_credits=worst, walk_key="walk", hashtag_key="cat"
    )


def requests_of(session: Session) -> list[dict[str, Any]]:
    return list(session.journal.requests(session.run_id, "example"))
