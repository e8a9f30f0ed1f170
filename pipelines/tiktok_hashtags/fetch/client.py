"""One client per provider: a stack of httpx transports, with money and time accounted."""

from __future__ import annotations

import hashlib
import itertools
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from tiktok_hashtags import __version__
from tiktok_hashtags.errors import (
    ConfigError,
    InterruptedRunError,
    RequestError,
)
from tiktok_hashtags.fetch.layers import (
    Accept,
    AcceptTransport,
    BoundsTransport,
    Call,
    GateTransport,
    OfflineTransport,
    OriginTransport,
    RetryTransport,
)
from tiktok_hashtags.fetch.ledger import JournalTransport, LedgerTransport
from tiktok_hashtags.fetch.money import Caps, Plan
from tiktok_hashtags.fetch.network import NetworkTransport
from tiktok_hashtags.fetch.pace import PaceTransport
from tiktok_hashtags.fetch.session import Session

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TIMEOUT = httpx.Timeout(20.0, connect=10.0, pool=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """An accepted page: its payload as the endpoint decodes it, and where it came from."""

    payload: Any
    request_key: str
    observed_at: datetime
    credits: int
    is_replayed: bool


class ApiClient:
    """A provider's API, for many threads at once.

    Args:
        provider: The provider's name, for messages and the ledger.
        base_url: Where the API is; https, or http on loopback.
        headers: The headers that carry the key.
        plan: Prices and limits to keep to.
        session: The run that this client belongs to.

    Raises:
        ConfigError: The base URL would send the key in the clear.
    """

    def __init__(
        self, *, provider: str, base_url: str, headers: Mapping[str, str], plan: Plan, session: Session
    ) -> None:
        check_base_url(provider, base_url)
        self.provider = provider
        self._session = session
        self._base_url = base_url.rstrip("/")
        network = session.transport or NetworkTransport(connections=session.concurrency + 4)
        # A source that is used alone has nobody to close its client.
        self._close = weakref.finalize(self, network.close)
        bounds = BoundsTransport(OriginTransport(network, base_url), session, provider=provider)
        caps = session.caps.get(provider, Caps())
        # Of one row for both, so that they sort as they were made, also where the clock stands still.
        numbers = itertools.count(1)
        self.ledger = LedgerTransport(
            AcceptTransport(bounds), session, provider=provider, plan=plan, caps=caps, numbers=numbers
        )
        self._pace = None if session.is_offline else self._paced(plan)
        inner = RetryTransport(self._pace, session) if self._pace else OfflineTransport()
        self._gate = GateTransport(inner, provider)
        self._stack = JournalTransport(self._gate, session, provider=provider, numbers=numbers)
        own = {"accept-encoding": "gzip", "accept": "application/json", "user-agent": f"tiktok-hashtags/{__version__}"}
        self._headers = httpx.Headers({**own, **headers})

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
            path: From the base URL on, percent-encoded.
            params: The query; part of the page's identity.
            endpoint: The endpoint's name in the ledger.
            accept: Decodes the answer or raises what is wrong with it.
            worst_credits: The most that this request can cost, in the provider's credits.
            walk_key: The walk that asks.
            hashtag_key: The hashtag that the request is about.

        Raises:
            RequestError: The page could not be had; the class says why.
        """
        self.check_open()
        if self._session.stop.is_set():
            raise InterruptedRunError(f"{self.provider}: stopped before {endpoint}")
        call = Call(endpoint, self._request_key(path, params), walk_key, hashtag_key, worst_credits, accept)
        request = httpx.Request(
            "GET",
            self._base_url + path,
            params=params or None,
            headers=self._headers,
            extensions={"call": call, "timeout": TIMEOUT.as_dict()},
        )
        # Not through a client: cookies, redirects and proxies are not wanted, and their checks cost a tenth.
        extensions = self._stack.handle_request(request).extensions
        return Reply(
            extensions["accepted"].payload,
            call.request_key,
            extensions["observed_at"],
            extensions["accepted"].credits,
            extensions["is_replayed"],
        )

    def check_open(self) -> None:
        """Raise what stopped this provider, if anything did."""
        self._gate.check()

    def stop(self, error: RequestError) -> None:
        """Answer every further request with this error."""
        self._gate.stop(error)

    def doubt(self, request_keys: Iterable[str]) -> None:
        """Have the next run ask again for pages that led their walk astray."""
        self._session.journal.doubt(request_keys)

    def close(self) -> None:
        """Close the connections."""
        self._close()
        if self._pace:
            self._pace.close()

    def _paced(self, plan: Plan) -> PaceTransport:
        return PaceTransport(
            self.ledger,
            self._session,
            provider=self.provider,
            requests_per_minute=plan.requests_per_minute,
            check_open=self.check_open,
        )

    def _request_key(self, path: str, params: Mapping[str, str | int]) -> str:
        query = urlencode(sorted(params.items()))
        identity = f"{self.provider}\n{self._session.snapshot_date}\n{path}\n{query}"
        return hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()


def check_base_url(provider: str, base_url: str) -> None:
    """Refuse a base URL that is no URL, that would send the key in the clear, or that holds a key itself.

    Raises:
        ConfigError: Neither https nor http on loopback, or more than scheme, host, port and path.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.userinfo or url.query or url.fragment:
        raise ConfigError(
            f"{provider}: the base_url of {url.host} is refused: expected no user, password, query or fragment, for "
            "URLs end up in logs; keys belong in .dlt/secrets.toml. Nothing was sent."
        )
    is_safe = url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)
    if url.host and is_safe and (url.port or 0) < 2**16:
        return
    raise ConfigError(
        f"{provider}: base_url {base_url!r} is refused: expected https://..., or http:// on loopback only, "
        "because the key would travel in the clear. Nothing was sent."
    )
