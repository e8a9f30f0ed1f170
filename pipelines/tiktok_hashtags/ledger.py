"""The two layers that remember: what was bought, and what it cost."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import httpx

from tiktok_hashtags.errors import QuotaError, RequestError
from tiktok_hashtags.journal import RequestRow, StoredPage
from tiktok_hashtags.money import Plan
from tiktok_hashtags.session import Session
from tiktok_hashtags.transports import Accepted, Call, call_of


class JournalTransport(httpx.BaseTransport):
    """Answers from the journal what was bought before; keeps what was accepted."""

    def __init__(self, inner: httpx.BaseTransport, session: Session, provider: str) -> None:
        self._inner, self._session, self._provider = inner, session, provider
        self._numbers = itertools.count(1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Replay or fetch a page."""
        call = call_of(request)
        stored = self._session.journal.page(call.request_key)
        if stored is not None:
            response = httpx.Response(200, content=stored.body)
            self._record(call)
            response.extensions.update(accepted=call.accept(response), observed_at=stored.observed_at, is_replayed=True)
            return response
        observed_at = self._session.clock()
        response = self._inner.handle_request(request)
        accepted: Accepted = response.extensions["accepted"]
        page = StoredPage(response.content, observed_at, accepted.credits)
        if not response.extensions.get("is_partial"):
            self._session.journal.store(
                call.request_key,
                page,
                provider=self._provider,
                snapshot_date=self._session.snapshot_date,
                url=request.url.raw_path.decode(),
            )
        response.extensions.update(observed_at=observed_at, is_replayed=False)
        return response

    def _record(self, call: Call) -> None:
        now = self._session.clock()
        row = RequestRow(
            request_id=f"{self._session.run_id}-{self._provider}-replay-{next(self._numbers):06d}",
            run_id=self._session.run_id,
            snapshot_date=self._session.snapshot_date,
            request_key=call.request_key,
            walk_key=call.walk_key,
            provider=self._provider,
            endpoint=call.endpoint,
            hashtag_key=call.hashtag_key,
            requested_at=now,
            finished_at=now,
            credits=0,
            cost_usd=0.0,
            outcome="replayed",
        )
        self._session.journal.record(row)


class LedgerTransport(httpx.BaseTransport):
    """Writes each attempt's worst-case charge before it is sent, and what it really cost afterwards."""

    def __init__(self, inner: httpx.BaseTransport, session: Session, *, provider: str, plan: Plan) -> None:
        self._inner, self._session, self._provider, self._plan = inner, session, provider, plan
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        now = session.clock()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._day_credits = session.journal.charged(provider, since=midnight)
        self._month_credits = session.journal.charged(provider, since=midnight.replace(day=1))
        self.requests = 0
        self.credits = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request if the budget and the plan leave room for its worst case.

        Raises:
            BudgetError: It could exceed a limit of the watchlist; it was not sent.
            QuotaError: It could exceed the plan's day or month; it was not sent.
        """
        call = call_of(request)
        row = self._reserved(call)
        try:
            response = self._inner.handle_request(request)
        except RequestError as error:
            spent = call.worst_credits if error.credits is None else error.credits
            self._settle(row, credits=spent, outcome=error.outcome, status=request.extensions.get("status"), size=None)
            raise
        accepted: Accepted = response.extensions["accepted"]
        self._settle(
            row,
            credits=accepted.credits,
            outcome=accepted.outcome,
            status=response.status_code,
            size=len(response.content),
        )
        return response

    def _reserved(self, call: Call) -> RequestRow:
        worst = call.worst_credits
        with self._lock:
            self._check_plan(worst)
            cost = self._plan.cost_usd(worst, used_this_month=self._month_credits)
            self._session.budget.reserve(self._provider, worst, cost)
            self._count(worst)
            self.requests += 1
            number = next(self._numbers)
        row = RequestRow(
            request_id=f"{self._session.run_id}-{self._provider}-{number:06d}",
            run_id=self._session.run_id,
            snapshot_date=self._session.snapshot_date,
            request_key=call.request_key,
            walk_key=call.walk_key,
            provider=self._provider,
            endpoint=call.endpoint,
            hashtag_key=call.hashtag_key,
            requested_at=self._session.clock(),
            credits=worst,
            cost_usd=cost,
        )
        self._session.journal.reserve(row)
        return row

    def _settle(self, row: RequestRow, *, credits: int, outcome: str, status: int | None, size: int | None) -> None:
        with self._lock:
            self._count(-row.credits)
            cost = self._plan.cost_usd(credits, used_this_month=self._month_credits)
            self._count(credits)
        self._session.budget.settle(self._provider, reserved=(row.credits, row.cost_usd), charged=(credits, cost))
        settled = replace(
            row,
            credits=credits,
            cost_usd=cost,
            outcome=outcome,
            status=status,
            bytes=size,
            finished_at=self._session.clock(),
        )
        self._session.journal.settle(settled)

    def _check_plan(self, worst: int) -> None:
        for name, used, cap in (
            ("day", self._day_credits, self._plan.credits_per_day),
            ("month", self._month_credits, self._plan.month_cap),
        ):
            if cap is not None and used + worst > cap:
                raise QuotaError(
                    f"{self._provider}: {used} of the {cap} credits a {name} of plan {self._plan.name} are used; "
                    "nothing more was sent"
                )

    def _count(self, credits: int) -> None:
        self._day_credits += credits
        self._month_credits += credits
        self.credits += credits
