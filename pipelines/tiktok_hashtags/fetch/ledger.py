"""The two layers that remember: what was bought, and what it cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx

from tiktok_hashtags.errors import RequestError, TiktagsError
from tiktok_hashtags.fetch.journal import RequestRow, StoredPage
from tiktok_hashtags.fetch.layers import Accepted, Call, call_of
from tiktok_hashtags.fetch.money import Caps, Plan
from tiktok_hashtags.fetch.session import Session


class JournalTransport(httpx.BaseTransport):
    """Answers from the journal what was bought before; keeps what was accepted."""

    def __init__(self, inner: httpx.BaseTransport, session: Session, *, provider: str, numbers: Iterator[int]) -> None:
        self._inner, self._session, self._provider, self._numbers = inner, session, provider, numbers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Replay or fetch a page."""
        call = call_of(request)
        stored = self._session.journal.page(call.request_key, even_doubted=self._session.is_offline)
        if stored is not None:
            response = httpx.Response(200, content=stored.body)
            self._record(call)
            response.extensions.update(accepted=call.accept(response), observed_at=stored.observed_at, is_replayed=True)
            return response
        response = self._inner.handle_request(request)
        accepted: Accepted = response.extensions["accepted"]
        page = StoredPage(response.content, response.extensions["observed_at"], accepted.credits)
        if not response.extensions.get("is_partial"):
            self._session.journal.store(
                call.request_key,
                page,
                provider=self._provider,
                snapshot_date=self._session.snapshot_date,
                url=request.url.raw_path.decode(),
            )
        response.extensions["is_replayed"] = False
        return response

    def _record(self, call: Call) -> None:
        now = self._session.clock()
        row = RequestRow(
            request_id=f"{self._session.run_id}-{self._provider}-{next(self._numbers):06d}",
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
            project=self._session.project,
        )
        self._session.journal.record(row)


class LedgerTransport(httpx.BaseTransport):
    """Writes each attempt's worst-case charge before it is sent, and what it really cost afterwards."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        session: Session,
        *,
        provider: str,
        plan: Plan,
        caps: Caps,
        numbers: Iterator[int],
    ) -> None:
        self._inner, self._session, self._provider, self._plan = inner, session, provider, plan
        self._caps = replace(caps, plan_day_credits=plan.credits_per_day, plan_month_credits=plan.month_cap)
        self._numbers = numbers
        self._lock = threading.Lock()
        self.requests = 0
        self.credits = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request if the budgets and the plan leave room for its worst case.

        Raises:
            BudgetError: It could exceed a limit of the user's; it was not sent.
            QuotaError: It could exceed the plan's day or month; it was not sent.
        """
        call = call_of(request)
        row, used = self._reserved(call)
        try:
            response = self._inner.handle_request(request)
        except RequestError as error:
            spent = call.worst_credits if error.credits is None else error.credits
            settled = replace(row, credits=spent, outcome=error.outcome, status=request.extensions.get("status"))
            self._settle(settled, row, used)
            raise
        accepted: Accepted = response.extensions["accepted"]
        response.extensions["observed_at"] = row.requested_at
        settled = replace(
            row,
            credits=accepted.credits,
            outcome=accepted.outcome,
            status=response.status_code,
            bytes=len(response.content),
        )
        self._settle(settled, row, used)
        return response

    def _reserved(self, call: Call) -> tuple[RequestRow, int]:
        worst = call.worst_credits
        estimate = self._plan.worst_usd(worst)
        self._session.budget.reserve(self._provider, worst, estimate)
        row = RequestRow(
            request_id=f"{self._session.run_id}-{self._provider}-{next(self._numbers):06d}",
            run_id=self._session.run_id,
            snapshot_date=self._session.snapshot_date,
            request_key=call.request_key,
            walk_key=call.walk_key,
            provider=self._provider,
            endpoint=call.endpoint,
            hashtag_key=call.hashtag_key,
            requested_at=self._session.clock(),
            credits=worst,
            cost_usd=None,
            project=self._session.project,
        )
        try:
            reserved, used = self._session.journal.reserve(row, plan=self._plan, caps=self._caps)
        except TiktagsError:
            self._session.budget.settle(self._provider, reserved=(worst, estimate), charged=(0, 0.0))
            raise
        self._session.budget.settle(self._provider, reserved=(worst, estimate), charged=(worst, reserved.cost_usd))
        with self._lock:
            self.requests += 1
            self.credits += worst
        return reserved, used

    def _settle(self, settled: RequestRow, reserved: RequestRow, used: int) -> None:
        cost = self._plan.cost_usd(settled.credits, used_this_month=used)
        settled = replace(settled, cost_usd=cost, finished_at=self._session.clock())
        with self._lock:
            self.credits += settled.credits - reserved.credits
        self._session.budget.settle(
            self._provider,
            reserved=(reserved.credits, reserved.cost_usd),
            charged=(settled.credits, settled.cost_usd),
        )
        self._session.journal.settle(settled, reserved=reserved)
