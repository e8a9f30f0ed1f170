from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.fake_network import Script, accept, fetch, ok

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    CaptchaError,
    ConfigError,
    InterruptedRunError,
    NetworkError,
    RequestError,
    ServerError,
    StatusError,
    UnreachableError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.client import ApiClient, Reply
from tiktok_hashtags.fetch.layers import MAX_BODY_BYTES, Accepted, OriginTransport
from tiktok_hashtags.fetch.money import Plan
from tiktok_hashtags.fetch.network import NetworkTransport
from tiktok_hashtags.sandbox import Fault, Sandbox, serve

if TYPE_CHECKING:
    from tests.conftest import FakeTime, MakeClient, MakeSession

CHRISTMAS = "/tiktok/hashtags/3242/videos"


# --- retries


@pytest.mark.parametrize(
    ("step", "error", "attempts"),
    [
        (500, ServerError, 5),
        (502, ServerError, 5),
        (503, ServerError, 5),
        (httpx.ReadError("reset"), NetworkError, 5),
        (httpx.ReadTimeout("late"), NetworkError, 5),
        (httpx.RemoteProtocolError("closed"), NetworkError, 5),
        (httpx.ConnectError("refused"), UnreachableError, 5),
        (httpx.ConnectTimeout("no answer"), UnreachableError, 5),
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


def test_a_server_that_says_when_it_is_back_is_waited_for_within_bounds(
    make_client: MakeClient, fake_time: FakeTime
) -> None:
    patient = httpx.Response(503, headers={"retry-after": "120"}, json={})
    absurd = httpx.Response(503, headers={"retry-after": "99999999999"}, json={})

    fetch(make_client(Script(patient, absurd, ok())))

    assert fake_time.sleeps == [120, 900]


def test_a_run_that_is_told_to_stop_does_not_wait_or_send(make_client: MakeClient, make_session: MakeSession) -> None:
    session = make_session()
    network = Script(httpx.Response(503, headers={"retry-after": "600"}, json={}))
    client = make_client(network, session=session)
    session.sleep = lambda _: session.stop.set()

    with pytest.raises(InterruptedRunError):
        fetch(client)
    with pytest.raises(InterruptedRunError):
        fetch(client, "/another")

    assert len(network.requests) == 1


def test_the_pause_of_a_real_run_ends_when_it_is_told_to_stop(make_session: MakeSession) -> None:
    session = make_session(sleep=time.sleep)
    session.stop.set()
    before = time.monotonic()

    session.pause(60)

    assert time.monotonic() - before < 5


# --- bounds


class Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces

    def close(self) -> None:
        self.is_closed = True


def test_a_body_that_drips_past_the_deadline_is_refused(make_client: MakeClient, fake_time: FakeTime) -> None:
    def drip() -> Iterator[bytes]:
        while True:
            fake_time.sleep(15)
            yield b" "

    with pytest.raises(NetworkError, match="example things: the body took over 60 s"):
        fetch(make_client(lambda _: httpx.Response(200, stream=Pieces(drip()))))


def test_a_body_that_arrives_within_the_deadline_is_whole(make_client: MakeClient, fake_time: FakeTime) -> None:
    def drip() -> Iterator[bytes]:
        for piece in (b'{"a"', b":", b"1}"):
            fake_time.sleep(19)
            yield piece

    assert fetch(make_client(lambda _: httpx.Response(200, stream=Pieces(drip())))).payload == {"a": 1}


def test_an_endless_body_is_left_at_the_cap_and_closed(make_client: MakeClient) -> None:
    sent = 0
    streams: list[Pieces] = []

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1_000_000

    def answer(_: httpx.Request) -> httpx.Response:
        streams.append(Pieces(endless()))
        return httpx.Response(200, stream=streams[-1])

    with pytest.raises(NetworkError, match="the body is over 32 MiB"):
        fetch(make_client(answer))

    assert sent <= 5 * (MAX_BODY_BYTES // 1_000_000 + 1)
    assert all(stream.is_closed for stream in streams)


def test_a_body_of_exactly_the_cap_is_taken(make_client: MakeClient) -> None:
    frame = len(b'{"a":""}')
    body = gzip.compress(b'{"a":"' + b"x" * (MAX_BODY_BYTES - frame) + b'"}', 1)
    headers = {"content-encoding": "gzip"}

    reply = fetch(make_client(lambda _: httpx.Response(200, headers=headers, stream=Pieces(iter([body])))))

    assert len(reply.payload["a"]) == MAX_BODY_BYTES - frame


def test_gzip_is_decoded_whatever_its_pieces(make_client: MakeClient) -> None:
    body = gzip.compress(b'{"a": "' + bytes(range(65, 91)) * 50 + b'"}')
    headers = {"content-encoding": "GZIP"}

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=Pieces(bytes([byte]) for byte in body))

    assert len(fetch(make_client(answer)).payload["a"]) == 26 * 50


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (gzip.compress(b'{"a": 1}')[:-9], "the gzip body ends in the middle"),
        (b"", "the gzip body ends in the middle"),
        (b'{"a": 1}', "the gzip body is broken"),
        (gzip.compress(b'{"a": 1}')[:-8] + b"01234567", "the gzip body is broken"),
        (gzip.compress(b'{"a": 1}') + b"more", "the gzip body goes on after its end"),
    ],
    ids=["half", "empty", "plain", "checksum", "longer"],
)
def test_a_gzip_body_that_is_not_whole_is_refused(make_client: MakeClient, body: bytes, said: str) -> None:
    headers = {"content-encoding": "gzip"}

    with pytest.raises(NetworkError, match=said):
        fetch(make_client(lambda _: httpx.Response(200, headers=headers, stream=Pieces(iter([body])))))


def videos(client: ApiClient) -> Reply:
    return client.fetch(CHRISTMAS, params={"limit": 50}, endpoint="videos", accept=accept, worst_credits=50)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", NetworkError),
        ("reset_in_body", NetworkError),
        ("short_body", NetworkError),
        ("long_body", BodyError),
        ("half_gzip", NetworkError),
        ("gzip_bomb", NetworkError),
    ],
)
def test_bytes_that_break_on_the_wire_never_make_a_page(
    sandbox: Sandbox, make_session: MakeSession, kind: str, error: type[RequestError]
) -> None:
    sandbox.script(Fault("unifapi", kind, times=None))
    session = make_session(transport=None)
    with serve(sandbox) as server:
        client = sandbox_client(sandbox, session, server.base_urls["unifapi"])

        with pytest.raises(error):
            videos(client)

    assert [row["outcome"] for row in session.journal.requests("run-1", "unifapi")].count("ok") == 0


def test_a_bomb_of_gzip_is_left_long_before_it_is_unpacked(sandbox: Sandbox, make_session: MakeSession) -> None:
    sandbox.script(Fault("unifapi", "gzip_bomb", times=None, megabytes=10))
    with serve(sandbox) as server:
        client = sandbox_client(sandbox, make_session(transport=None), server.base_urls["unifapi"])
        with pytest.raises(NetworkError, match="the body is over 32 MiB"):
            videos(client)  # the sandbox packs its 200 MB once
        client = sandbox_client(sandbox, make_session(transport=None), server.base_urls["unifapi"])
        tracemalloc.start()
        try:
            with pytest.raises(NetworkError):
                videos(client)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 3 * MAX_BODY_BYTES


@pytest.mark.parametrize("kind", ["slow_headers", "slow_drip"])
def test_an_answer_that_drips_over_a_real_connection_is_left_and_asked_for_again(
    sandbox: Sandbox, make_session: MakeSession, kind: str
) -> None:
    sandbox.script(Fault("unifapi", kind, seconds=120))
    network = NetworkTransport(connections=2, monotonic=lambda: time.monotonic() * 20)
    session = make_session(transport=network)
    with serve(sandbox) as server:
        reply = videos(sandbox_client(sandbox, session, server.base_urls["unifapi"]))

    outcomes = [row["outcome"] for row in session.journal.requests("run-1", "unifapi")]
    assert reply.payload["data"]
    assert (outcomes[0], outcomes[-1]) == ("unknown", "ok")


def test_a_real_connection_brings_the_page(sandbox: Sandbox, make_session: MakeSession) -> None:
    session = make_session(transport=None)
    with serve(sandbox) as server:
        client = sandbox_client(sandbox, session, server.base_urls["unifapi"])

        reply = videos(client)

    assert reply.payload["billing"]["credits_charged"] == len(reply.payload["data"]) > 0


def test_nobody_at_the_address_is_not_charged(sandbox: Sandbox, make_session: MakeSession) -> None:
    with serve(sandbox) as server:
        address = server.base_urls["unifapi"]
    session = make_session(transport=None)

    with pytest.raises(UnreachableError, match="unifapi videos: no connection"):
        videos(sandbox_client(sandbox, session, address))

    charges = [(row["outcome"], row["credits"]) for row in session.journal.requests("run-1", "unifapi")]
    assert charges == [("error", 0)] * 5


def sandbox_client(sandbox: Sandbox, session: Session, base_url: str) -> ApiClient:
    headers = {"authorization": f"Bearer {sandbox.keys['unifapi']}"}
    plan = Plan("test", 0.001, requests_per_minute=100_000)
    client = ApiClient(provider="unifapi", base_url=base_url, headers=headers, plan=plan, session=session)
    session.clients["unifapi"] = client
    return client


# --- origin


def test_a_redirect_is_not_followed(sandbox: Sandbox, make_session: MakeSession) -> None:
    with serve(sandbox) as elsewhere, serve(sandbox) as server:
        sandbox.script(Fault("unifapi", "redirect", location=f"{elsewhere.url}/collect"))
        session = make_session(transport=None)

        with pytest.raises(StatusError, match=r"HTTP 302.* a redirect, which is never followed"):
            videos(sandbox_client(sandbox, session, server.base_urls["unifapi"]))

    assert sandbox.strays == []
    assert sandbox.meter()["unifapi"]["requests"] == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/x",
        "http://api.example/v1/x",
        "https://api.example:8443/v1/x",
        "https://api.example.evil.example/v1/x",
    ],
)
def test_the_key_goes_to_its_own_origin_only(url: str) -> None:
    network = Script(ok())
    transport = OriginTransport(httpx.MockTransport(network), "https://api.example/v1")

    with pytest.raises(ConfigError, match=r"was not sent: the key belongs to api\.example"):
        transport.handle_request(httpx.Request("GET", url, headers={"x-api-key": "secret-key"}))

    assert network.requests == []


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
