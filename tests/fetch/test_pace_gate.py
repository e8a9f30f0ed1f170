from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpcore
import httpx
import pytest
from tests.fake_network import Script, fetch, ok

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    CaptchaError,
    InterruptedRunError,
    NetworkError,
    RequestError,
    ServerError,
    StatusError,
    UnreachableError,
)
from tiktok_hashtags.fetch.calls import Accepted, Reply
from tiktok_hashtags.fetch.client import ApiClient

if TYPE_CHECKING:
    from tests.conftest import FakeTime, MakeClient, MakeSession


@pytest.mark.parametrize(
    ("step", "error", "attempts"),
    [
        (500, ServerError, 5),
        (502, ServerError, 5),
        (503, ServerError, 5),
        (httpx.ReadError("reset"), NetworkError, 5),
        (httpx.ReadTimeout("late"), NetworkError, 5),
        (httpcore.ReadTimeout("late"), NetworkError, 5),
        (httpx.RemoteProtocolError("closed"), NetworkError, 5),
        (httpx.ConnectError("refused"), UnreachableError, 5),
        (httpx.ConnectTimeout("no answer"), UnreachableError, 5),
        (httpcore.ConnectTimeout("no answer"), UnreachableError, 5),
        (httpx.Response(200, content=b"<html>"), BodyError, 2),
        (httpx.Response(200, content=b""), BodyError, 2),
        (400, StatusError, 1),
        (401, AuthError, 1),
        (403, AuthError, 1),
        (302, StatusError, 1),
    ],
)
def test_only_what_may_pass_is_tried_again_and_only_so_often(
    make_client: MakeClient, step: int | httpx.Response | Exception, error: type[RequestError], attempts: int
) -> None:
    network = Script(step)

    with pytest.raises(error):
        fetch(make_client(network))

    assert len(network.requests) == attempts


def test_a_captcha_is_tried_again_once(make_client: MakeClient) -> None:
    network = Script(ok())

    def captcha(_: httpx.Response) -> Accepted:
        raise CaptchaError("example: a captcha")

    with pytest.raises(CaptchaError):
        fetch(make_client(network), accept=captcha)

    assert len(network.requests) == 2


def test_a_fault_that_passes_leaves_no_trace_in_the_reply(make_client: MakeClient, fake_time: FakeTime) -> None:
    network = Script(httpx.ConnectError("refused"), 503, httpx.ReadError("reset"), ok())

    reply = fetch(make_client(network))

    assert reply.payload == {"fine": True}
    assert len(fake_time.sleeps) == 3
    assert all(0 <= seconds <= 30 for seconds in fake_time.sleeps)


def test_retry_after_of_a_failing_server_is_followed_within_bounds(
    make_client: MakeClient, fake_time: FakeTime
) -> None:
    patient = httpx.Response(503, headers={"retry-after": "120"}, json={})
    absurd = httpx.Response(503, headers={"retry-after": "99999999999"}, json={})

    fetch(make_client(Script(patient, absurd, ok())))

    assert fake_time.sleeps == [120, 900]


def test_a_stopped_run_does_not_wait_or_send(make_client: MakeClient, make_session: MakeSession) -> None:
    session = make_session()
    network = Script(httpx.Response(503, headers={"retry-after": "600"}, json={}))
    client = make_client(network, session=session)
    session.sleep = lambda _: session.stop.set()

    with pytest.raises(InterruptedRunError):
        fetch(client)
    with pytest.raises(InterruptedRunError):
        fetch(client, "/another")

    assert len(network.requests) == 1


def test_the_pause_of_a_real_run_ends_when_it_is_stopped(make_session: MakeSession) -> None:
    session = make_session(sleep=time.sleep)
    session.stop.set()
    before = time.monotonic()

    session.pause(60)

    assert time.monotonic() - before < 5


# --- gate


def at_once(client: ApiClient, *, calls: int) -> list[RequestError | Reply]:
    """What so many calls from as many threads lead to."""
    start = threading.Barrier(calls)

    def call(number: int) -> RequestError | Reply:
        start.wait()
        try:
            return fetch(client, f"/{number}")
        except RequestError as error:
            return error

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(call, range(calls)))


@pytest.mark.parametrize(("status", "kind"), [(401, AuthError), (403, AuthError), (402, BalanceError)])
def test_a_refusal_is_heard_once_however_many_walks_begin_together(
    make_client: MakeClient, status: int, kind: type[RequestError]
) -> None:
    network = Script(status)

    results = at_once(make_client(network), calls=12)

    assert {type(result) for result in results} == {kind}
    assert len(network.requests) == 1


@pytest.mark.parametrize("first", [200, 404, 503])
def test_once_the_first_call_is_over_the_others_go_together(make_client: MakeClient, first: int) -> None:
    waiting = threading.Barrier(6)
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        is_first = request.url.path == calls[0]
        if not is_first:
            waiting.wait(timeout=30)
        return httpx.Response(first if is_first else 200, json={})

    results = at_once(make_client(answer), calls=7)

    assert sum(isinstance(result, Reply) for result in results) == 6 + (first == 200)


def test_what_the_journal_has_does_not_open_the_gate(make_client: MakeClient, make_session: MakeSession) -> None:
    fetch(make_client(Script(ok())), "/0")
    network = Script(401)

    results = at_once(make_client(network, session=make_session()), calls=6)

    assert sum(isinstance(result, Reply) for result in results) <= 1
    assert len(network.requests) == 1
