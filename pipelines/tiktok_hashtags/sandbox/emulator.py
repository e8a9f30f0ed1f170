"""All four providers behind one function from request to response, with accounts and faults.

A request reaches a provider by its host (`api.crawlora.net`, `api.tikliveapi.com`, `api.unifapi.com`;
`/datasets/` on any other host is the scraper's) or, on loopback, by the first segment of its path
(`/crawlora/api/v1/...`, `/tikliveapi/...`, `/unifapi/...`, `/scraper/...`). Everything else is answered
with 421 and kept in `strays`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import cast
from urllib.parse import unquote

import httpx

from . import alterations, crawlora, scraper, tikliveapi, unifapi, wire
from .accounts import DEFAULT_PLANS, Account, plan_named
from .clock import SandboxClock
from .exchange import Provider, Question, Reply
from .faults import BEFORE, PROVIDERS, WIRES, Fault, FaultScript
from .world import World

_MODULES: dict[str, Provider] = {
    "crawlora": cast(Provider, crawlora),
    "tikliveapi": cast(Provider, tikliveapi),
    "unifapi": cast(Provider, unifapi),
    "scraper": cast(Provider, scraper),
}
_HOSTS = {"api.crawlora.net": "crawlora", "api.tikliveapi.com": "tikliveapi", "api.unifapi.com": "unifapi"}
_CRAWLORA_BASE = ["api", "v1"]


class Sandbox:
    """An emulator of every documented endpoint over one world.

    Args:
        world: The true data behind the providers' answers.
        clock: The providers' time; by default it runs from six in the morning of the world's first day.
        plans: The plan by provider, if not the generous default; `unlimited` exists for each.
        balance: UnifAPI's prepaid credits.
        keys: The valid key by provider, if not `sandbox-<provider>-key`.
        sleep: Waits inside slow bodies.
    """

    def __init__(
        self,
        world: World | None = None,
        clock: SandboxClock | None = None,
        *,
        plans: Mapping[str, str] | None = None,
        balance: int = 1_000_000,
        keys: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.world = world or World()
        start = self.world.start
        self.clock = clock or SandboxClock(datetime(start.year, start.month, start.day, 6, tzinfo=UTC))
        self.keys = {name: f"sandbox-{name}-key" for name in PROVIDERS} | dict(keys or {})
        chosen = DEFAULT_PLANS | dict(plans or {})
        self._accounts = {name: Account(name, self.keys[name], plan_named(name, chosen[name])) for name in PROVIDERS}
        self._accounts["unifapi"].balance = balance
        self.strays: list[httpx.URL] = []
        self._sleep = sleep
        self._faults = FaultScript()
        self._lock = threading.RLock()

    def account(self, provider: str) -> Account:
        """The account behind the valid key of a provider."""
        return self._accounts[provider]

    def meter(self) -> dict[str, dict[str, int]]:
        """The requests and charges at each provider, including failing and lost answers."""
        with self._lock:
            return {name: account.meter() for name, account in self._accounts.items()}

    def script(self, *faults: Fault) -> None:
        """Arm faults."""
        with self._lock:
            for fault in faults:
                self._faults.add(fault)

    def clear_faults(self) -> None:
        """Disarm all faults."""
        with self._lock:
            self._faults.clear()

    def respond(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, as a pure function of it, the clock and the accounts' earlier requests.

        The body is unread, as from a network: `httpx.Client` reads it, other callers call `read()`.

        Raises:
            httpx.TransportError: a scripted fault breaks the connection, now or while the body is read.
        """
        return wire.as_response(self.answer(request), request, self._sleep)

    def answer(self, request: httpx.Request) -> wire.Answer:
        """The answer to a request, as a server would put it on the wire."""
        provider, segments = _route(request.url)
        with self._lock:
            if provider is None:
                self.strays.append(request.url)
                return wire.Answer(421, {"Content-Type": "application/json"}, b'{"message":"no such host here"}')
            return self._answer(provider, segments, request)

    def _answer(self, provider: str, segments: tuple[str, ...], request: httpx.Request) -> wire.Answer:
        account = self._accounts[provider]
        now = self.clock.now()
        path = _own_path(request.url, provider)
        fault = self._faults.next_for(provider, path)
        number = len(account.requests) + 1
        question = Question(segments, dict(request.url.params), self.world, account, now, number)
        if fault is not None and (fault.kind in BEFORE or fault.status is not None):
            reply = alterations.before(fault, _MODULES[provider], question)
        else:
            reply = self._reply(provider, question, request, fault)
        account.record(now, path, reply.status, reply.credits)
        reply.headers["Date"] = format_datetime(now, usegmt=True)
        return _broken(fault, reply)

    def _reply(self, provider: str, question: Question, request: httpx.Request, fault: Fault | None) -> Reply:
        module, account = _MODULES[provider], question.account
        refused = _refused(module, question, request)
        if refused is not None:
            return refused
        account.accept(question.now)
        reply = module.answer(question)
        if fault is None or reply.status != 200:
            return reply

        def first() -> Reply:
            query = {name: value for name, value in question.query.items() if name not in ("cursor", "page", "offset")}
            return module.answer(replace(question, query=query))

        return alterations.after(fault, module, question, reply, first)


def _route(url: httpx.URL) -> tuple[str | None, tuple[str, ...]]:
    """The provider, and the decoded segments below its base URL; an encoded `/` stays in its segment."""
    path = url.raw_path.decode("ascii").partition("?")[0]
    segments = [unquote(segment) for segment in path.lstrip("/").split("/")]
    provider = _HOSTS.get(url.host)
    if provider is None and segments[0] in PROVIDERS:
        provider = segments.pop(0)
    elif provider is None and "datasets" in segments[:2]:
        provider = "scraper"
        segments = segments[segments.index("datasets") :]
    if provider == "crawlora" and segments[:2] == _CRAWLORA_BASE:
        segments = segments[2:]
    return provider, tuple(segments)


def _own_path(url: httpx.URL, provider: str) -> str:
    """Path and query as sent, without the prefix that names the provider on loopback."""
    return url.raw_path.decode("ascii").removeprefix(f"/{provider}")


def _refused(module: Provider, question: Question, request: httpx.Request) -> Reply | None:
    """The answer to a request to refuse: not a GET, no key, a wrong key, or over a limit."""
    account, now = question.account, question.now
    if request.method != "GET":
        return module.refusal(question, 405, "Only GET")
    key = module.key(request.headers)
    if key != account.key:
        return module.refusal(question, 401, "missing key" if key is None else "wrong key")
    wait = account.seconds_until_free(now)
    if wait > 0:
        reply = module.refusal(question, 429, f"Over {account.plan.requests_per_minute} requests a minute")
        reply.headers["Retry-After"] = str(int(wait) + 1)
        return reply
    period = account.exceeds(module.PRICE, now)
    if period is None:
        return None
    resets = f"{now.date() + timedelta(days=1)}T00:00:00Z" if period == "day" else "the next month"
    return module.refusal(question, 429, f"The credits of this {period} are used up until {resets}")


def _broken(fault: Fault | None, reply: Reply) -> wire.Answer:
    """The reply as bytes, with the fault that breaks them on the wire."""
    body = alterations.encoded(reply.payload) if reply.body is None else reply.body
    headers = {"Content-Type": "application/json; charset=utf-8"} | reply.headers
    kind = fault.kind if fault is not None and fault.kind in WIRES | {"reset"} else None
    if kind == "half_gzip":
        body = wire.half_gzip(body)
    elif kind == "gzip_bomb" and fault is not None:
        body = wire.gzip_bomb(int(fault.megabytes * 20))
    return wire.Answer(reply.status, headers, body, kind, fault.seconds if fault else 0.0)
