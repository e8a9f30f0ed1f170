"""Looks at a crawl that tests of several providers take."""

from __future__ import annotations

from tiktok_hashtags.extract.session import Session, WalkResult


def only_walk(session: Session) -> WalkResult:
    """The one walk of a crawl."""
    [walk] = session.tally.walks
    return walk


def charges(session: Session) -> list[tuple[int | None, str, int]]:
    """Status, outcome and credits of each request of a crawl, whose walks are of one provider."""
    [provider] = {walk.provider for walk in session.tally.walks}
    rows = session.journal.requests(session.run_id, provider)
    return [(row["status"], row["outcome"], row["credits"]) for row in rows]
