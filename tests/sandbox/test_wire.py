from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import httpx
import pytest

from tiktok_hashtags.sandbox import Fault, Sandbox, World
from tiktok_hashtags.sandbox.wire import gzip_bomb

Get = Callable[..., httpx.Response]

VIDEOS = "/tiktok/hashtags/3242/videos"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", httpx.ReadError),
        ("reset_in_body", httpx.ReadError),
        ("short_body", httpx.RemoteProtocolError),
    ],
)
def test_broken_connections_raise_what_httpx_raises(
    get: Get, sandbox: Sandbox, kind: str, error: type[httpx.TransportError]
) -> None:
    sandbox.script(Fault("unifapi", kind))

    with pytest.raises(error):
        get("unifapi", VIDEOS)


@pytest.mark.parametrize(
    ("kind", "credits_"), [("reset", 0), ("reset_in_body", 20), ("short_body", 20), ("half_gzip", 20)]
)
def test_an_answer_lost_on_the_way_back_is_charged(sandbox: Sandbox, kind: str, credits_: int) -> None:
    sandbox.script(Fault("unifapi", kind))
    headers = {"Authorization": f"Bearer {sandbox.keys['unifapi']}"}

    sandbox.answer(httpx.Request("GET", f"https://api.unifapi.com{VIDEOS}", headers=headers))

    assert sandbox.account("unifapi").charged == credits_


def test_a_long_body_is_longer_than_announced(get: Get, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "long_body"))

    response = get("unifapi", VIDEOS)

    assert len(response.content) > int(response.headers["Content-Length"])


def test_half_a_gzip_stream_passes_as_whole_in_httpx(get: Get, sandbox: Sandbox) -> None:
    whole = get("unifapi", VIDEOS).content
    sandbox.script(Fault("unifapi", "half_gzip"))

    response = get("unifapi", VIDEOS)

    assert response.status_code == 200
    assert 0 < len(response.content) < len(whole)


def test_a_slow_drip_takes_its_time_in_small_pieces(world: World) -> None:
    pauses: list[float] = []
    sandbox = Sandbox(world, sleep=pauses.append)
    sandbox.script(Fault("unifapi", "slow_drip", seconds=90))
    headers = {"Authorization": f"Bearer {sandbox.keys['unifapi']}"}

    response = sandbox.respond(httpx.Request("GET", f"https://api.unifapi.com{VIDEOS}", headers=headers))

    assert json.loads(response.read())["data"]
    assert sum(pauses) == pytest.approx(90, rel=0.1)
    assert max(pauses) < 5


def test_a_gzip_bomb_is_small_correct_and_unpacks_to_what_it_says() -> None:
    bomb = gzip_bomb(20)

    assert len(bomb) < 30_000
    assert len(json.loads(gzip.decompress(bomb))["data"]) == 20_000_000


def test_the_default_bomb_makes_200_megabytes_of_200_kilobytes(sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "gzip_bomb"))
    headers = {"Authorization": f"Bearer {sandbox.keys['unifapi']}"}
    answer = sandbox.answer(httpx.Request("GET", f"https://api.unifapi.com{VIDEOS}", headers=headers))

    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    sizes = [len(unpacker.decompress(answer.body, 1_000_000))]
    while unpacker.unconsumed_tail:
        sizes.append(len(unpacker.decompress(unpacker.unconsumed_tail, 1_000_000)))

    assert len(answer.body) < 250_000
    assert sum(sizes) > 200_000_000
