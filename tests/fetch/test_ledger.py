from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.fetch.ledger_calls import NOW, WORST, Network, fetch, page, requests_of

from tiktok_hashtags.errors import (
    BodyError,
    BudgetError,
    ConfigError,
    EnvelopeError,
    NetworkError,
    NotFoundError,
    RequestError,
    ServerError,
    UnreachableError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.calls import Accepted
from tiktok_hashtags.fetch.money import Budget, PricePlan

if TYPE_CHECKING:
    from tests.conftest import FakeTime, MakeClient, MakeSession


def charges(session: Session) -> list[tuple[str, int | None, int]]:
    return [(row["outcome"], row["status"], row["credits"]) for row in requests_of(session)]


def test_a_request_has_a_line_with_what_it_cost(make_client: MakeClient, session: Session) -> None:
    reply = fetch(make_client(Network(page(20)), session=session))

    [row] = requests_of(session)
    expected = {
        "request_key": reply.request_key,
        "request_id": "run-1-example-000001",
        "run_id": "run-1",
        "snapshot_date": "2026-11-01",
        "walk_key": "walk",
        "provider": "example",
        "endpoint": "things",
        "hashtag_key": "cat",
        "requested_at": "2026-11-01T06:00:00",
        "finished_at": "2026-11-01T06:00:00",
        "status": 200,
        "outcome": "ok",
        "credits": 20,
        "cost_usd": pytest.approx(0.02),
        "bytes": len(page(20).content),
    }
    assert {name: row[name] for name in expected} == expected


def test_requests_and_replays_sort_as_they_were_made_where_the_clock_stands_still(
    make_client: MakeClient, make_session: MakeSession
) -> None:
    fetch(make_client(Network(page())), "/bought")
    again = make_session(run_id="again")
    client = make_client(Network(page()), session=again)

    for path in ("/bought", "/new", "/bought"):
        fetch(client, path)

    assert [row["outcome"] for row in requests_of(again)] == ["replayed", "ok", "replayed"]


def test_the_worst_case_is_in_the_ledger_before_the_request_is_sent(make_client: MakeClient, session: Session) -> None:
    seen: list[tuple[str, int | None, int]] = []

    def answer(_: httpx.Request) -> httpx.Response:
        seen.extend(charges(session))
        return page()

    fetch(make_client(answer, session=session))

    assert seen == [("unknown", None, WORST)]


@pytest.mark.parametrize(
    ("step", "error", "line", "attempts"),
    [
        (httpx.ReadError("reset"), NetworkError, ("unknown", None, WORST), 5),
        (httpx.ReadTimeout("late"), NetworkError, ("unknown", None, WORST), 5),
        (httpx.ConnectError("refused"), UnreachableError, ("error", None, 0), 5),
        (httpx.ConnectTimeout("no answer"), UnreachableError, ("error", None, 0), 5),
        (httpx.Response(503, json={}), ServerError, ("error", 503, 0), 5),
        (httpx.Response(200, content=b"<html>"), BodyError, ("envelope", 200, WORST), 2),
        (httpx.Response(200, json={"failed": 7}), EnvelopeError, ("envelope", 200, 7), 1),
        (httpx.Response(404, json={}), NotFoundError, ("not_found", 404, 0), 1),
    ],
    ids=["reset", "timeout", "refused", "no answer", "503", "html", "envelope", "404"],
)
def test_what_is_not_known_to_be_free_counts_as_charged(  # noqa: PLR0917  # the table's columns
    make_client: MakeClient,
    session: Session,
    step: httpx.Response | Exception,
    error: type[RequestError],
    line: tuple[str, int | None, int],
    attempts: int,
) -> None:
    client = make_client(Network(step), session=session)

    with pytest.raises(error):
        fetch(client)

    assert charges(session) == [line] * attempts
    assert client.ledger.credits == line[2] * attempts
    assert client.ledger.requests == attempts


def test_a_lost_answer_does_not_have_the_status_of_the_attempt_before(
    make_client: MakeClient, session: Session
) -> None:
    network = Network(httpx.Response(503, json={}), httpx.ReadError("reset"), page(20))

    fetch(make_client(network, session=session))

    assert charges(session) == [("error", 503, 0), ("unknown", None, WORST), ("ok", 200, 20)]


def test_a_lost_answer_counts_against_the_budget(make_client: MakeClient, make_session: MakeSession) -> None:
    session = make_session(budget=Budget(max_credits={"example": 2 * WORST}))
    network = Network(httpx.ReadError("reset"))

    with pytest.raises(BudgetError, match="100 of 100 credits"):
        fetch(make_client(network, session=session))

    assert network.count == 2


def test_a_request_that_could_exceed_the_budget_is_not_sent_and_stops_the_provider(
    make_client: MakeClient, make_session: MakeSession
) -> None:
    session = make_session(budget=Budget(max_credits={"example": 69}))
    network = Network(page(20))
    client = make_client(network, session=session)
    fetch(client, "/1")

    with pytest.raises(BudgetError):
        fetch(client, "/2")
    with pytest.raises(BudgetError):
        fetch(client, "/3", worst=1)

    assert network.count == 1
    assert charges(session) == [("ok", 200, 20)]


def test_a_dollar_limit_counts_what_requests_really_cost(make_client: MakeClient, make_session: MakeSession) -> None:
    session = make_session(budget=Budget(max_usd=0.10))
    network = Network(page(20))
    client = make_client(network, session=session)
    for number in range(3):
        fetch(client, f"/{number}")

    with pytest.raises(BudgetError, match=r"\$0\.0600 of \$0\.10"):
        fetch(client, "/3")

    assert network.count == 3


def test_a_dollar_limit_over_unpriced_credits_sends_nothing(make_client: MakeClient, make_session: MakeSession) -> None:
    session = make_session(budget=Budget(max_usd=5.0))
    network = Network(page())

    with pytest.raises(ConfigError, match="Set credit_usd"):
        fetch(make_client(network, plan=PricePlan("payg", None, 200), session=session))

    assert network.count == 0
    assert charges(session) == []


def test_a_page_that_the_balance_cut_short_is_charged_but_not_kept(make_client: MakeClient, session: Session) -> None:
    def cut(response: httpx.Response) -> Accepted:
        return Accepted(response.json(), 20, is_partial=True)

    reply = fetch(make_client(Network(page(20)), session=session), accept=cut)

    assert charges(session) == [("ok", 200, 20)]
    assert session.journal.page(reply.request_key) is None


def test_a_page_is_observed_at_its_request_and_not_when_it_began_to_wait(
    make_client: MakeClient, make_session: MakeSession, fake_time: FakeTime
) -> None:
    session = make_session(clock=lambda: NOW + timedelta(seconds=fake_time.now))
    limited = httpx.Response(429, headers={"retry-after": "300"}, json={})
    started_at = session.clock()

    reply = fetch(make_client(Network(limited, page()), session=session))

    assert reply.observed_at == started_at + timedelta(seconds=300)


def test_an_endpoint_can_name_its_own_outcome(make_client: MakeClient, session: Session) -> None:
    fetch(make_client(Network(page()), session=session), accept=lambda _: Accepted(None, 8, outcome="not_found"))

    assert charges(session) == [("not_found", 200, 8)]
