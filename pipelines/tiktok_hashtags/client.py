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
import msgspec

from tiktok_hashtags import __version__
from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    ConfigError,
    InterruptedRunError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    ServerError,
    StatusError,
)
from tiktok_hashtags.ledger import JournalTransport, LedgerTransport
from tiktok_hashtags.money import Caps, Plan
from tiktok_hashtags.network import NetworkTransport
from tiktok_hashtags.pace import PaceTransport, retry_after_seconds
from tiktok_hashtags.session import Session
from tiktok_hashtags.transports import (
    Accept,
    AcceptTransport,
    BoundsTransport,
    Call,
    GateTransport,
    OfflineTransport,
    OriginTransport,
    RetryTransport,
)
from tiktok_hashtags.wire import decoder_of, has_endless_number, sanitised

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


def strict_json(response: httpx.Response, kind: type[Any], where: str) -> Any:  # the type is the argument's
    """Decode a body into a wire type that its module has prepared.

    Raises:
        BodyError: Not UTF-8, not JSON by RFC 8259 (NaN is not), nested too deep, of another shape, or with a number of
            a thousand digits and more.
    """
    try:
        response.content.decode()
        page = decoder_of(kind).decode(sanitised(response.content))
        if has_endless_number(response.content):
            raise BodyError(f"{where}: {_what_came(response)}: a number of a thousand digits or more")
        return page
    except UnicodeDecodeError as error:
        raise BodyError(f"{where}: the body is not UTF-8") from error
    except RecursionError as error:
        raise BodyError(f"{where}: the body is nested too deep") from error
    except msgspec.DecodeError as error:
        raise BodyError(f"{where}: {_what_came(response)}: {error}") from error


def raise_for_status(
    response: httpx.Response,
    where: str,
    *,
    detail: str = "",
    credits: int = 0,
    not_found: type[RequestError] = NotFoundError,
) -> None:
    """Raise the typed error of an HTTP status; return on 200.

    Args:
        response: The answer.
        where: Provider, endpoint and hashtag, for the message.
        detail: What the body says.
        credits: What was charged all the same.
        not_found: What a 404 means here; only of a hashtag does it say that there is none.

    Raises:
        RequestError: The status is not 200; the class says what can be done.
    """
    status = response.status_code
    if status == 200:
        return
    kinds: dict[int, type[RequestError]] = {
        401: AuthError,
        402: BalanceError,
        403: AuthError,
        404: not_found,
        429: RateLimitedError,
    }
    kind = kinds.get(status, ServerError if status >= 500 else StatusError)
    message = f"{where}: HTTP {status}" + (f", {detail[:300]}" if detail else "")
    if 300 <= status < 400:
        message += ", a redirect, which is never followed"
    raise kind(message, credits=credits, retry_after_seconds=retry_after_seconds(response))


def _what_came(response: httpx.Response) -> str:
    if not response.content:
        return "an empty body"
    kind = "HTML" if response.content.lstrip()[:1] == b"<" else "a body that is not as documented"
    return f"HTTP {response.status_code} with {kind}"
