from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok_hashtags.fetch.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()
