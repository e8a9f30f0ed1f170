"""Keys for the providers that need one."""

from __future__ import annotations

import pytest


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CRAWLORA", "TIKLIVEAPI", "UNIFAPI"):
        monkeypatch.setenv(f"SOURCES__{name}__API_KEY", "k")
