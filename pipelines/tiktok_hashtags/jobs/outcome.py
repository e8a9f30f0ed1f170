"""What a run did, and what it could not do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiktok_hashtags.errors import BalanceError
from tiktok_hashtags.extract import Session, WalkResult
from tiktok_hashtags.jobs.plan import ProviderPlan
from tiktok_hashtags.warehouse import Quarantined

_NAMELESS = (
    "this hashtag's name is unknown, so its videos are in dim_video, but in no per-hashtag table. Give its name, or a "
    "key of tikliveapi, which finds details by id."
)


@dataclass
class Outcome:
    """What a run did.

    Args:
        exit_code: As in the table of exit codes; 0 is complete.
        providers: Requests, credits, rows, rejects and replayed pages by provider.
        messages: The failures in words.
        quarantined: Load packages that can never be loaded.
        is_loaded: Whether everything fetched is in the warehouse, except these packages.
    """

    run_id: str
    snapshot_date: str
    exit_code: int = 0
    providers: dict[str, dict[str, int]] = field(default_factory=dict)
    walks: list[WalkResult] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    is_loaded: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the run as `tiktags run --json` prints it."""
        walks = [
            {
                "provider": walk.provider,
                "endpoint": walk.endpoint,
                "hashtag": walk.hashtag_key or walk.hashtag_id,
                "target": walk.target,
                "pages": walk.pages,
                "items": walk.items,
                "new_items": walk.new_items,
                "stop_reason": walk.stop_reason,
                "complete": walk.is_complete,
            }
            for walk in self.walks
        ]
        return {
            "run_id": self.run_id,
            "snapshot_date": self.snapshot_date,
            "exit_code": self.exit_code,
            "providers": self.providers,
            "walks": walks,
            "notices": self.notices,
            "messages": self.messages,
        }


def count(outcome: Outcome, session: Session, plans: Sequence[ProviderPlan]) -> None:
    """Fill an outcome with the results of a session's walks."""
    tally = session.tally
    outcome.walks, outcome.notices = tally.walks, [*tally.notices, *_nameless(session)]
    for item in plans:
        if item.is_skipped:
            continue
        client = session.clients.get(item.name)
        replayed = sum(walk.replayed_pages for walk in tally.walks if walk.provider == item.name)
        outcome.providers[item.name] = {
            "requests": client.ledger.requests if client else 0,
            "credits": client.ledger.credits if client else 0,
            "rows": tally.rows[item.name],
            "rejects": tally.rejects[item.name],
            "replayed_pages": replayed,
        }
    outcome.messages += _shortfalls([walk for walk in tally.walks if not walk.is_complete])


def _nameless(session: Session) -> Iterator[dict[str, str]]:
    """Yield a notice for each feed fetched by id whose hashtag name is unknown."""
    walks = session.tally.walks
    named_ids = {
        *session.known.hashtag_ids.values(),
        *session.learned.ids(),
        *(w.hashtag_id for w in walks if w.endpoint == "hashtags" and w.items),
    }
    for walk in walks:
        if walk.endpoint == "videos" and walk.items and walk.hashtag_key is None and walk.hashtag_id not in named_ids:
            notice = {"provider": walk.provider, "entity": walk.endpoint, "kind": "no_hashtag_name"}
            yield notice | {"detail": f"{walk.target}: {_NAMELESS}"}


def _shortfalls(incomplete: Sequence[WalkResult]) -> list[str]:
    """Return the reasons of incomplete walks, each once, with the walks that it ended."""
    ended: dict[str, list[str]] = {}
    for walk in incomplete:
        reason = str(walk.error or f"{walk.provider} {walk.endpoint}: {walk.stop_reason} after {walk.pages} pages")
        ended.setdefault(reason, []).append(f"{walk.endpoint} of {walk.target}")
    return sorted(f"{reason} (incomplete: {', '.join(walks)})" for reason, walks in ended.items())


def walk_exit_code(walk: WalkResult) -> int:
    """Return the exit code for a walk."""
    if walk.is_complete:
        return 0
    if walk.stop_reason == "balance":
        return BalanceError.exit_code
    return walk.error.exit_code if walk.error else 4
