"""One client per provider: the stack of layers that a call passes, with the journal on top."""

from __future__ import annotations

import hashlib
import itertools
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

import httpx

from tiktok_hashtags import __version__
from tiktok_hashtags.errors import ConfigError, InterruptedRunError, RequestError
from tiktok_hashtags.fetch.answers import Exchange
from tiktok_hashtags.fetch.calls import Accept, Call, Reply, Send
from tiktok_hashtags.fetch.journal_tables import RequestRow, StoredPage
from tiktok_hashtags.fetch.money import Caps, Ledger, NewRow, PricePlan
from tiktok_hashtags.fetch.network import DIRECT, NetworkTransport, Route
from tiktok_hashtags.fetch.pace import Gate, Pace, Retry, Stop
from tiktok_hashtags.fetch.session import Session

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ApiClient:
    """A provider's API, for many threads at once.

    Args:
        provider: The provider's name, for messages and the ledger.
        base_url: Where the API is; https, or http on loopback.
        headers: The headers that carry the key.
        plan: Prices and limits to keep to.
        session: The run that this client belongs to.
        route: The proxy and the authorities to trust on the way to the API.

    Raises:
        ConfigError: The base URL would send the key in the clear.
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        headers: Mapping[str, str],
        plan: PricePlan,
        session: Session,
        route: Route = DIRECT,
    ) -> None:
        check_base_url(provider, base_url)
        self.provider = provider
        self._session = session
        self._base_path = httpx.URL(base_url).raw_path.decode().rstrip("/")
        # Replayed and sent requests share one numbering, so they sort in order even if the clock stands still.
        self._numbers = itertools.count(1)
        network = session.transport or NetworkTransport(connections=session.concurrency + 4, route=route)
        # Nothing else closes the client of a source that is used alone.
        self._close = weakref.finalize(self, network.close)
        own = {"accept-encoding": "gzip", "accept": "application/json", "user-agent": f"tiktok-hashtags/{__version__}"}
        self.ledger = Ledger(
            Exchange(network, base_url, {**own, **headers}, provider=provider, monotonic=session.monotonic),
            provider=provider,
            new_row=self._new_row,
            journal=session.journal,
            budget=session.budget,
            clock=session.clock,
            plan=plan,
            caps=session.caps.get(provider, Caps()),
        )
        self._stop = Stop()
        self._pace: Pace | None = None
        send: Send = self._refuse_offline
        if not session.is_offline:
            self._pace = Pace(self.ledger, self._stop, session, provider=provider, plan=plan)
            send = Retry(self._pace, session)
        self._send = Replay(Gate(send, self._stop, provider), self._new_row, session, provider=provider)

    def fetch(
        self,
        path: str,
        *,
        params: Mapping[str, str | int],
        endpoint: str,
        accept: Accept,
        worst_credits: int,
        walk_key: str | None = None,
        hashtag_key: str | None = None,
    ) -> Reply:
        """Fetch one page, or replay it if it was bought on this snapshot date before.

        Args:
            path: The path below the base URL, percent-encoded.
            params: The query; part of the page's identity.
            endpoint: The endpoint's name in the ledger.
            accept: Decodes the answer or raises its typed error.
            worst_credits: The most that this request can cost, in the provider's credits.
            walk_key: The walk that needs the page.
            hashtag_key: The hashtag that the request is about.

        Raises:
            RequestError: The page is not available; the class names the cause.
        """
        self.check_open()
        if self._session.stop.is_set():
            raise InterruptedRunError(f"{self.provider}: stopped before {endpoint}")
        query = f"?{urlencode(params)}" if params else ""
        return self._send(
            Call(
                target=f"{self._base_path}{path}{query}",
                endpoint=endpoint,
                request_key=self._request_key(path, params),
                walk_key=walk_key,
                hashtag_key=hashtag_key,
                worst_credits=worst_credits,
                accept=accept,
            )
        )

    def check_open(self) -> None:
        """Raise the error that stopped this provider, if any."""
        self._stop.check()

    def stop(self, error: RequestError) -> None:
        """Answer every further call with this error."""
        self._stop.set(error)

    def mark_suspect(self, request_keys: Iterable[str]) -> None:
        """Have these pages requested again, because they misled their walk."""
        self._session.journal.mark_suspect(request_keys)

    def close(self) -> None:
        """Close the connections."""
        self._close()
        if self._pace:
            self._pace.close()

    def _refuse_offline(self, call: Call) -> Reply:
        raise self._session.missing_page(call.walk_key, f"{self.provider} {call.endpoint}")

    def _request_key(self, path: str, params: Mapping[str, str | int]) -> str:
        query = urlencode(sorted(params.items()))
        identity = f"{self.provider}\n{self._session.snapshot_date}\n{path}\n{query}"
        return hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()

    def _new_row(self, call: Call, *, credits: int) -> RequestRow:
        session = self._session
        return RequestRow(
            request_id=f"{session.run_id}-{self.provider}-{next(self._numbers):06d}",
            run_id=session.run_id,
            snapshot_date=session.snapshot_date,
            request_key=call.request_key,
            walk_key=call.walk_key,
            provider=self.provider,
            endpoint=call.endpoint,
            hashtag_key=call.hashtag_key,
            requested_at=session.clock(),
            credits=credits,
            cost_usd=None,
            project=session.project,
        )


class Replay:
    """The layer that answers from the journal with pages bought before, and keeps those that are accepted."""

    def __init__(self, send: Send, new_row: NewRow, session: Session, *, provider: str) -> None:
        self._send, self._new_row, self._session, self._provider = send, new_row, session, provider

    def __call__(self, call: Call) -> Reply:
        """Replay or fetch a page."""
        session = self._session
        stored = session.journal.page(call.request_key, even_suspect=session.is_offline)
        if stored is not None:
            return self._replayed(call, stored)
        was_suspect = session.journal.is_suspect(call.request_key)
        reply = replace(self._send(call), is_second_answer=was_suspect)
        if not reply.is_partial:
            page = StoredPage(reply.body, reply.observed_at, reply.credits)
            session.journal.store(
                call.request_key,
                page,
                provider=self._provider,
                snapshot_date=session.snapshot_date,
                url=call.target,
            )
        return reply

    def _replayed(self, call: Call, stored: StoredPage) -> Reply:
        row = self._new_row(call, credits=0)
        row = replace(row, cost_usd=0.0, outcome="replayed", finished_at=row.requested_at)
        self._session.journal.record(row)
        accepted = call.accept(httpx.Response(200, content=stored.body))
        return Reply(
            accepted.payload,
            call.request_key,
            stored.observed_at,
            accepted.credits,
            is_replayed=True,
            body=stored.body,
            is_partial=accepted.is_partial,
        )


def check_base_url(provider: str, base_url: str) -> None:
    """Refuse a base URL that is invalid, that would send the key in the clear, or that contains a key itself.

    Raises:
        ConfigError: The URL is neither https nor http on loopback, or has more than scheme, host, port and path.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.userinfo or url.query or url.fragment:
        raise ConfigError(
            f"{provider}: the base_url of {url.host} is refused: expected no user, password, query or fragment, "
            "because URLs end up in logs. Nothing was sent. Keep the key in .dlt/secrets.toml."
        )
    is_safe = url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)
    if url.host and is_safe and (url.port or 0) < 2**16:
        return
    raise ConfigError(
        f"{provider}: base_url {base_url!r} is refused: expected https://..., or http:// on loopback only, "
        "because the key would travel in the clear. Nothing was sent."
    )
