"""On a terminal the command asks before it removes anything."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest
from tests.cli.screen import text_of

from tiktok_hashtags.cli.prune import pruning_view
from tiktok_hashtags.config import Retention
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.journal_tables import StoredPage
from tiktok_hashtags.fetch.retention import Part
from tiktok_hashtags.jobs.prune import Pruning

TIKTAGS = Path(sys.executable).with_name("tiktags")
DAY = date(2026, 11, 1)


def on_a_terminal(*arguments: str, answer: bytes) -> tuple[int, str]:
    """Run a command whose stdin and stdout are a terminal; return its exit code and what it showed."""
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    with subprocess.Popen([TIKTAGS, *arguments], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65_536)
            except OSError:  # the other side is closed
                break
    os.close(ours)
    return process.returncode, shown.decode()


@pytest.mark.parametrize(
    ("answer", "said", "is_left"),
    [(b"n\n", "Nothing was deleted", True), (b"y\n", "Deleted.", False)],
)
def test_what_it_shows_goes_only_after_a_yes(answer: bytes, said: str, is_left: bool) -> None:
    path = Path("data/journal.sqlite")
    with closing(Journal(path)) as journal:
        page = StoredPage(b"{}", datetime(2026, 11, 1, 6), 1)
        journal.store("a", page, provider="unifapi", snapshot_date=DAY, url="/x")

    code, shown = on_a_terminal("prune", "--now", "2027-01-01", answer=answer)

    assert code == 0, shown
    assert "Delete all this? [y/N]" in shown
    assert said in shown
    with closing(Journal(path)) as journal:
        assert journal.page_dates(since=DAY) == ([DAY] if is_left else [])


def test_what_can_go_is_shown_with_its_reason_and_a_missing_size_is_no_zero() -> None:
    parts = [Part("raw.unifapi_videos", "replaced by a later load", 1200, date(2026, 11, 1), date(2026, 11, 2))]

    text = text_of(pruning_view(Pruning(Retention(), parts)))

    assert text.splitlines()[1].split() == [
        *("raw.unifapi_videos", "replaced", "by", "a", "later", "load", "1,200", "2026-11-01", "2026-11-02", "–")
    ]
    assert "`tiktags prune --yes` does it" in text
