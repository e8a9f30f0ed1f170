from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.fake_network import Script, accept, fetch, ok

from tiktok_hashtags.errors import BodyError, ConfigError, NetworkError, RequestError, StatusError, UnreachableError
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.answers import MAX_BODY_BYTES
from tiktok_hashtags.fetch.calls import Accepted, Reply
from tiktok_hashtags.fetch.client import ApiClient
from tiktok_hashtags.fetch.money import PricePlan
from tiktok_hashtags.redaction import register_api_key
from tiktok_hashtags.sandbox import Fault, Sandbox, serve

if TYPE_CHECKING:
    from tests.conftest import FakeTime, MakeClient, MakeSession

CHRISTMAS = "/tiktok/hashtags/3242/videos"


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


def test_gzip_is_decoded_in_any_pieces(make_client: MakeClient) -> None:
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
    plan = PricePlan("test", 0.001, requests_per_minute=100_000)
    client = ApiClient(provider="unifapi", base_url=base_url, headers=headers, plan=plan, session=session)
    session.clients["unifapi"] = client
    return client


def test_a_redirect_is_not_followed(sandbox: Sandbox, make_session: MakeSession) -> None:
    with serve(sandbox) as elsewhere, serve(sandbox) as server:
        sandbox.script(Fault("unifapi", "redirect", location=f"{elsewhere.url}/collect"))
        session = make_session(transport=None)

        with pytest.raises(StatusError, match=r"HTTP 302.* a redirect, which is never followed"):
            videos(sandbox_client(sandbox, session, server.base_urls["unifapi"]))

    assert sandbox.strays == []
    assert sandbox.meter()["unifapi"]["requests"] == 1


def test_an_answer_that_echoes_the_key_is_read_and_kept_without_it(make_client: MakeClient, session: Session) -> None:
    key = "a-key-that-comes-back"
    register_api_key(key)
    headers: list[str] = []

    def accepted(response: httpx.Response) -> Accepted:
        headers.append(response.headers["x-key"])
        return accept(response)

    client = make_client(lambda _: httpx.Response(200, headers={"x-key": key}, json={"echo": key}), session=session)
    reply = fetch(client, accept=accepted)

    kept = session.journal.page(reply.request_key)
    assert (reply.payload, headers) == ({"echo": "[key]"}, ["[key]"])
    assert kept is not None
    assert kept.body == b'{"echo":"[key]"}'


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://api.example", "@elsewhere.example/x"),
        ("https://api.example", ".evil.example/x"),
        ("https://api.example", ":8443/x"),
        ("https://api.example:844", "3/x"),
    ],
)
def test_the_key_goes_to_its_own_origin_only(make_client: MakeClient, base_url: str, path: str) -> None:
    network = Script(ok())
    client = make_client(network, base_url=base_url)

    with pytest.raises(ConfigError, match=r"was not sent: the key belongs to api\.example"):
        fetch(client, path)

    assert network.requests == []
