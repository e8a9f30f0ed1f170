"""One planned walk, known before anything is sent, and the parts that its page function needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tiktok_hashtags.errors import MissingIdError, NotFoundError, RequestError
from tiktok_hashtags.extract.decode import Entity
from tiktok_hashtags.extract.paging import Fetch, Page, Rules
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.fetch import Reply
from tiktok_hashtags.watchlist import Dataset, Hashtag, Search, TrendList


@dataclass(frozen=True)
class Walk:
    """One planned walk, known before anything is sent.

    Args:
        provider: The provider's name.
        endpoint: The resource's name, as in `--only provider.resource`.
        target: The walk's hashtag, list, keyword or dataset, as a person would name it.
        entity: The raw table its items go to.
        fetch: Makes the page function when there is a client.
        requested: Further raw columns with the parameters of the request.
        worst_requests: Requests if every page is full.
        worst_credits: The credits that those requests can cost; None if nobody charges.
        rules: When to stop early.
        identity: Identifies the walk besides provider, endpoint and date; by default the target.
        is_dated: Whether each snapshot date needs the walk again.
        needs_id: Whether the provider finds the hashtag by its id only.
        refusal: The reason why the walk must fail, if it is known beforehand.
    """

    provider: str
    endpoint: str
    target: str
    entity: Entity
    fetch: Callable[[Any, Session, Walk, str], Fetch]
    requested: Mapping[str, str | int | bool | None]
    worst_requests: int
    worst_credits: int
    hashtag_key: str | None = None
    hashtag_id: str | None = None
    rules: Rules = field(default_factory=Rules)
    identity: str | None = None
    is_dated: bool = True
    needs_id: bool = False
    refusal: RequestError | None = None

    def key(self, session: Session) -> str:
        """Return the key by which later runs recognise this walk."""
        snapshot_date = session.snapshot_date if self.is_dated else None
        return walk_key(
            provider=self.provider,
            endpoint=self.endpoint,
            target=self.identity or self.target,
            snapshot_date=snapshot_date,
        )

    def is_done(self, session: Session) -> bool:
        """Whether an earlier run completed this walk, with a limit no lower than today's."""
        earlier = session.known.complete_walks.get(self.key(session))
        if earlier is None or self.refusal:
            return False
        reason, items = earlier
        return reason != "max_videos" or (self.rules.max_items is not None and items >= self.rules.max_items)


def walk_key(*, provider: str, endpoint: str, target: str, snapshot_date: date | None) -> str:
    """Return the key of a walk: the same target on the same date is the same walk.

    Args:
        provider: The provider's name.
        endpoint: The endpoint's name.
        target: The hashtag, list, keyword or dataset, with every parameter that changes the answer.
        snapshot_date: The run's date; None for a target that never changes, such as a file by its content.
    """
    identity = f"{provider}\n{endpoint}\n{target}\n{snapshot_date or ''}"
    return hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()


def id_of(item: Walk, session: Session) -> str:
    """Return the id of a walk's hashtag: from the watchlist, or from details of this or an earlier run.

    Raises:
        NotFoundError: According to this run's details, there is no such hashtag.
        MissingIdError: The id is unknown.
    """
    where = f"{item.provider} {item.endpoint} of {item.target}"
    found = known_id(item, session)
    if found:
        return found
    if session.is_missing(item.hashtag_key):
        raise NotFoundError(f"{where}: there is no such hashtag, according to its details")
    if session.is_offline:
        raise session.missing_page(item.key(session), where)
    raise MissingIdError(f"{missing_id(item)} Nothing was sent.")


def known_id(item: Walk, session: Session) -> str | None:
    """Return the id of a walk's hashtag, or None while it is unknown."""
    return item.hashtag_id or session.id_of(item.hashtag_key)


def missing_id(item: Walk) -> str:
    """Return the message about a walk whose hashtag has no known id."""
    return (
        f"{item.provider} {item.endpoint} of {item.target}: its id is unknown. Give `id` in the watchlist, or look "
        "it up: set a key of crawlora or tikliveapi, and run without an `--only` that excludes them."
    )


def page_of(
    reply: Reply,
    *,
    items: Sequence[bytes],
    ids: Sequence[str | None],
    cursor: str | int | None = None,
    has_more: bool = False,
) -> Page:
    """Return a reply as a page of a walk; a replayed page is not charged again."""
    return Page(
        items=items,
        ids=ids,
        cursor=None if cursor is None else str(cursor),
        has_more=has_more,
        request_key=reply.request_key,
        observed_at=reply.observed_at,
        is_partial=reply.is_partial,
        is_replayed=reply.is_replayed,
        is_second_answer=reply.is_second_answer,
    )


NOT_FOUND_DAYS = 7


@dataclass(frozen=True, slots=True)
class Targets:
    """The part of a watchlist that one provider serves."""

    details: Sequence[Hashtag] = ()
    videos: Sequence[Hashtag] = ()
    trends: Sequence[TrendList] = ()
    searches: Sequence[Search] = ()
    datasets: Sequence[Dataset] = ()


def hashtags_of(given: Sequence[Hashtag | str]) -> list[Hashtag]:
    """Return watchlist entries for a caller's values: ids ("3242"), names, or entries."""
    return [_hashtag(item) if isinstance(item, str) else item for item in given]


def _hashtag(text: str) -> Hashtag:
    return Hashtag(id=text) if text.isascii() and text.isdigit() else Hashtag(name=text)


def feed_rules(hashtag: Hashtag, settings: Settings, session: Session) -> Rules:
    """Return when a walk of a hashtag's feed may end early.

    With `stop_after_known_pages` on, a walk still goes to the end once every `full_walk_every_days`.
    """
    feed = (settings.provider, hashtag.key or hashtag.id or "")
    last_full = session.known.full_walk_dates.get(feed)
    is_recent = last_full is not None and session.snapshot_date - last_full < timedelta(
        days=settings.full_walk_every_days
    )
    return Rules(
        max_items=hashtag.max_videos,
        max_pages=settings.max_pages,
        known_pages=settings.stop_after_known_pages if is_recent else None,
        known_ids=session.known.video_ids.get(feed, frozenset()),
    )


def is_missing(provider: str, hashtag: Hashtag, session: Session) -> bool:
    """Return whether a provider reported the hashtag as missing within the last `NOT_FOUND_DAYS` days."""
    reported_on = session.known.not_found.get((provider, hashtag.key or hashtag.id or ""))
    return reported_on is not None and session.snapshot_date - reported_on < timedelta(days=NOT_FOUND_DAYS)


@dataclass(frozen=True, slots=True)
class SourceRun:
    """A provider's settings, the session of the run, and the walks that are planned for the provider."""

    settings: Settings
    session: Session
    walks: Sequence[Walk]

    @classmethod
    def alone(
        cls,
        targets: Targets,
        walks_for: Callable[[Targets, Settings, Session], list[Walk]],
        settings: Settings,
        *,
        ledger_path: str | None = None,
    ) -> SourceRun:
        """Plan the run of a source in a dlt pipeline without the command line.

        Args:
            targets: The arguments of the source.
            walks_for: The provider's function of that name.
            settings: The provider's settings.
            ledger_path: A journal and ledger to share; None for a temporary one.
        """
        session = Session.alone(ledger_path=ledger_path)
        return cls(settings, session, walks_for(targets, settings, session))

    def walks_of(self, endpoint: str) -> list[Walk]:
        """Return the walks of one resource."""
        return [walk for walk in self.walks if walk.endpoint == endpoint]
