from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.fake_network import Script, fetch, ok

from tiktok_hashtags.errors import AuthError, QuotaError, RequestError
from tiktok_hashtags.fetch.client import ApiClient
from tiktok_hashtags.fetch.money import PricePlan
from tiktok_hashtags.fetch.pace import WINDOW_SECONDS

if TYPE_CHECKING:
    from tests.conftest import FakeTime, MakeClient, MakeSession


def test_runs_that_share_a_ledger_count_together(
    make_client: MakeClient, make_session: MakeSession, fake_time: FakeTime
) -> None:
    small = PricePlan("small", 0.0, requests_per_minute=3)
    network = Script(ok())
    first = make_client(network, plan=small, session=make_session(is_shared=True))
    for number in range(3):
        fetch(first, f"/{number}")
    first.close()

    fetch(make_client(network, plan=small, session=make_session(is_shared=True)), "/again")

    assert fake_time.sleeps == [pytest.approx(WINDOW_SECONDS)]
    assert len(network.requests) == 4


def test_threads_keep_to_the_plan_together(make_client: MakeClient, fake_time: FakeTime) -> None:
    network = Script(ok())
    client = make_client(network, plan=PricePlan("small", 0.0, requests_per_minute=3))
    started_at = fake_time.now

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(lambda number: fetch(client, f"/{number}"), range(9)))

    assert len(network.requests) == 9
    assert fake_time.now - started_at >= 2 * 60


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("30", 30, 30),
        ("0", 1, 1),
        (None, 60, 60),
        ("soon", 60, 60),
        ("99999999999", 900, 900),
        ("Sun, 01 Nov 2020 06:00:00 GMT", 1, 1),
    ],
    ids=["seconds", "zero", "none", "nonsense", "absurd", "past"],
)
def test_retry_after_of_a_429_is_followed_within_bounds(
    make_client: MakeClient, fake_time: FakeTime, header: str | None, low: float, high: float
) -> None:
    headers = {"retry-after": header} if header is not None else {}
    network = Script(httpx.Response(429, headers=headers, json={}), ok())

    reply = fetch(make_client(network))

    assert reply.payload == {"fine": True}
    assert low <= sum(fake_time.sleeps) <= high


def test_a_429_is_waited_for_until_the_date_that_it_names(make_client: MakeClient, fake_time: FakeTime) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    network = Script(httpx.Response(429, headers={"retry-after": until}, json={}), ok())

    fetch(make_client(network))

    assert 240 < sum(fake_time.sleeps) <= 300


def test_nothing_else_of_the_key_is_sent_while_a_429_is_waited_for(
    make_client: MakeClient, make_session: MakeSession, fake_time: FakeTime
) -> None:
    sent: list[tuple[str, float]] = []
    is_waiting, may_go_on = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, fake_time.now))
        return httpx.Response(429, headers={"retry-after": "30"}, json={}) if len(sent) == 1 else ok()

    def hold(seconds: float) -> None:
        is_waiting.set()
        may_go_on.wait(5)
        fake_time.sleep(seconds)

    client = make_client(answer, session=make_session(sleep=hold))
    first = threading.Thread(target=fetch, args=(client, "/first"))
    first.start()
    is_waiting.wait(5)
    second = threading.Thread(target=fetch, args=(client, "/second"))
    second.start()
    may_go_on.set()
    first.join()
    second.join()

    assert [path for path, _ in sent[:1]] == ["/v1/first"]
    assert all(at >= 1_030 for _, at in sent[1:])
    assert len(sent) == 3


def test_the_third_429_in_a_row_is_the_days_limit(make_client: MakeClient, fake_time: FakeTime) -> None:
    network = Script(httpx.Response(429, headers={"retry-after": "30"}, json={}))
    client = make_client(network)

    with pytest.raises(QuotaError, match=r"refused after two waits\. The plan's day is used up\. Run again after 00"):
        fetch(client)
    with pytest.raises(QuotaError):
        fetch(client, "/another")

    assert len(network.requests) == 3
    assert fake_time.sleeps == [30, 30]


def test_another_run_that_shares_the_ledger_waits_too(
    make_client: MakeClient, make_session: MakeSession, fake_time: FakeTime
) -> None:
    network = Script(httpx.Response(429, headers={"retry-after": "600"}, json={}))
    refused = make_client(network, session=make_session(is_shared=True))
    with pytest.raises(QuotaError):
        fetch(refused)
    fake_time.sleeps.clear()

    fetch(make_client(Script(ok()), session=make_session(is_shared=True)))

    assert fake_time.sleeps == [600]


def test_a_run_with_a_ledger_of_its_own_counts_alone(make_client: MakeClient, fake_time: FakeTime) -> None:
    network = Script(ok())

    for number in range(2):
        fetch(make_client(network, plan=PricePlan("small", 0.0, requests_per_minute=1)), f"/{number}")

    assert fake_time.sleeps == []


def test_after_a_pause_one_request_alone_asks_whether_it_is_over(make_client: MakeClient) -> None:
    sent: list[str] = []
    are_all_under_way = threading.Barrier(8)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/opens"):
            return ok()
        sent.append(request.url.path)
        if len(sent) <= 8:
            are_all_under_way.wait(10)
        return httpx.Response(429, headers={"retry-after": "30"}, json={})

    client = make_client(answer)
    fetch(client, "/opens")
    with ThreadPoolExecutor(8) as pool:
        errors = list(pool.map(lambda number: _error_of(client, f"/{number}"), range(8)))

    assert {type(error) for error in errors} == {QuotaError}
    assert len(sent) == 8 + 2


def test_a_key_that_is_refused_only_now_and_then_is_not_at_its_days_end(
    make_client: MakeClient, fake_time: FakeTime
) -> None:
    busy = httpx.Response(429, headers={"retry-after": "30"}, json={})
    network = Script(busy, busy, ok(), busy, busy, ok(), busy, busy, ok())
    client = make_client(network)

    replies = [fetch(client, f"/{number}") for number in range(3)]

    assert [reply.payload for reply in replies] == [{"fine": True}] * 3
    assert fake_time.sleeps == [30] * 6


def test_what_waits_for_its_turn_is_not_sent_once_the_key_is_refused(
    make_client: MakeClient, make_session: MakeSession, fake_time: FakeTime
) -> None:
    is_sent, is_refused, network = threading.Event(), threading.Event(), Script(401)

    def answer(request: httpx.Request) -> httpx.Response:
        is_sent.set()
        return network(request)

    def wait(seconds: float) -> None:
        is_refused.wait(10)
        fake_time.sleep(seconds)

    client = make_client(answer, plan=PricePlan("small", 0.0, requests_per_minute=1), session=make_session(sleep=wait))
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(_error_of, client, "/first")
        first.add_done_callback(lambda _: is_refused.set())
        is_sent.wait(10)
        others = list(pool.map(lambda number: _error_of(client, f"/{number}"), range(7)))

    assert {type(error) for error in [first.result(), *others]} == {AuthError}
    assert len(network.requests) == 1


def _error_of(client: ApiClient, path: str) -> Exception | None:
    try:
        fetch(client, path)
    except RequestError as error:
        return error
    return None


def test_a_date_counts_from_the_answers_own(make_client: MakeClient, fake_time: FakeTime) -> None:
    headers = {"date": "Sun, 01 Nov 2020 06:00:00 GMT", "retry-after": "Sun, 01 Nov 2020 06:07:00 GMT"}

    fetch(make_client(Script(httpx.Response(429, headers=headers, json={}), ok())))

    assert fake_time.sleeps == [420]
