"""What a resource says about itself at its end: walks, requests, rejects, notices."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from tiktok_hashtags.extract.decode import Entity, Origin, Reject
from tiktok_hashtags.extract.paging import Page, Verdict
from tiktok_hashtags.extract.run_tables import table_of
from tiktok_hashtags.extract.session import Session, WalkResult
from tiktok_hashtags.extract.walk import Walk

logger = logging.getLogger(__name__)
MAX_UNKNOWN = 5_000


@dataclass(frozen=True, slots=True)
class Step:
    """A page of a walk, or (without a page) its end."""

    walk: Walk
    started_at: datetime
    number: int = 0
    first_position: int = 0
    page: Page | None = None
    verdict: Verdict | None = None
    fault: Exception | None = None


class WalkLog:
    """What a resource has to say about itself at its end."""

    def __init__(self, session: Session, provider: str) -> None:
        self._session, self._provider = session, provider
        self._results: list[WalkResult] = []
        self._items: Counter[str] = Counter()
        self._reasons: dict[str, Counter[str]] = defaultdict(Counter)
        self._unknown: dict[str, set[str]] = defaultdict(set)

    def origin(self, step: Step, page: Page) -> Origin:
        """Return the lineage of a page."""
        logger.info(
            "%s %s %s: page %d, %d items",
            self._provider,
            step.walk.endpoint,
            step.walk.target,
            step.number,
            len(page.items),
        )
        self._session.on_page(self._provider, step.walk.target, len(page.items))
        return Origin(
            self._session.run_id,
            page.observed_at.date() if not step.walk.is_dated else self._session.snapshot_date,
            page.observed_at,
            page.request_key,
            step.number,
            step.first_position,
            step.walk.requested,
        )

    def decoded(self, entity: Entity, pages: Sequence[tuple[Origin, Sequence[bytes]]]) -> dict[str, pa.Table]:
        """Decode a batch, keeping count of what it held."""
        batch = entity.decode(pages)
        self._items[entity.table] += sum(len(items) for _, items in pages)
        self._reasons[entity.table].update(reject.reason for reject in batch.rejects)
        self._note_unknown(entity.table, batch.unknown)
        self._session.tally.rows[self._provider] += batch.tables[entity.table].num_rows
        self._session.tally.rejects[self._provider] += len(batch.rejects)
        rejects = [{**self._run_columns(), **self._reject_row(reject)} for reject in batch.rejects]
        return {**batch.tables, "rejects": table_of("rejects", rejects)}

    def ended(self, step: Step) -> None:
        """Keep a walk's verdict."""
        verdict = step.verdict or Verdict()
        log = logger.info if verdict.is_complete else logger.warning
        log(
            "%s %s %s: %s after %d pages, %d items%s",
            self._provider,
            step.walk.endpoint,
            step.walk.target,
            verdict.stop_reason,
            verdict.pages,
            verdict.items,
            f" ({verdict.error})" if verdict.error else "",
        )
        result = WalkResult(
            walk_key=step.walk.key(self._session),
            provider=self._provider,
            endpoint=step.walk.endpoint,
            hashtag_key=step.walk.hashtag_key,
            hashtag_id=step.walk.hashtag_id,
            target=step.walk.target,
            started_at=step.started_at,
            finished_at=self._session.clock(),
            pages=verdict.pages,
            items=verdict.items,
            new_items=verdict.new_items,
            stop_reason=verdict.stop_reason,
            is_complete=verdict.is_complete,
            credits=verdict.credits,
            replayed_pages=verdict.replayed_pages,
            last_cursor=verdict.last_cursor,
            error=verdict.error,
        )
        self._results.append(result)
        self._session.tally.walks.append(result)

    def run_rows(self, walks: Sequence[Walk]) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of the run's own tables."""
        run = self._run_columns()
        keys = {item.key(self._session) for item in walks}
        requests = list(self._session.journal.requests(self._session.run_id, self._provider))
        charged: Counter[str] = Counter()
        for row in requests:
            charged[row["walk_key"]] += row["credits"]
        notices = self._notices()
        told = ("provider", "entity", "kind", "detail")
        self._session.tally.notices += [{name: notice[name] for name in told} for notice in notices]
        return {
            "walks": [{**run, **result.row(), "credits": charged[result.walk_key]} for result in self._results],
            "api_requests": [request_row(row) for row in requests if row["walk_key"] in keys],
            "notices": [{**run, **notice} for notice in notices],
        }

    def _notices(self) -> list[dict[str, str]]:
        drift = [
            {"entity": table, "kind": "drift", "detail": _drift(paths), "fields": "\n".join(sorted(paths))}
            for table, paths in self._unknown.items()
            if paths
        ]
        rejected = [
            {"entity": table, "kind": "rejected", "detail": _rejected(reasons, of=self._items[table])}
            for table, reasons in self._reasons.items()
            if reasons
        ]
        missing = [
            {"entity": result.endpoint, "kind": "not_found", "detail": result.target}
            for result in self._results
            if result.stop_reason == "not_found"
        ]
        return [{"provider": self._provider, **notice} for notice in (*drift, *rejected, *missing)]

    def _note_unknown(self, table: str, paths: set[str]) -> None:
        """Keep what no earlier notice told of, up to a limit, because keys can be made up without end."""
        known = self._session.known.unnamed_fields.get(table, frozenset())
        room = MAX_UNKNOWN - len(self._unknown[table])
        new = sorted(path for path in paths - self._unknown[table] if path not in known)
        self._unknown[table].update(new[:room])

    def _run_columns(self) -> dict[str, Any]:
        return {
            "run_id": self._session.run_id,
            "snapshot_date": self._session.snapshot_date,
            "observed_at": self._session.clock(),
        }

    def _reject_row(self, reject: Reject) -> dict[str, Any]:
        requested = reject.origin.requested
        return {
            "provider": self._provider,
            "entity": reject.entity,
            "hashtag_key": requested.get("requested_hashtag"),
            "request_key": reject.origin.request_key,
            "page": reject.origin.page,
            "position": reject.position,
            "reason": reject.reason,
            "payload": reject.payload,
            "observed_at": reject.origin.observed_at,
        }


def _drift(paths: set[str]) -> str:
    named = ", ".join(sorted(paths)[:20])
    return f"{len(paths)} fields that the document does not name: {named}"


def _rejected(reasons: Counter[str], *, of: int) -> str:
    most = "; ".join(f"{count} x {reason[:200]}" for reason, count in reasons.most_common(3))
    return f"{reasons.total()} of {of} items could not be read and are in raw.rejects: {most}"


def request_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the ledger as a row of the raw table `api_requests`."""
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("requested_at", "finished_at")}
    kept = {name: value for name, value in row.items() if name not in ("project", "is_exported")}
    derived = {
        "snapshot_date": date.fromisoformat(row["snapshot_date"]),
        "observed_at": times["requested_at"],
        "is_replayed": row["outcome"] == "replayed",
    }
    return {**kept, **times, **derived}
