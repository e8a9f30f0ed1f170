"""One world for all sandbox tests (it never changes), and a sandbox of its own for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tiktok_hashtags.sandbox import PROVIDERS, Sandbox, SandboxClock, World

HOSTS = {
    "crawlora": "https://api.crawlora.net/api/v1",
    "tikliveapi": "https://api.tikliveapi.com",
    "unifapi": "https://api.unifapi.com",
    "scraper": "https://scraper.example",
}


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=7)


@pytest.fixture
def sandbox(world: World) -> Sandbox:
    clock = SandboxClock(datetime(2026, 11, 1, 6, tzinfo=UTC), frozen=True)
    return Sandbox(world, clock, plans=dict.fromkeys(PROVIDERS, "unlimited"))


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.MockTransport(sandbox.respond)) as client:
        yield client


@pytest.fixture
def get(sandbox: Sandbox, client: httpx.Client) -> Callable[..., httpx.Response]:
    """Ask a provider with its valid key: `get("unifapi", "/tiktok/...", limit=50)`."""

    def ask(provider: str, path: str, **query: object) -> httpx.Response:
        key = sandbox.keys[provider]
        headers = {"X-Api-Key": key} if provider in ("crawlora", "tikliveapi") else {"Authorization": f"Bearer {key}"}
        url = HOSTS[provider] + path
        return client.get(url, params={name: str(value) for name, value in query.items()}, headers=headers)

    return ask
