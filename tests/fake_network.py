"""A network that plays what a test gives it, and the call that meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tiktok_hashtags.fetch.answers import prepare, raise_for_status, strict_json
from tiktok_hashtags.fetch.calls import Accepted, Reply
from tiktok_hashtags.fetch.client import ApiClient

prepare(dict[str, Any])


def accept(response: httpx.Response) -> Accepted:
    raise_for_status(response, "example")
    return Accepted(strict_json(response, dict[str, Any], "example"), 3)


def fetch(client: ApiClient, path: str = "/x", *, accept: Callable[[httpx.Response], Accepted] = accept) -> Reply:
    return client.fetch(path, params={}, endpoint="things", accept=accept, worst_credits=5)


class Script:
    """A network that plays responses, statuses and exceptions in turn, the last one forever."""

    def __init__(self, *steps: httpx.Response | Exception | int) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step, json={"message": "no"}) if isinstance(step, int) else step


def ok() -> httpx.Response:
    return httpx.Response(200, json={"fine": True})
