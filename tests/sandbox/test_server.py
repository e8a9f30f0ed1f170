from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tiktok_hashtags.sandbox import PROVIDERS, Fault, Sandbox, SandboxServer, serve

VIDEOS = "/tiktok/hashtags/3242/videos"


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    with serve(sandbox) as server:
        yield server


@pytest.fixture
def web(server: SandboxServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.sandbox.keys['unifapi']}"}
    with httpx.Client(headers=headers, timeout=5, trust_env=False) as client:
        yield client


def test_listens_on_loopback_alone(server: SandboxServer) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert all(url.startswith(server.url) for url in server.base_urls.values())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_base_url_leads_to_its_provider(server: SandboxServer, web: httpx.Client, provider: str) -> None:
    path = {
        "crawlora": "/tiktok/hashtag/%F0%9F%8E%84",
        "tikliveapi": "/challenge-info-id/?id=3242",
        "unifapi": VIDEOS,
        "scraper": "/datasets/holiday-hashtags/items",
    }[provider]
    key = server.sandbox.keys[provider]

    response = web.get(server.base_urls[provider] + path, headers={"x-api-key": key, "Authorization": f"Bearer {key}"})

    assert response.status_code == 200
    assert server.sandbox.meter()[provider]["status_2xx"] == 1


def test_answers_are_those_of_the_mock_transport(server: SandboxServer, web: httpx.Client, sandbox: Sandbox) -> None:
    over_http = web.get(server.base_urls["unifapi"] + VIDEOS).json()
    with httpx.Client(transport=httpx.MockTransport(sandbox.respond), headers=web.headers) as client:
        in_process = client.get(f"https://api.unifapi.com{VIDEOS}").json()

    assert [video["video_description"] for video in over_http["data"]] == [
        video["video_description"] for video in in_process["data"]
    ]


def test_a_connection_serves_many_requests(server: SandboxServer, web: httpx.Client) -> None:
    ports = {
        web.get(server.base_urls["unifapi"] + VIDEOS).extensions["network_stream"].get_extra_info("client_addr")
        for _ in range(3)
    }

    assert len(ports) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", httpx.ReadError),
        ("reset_in_body", httpx.ReadError),
        ("short_body", httpx.RemoteProtocolError),
    ],
)
def test_connections_really_break(
    server: SandboxServer, web: httpx.Client, kind: str, error: type[httpx.TransportError]
) -> None:
    server.sandbox.script(Fault("unifapi", kind))

    with pytest.raises(error):
        web.get(server.base_urls["unifapi"] + VIDEOS)
    assert web.get(server.base_urls["unifapi"] + VIDEOS).status_code == 200


def test_more_is_sent_than_announced(server: SandboxServer) -> None:
    server.sandbox.script(Fault("unifapi", "long_body"))
    key = server.sandbox.keys["unifapi"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"GET /unifapi{VIDEOS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65_536), b""))

    head, _, body = received.partition(b"\r\n\r\n")
    announced = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))

    assert len(body) > announced


@pytest.mark.parametrize("kind", ["slow_headers", "slow_drip"])
def test_a_slow_answer_outlives_a_timeout_per_read(server: SandboxServer, web: httpx.Client, kind: str) -> None:
    server.sandbox.script(Fault("unifapi", kind, seconds=0.4))

    response = web.get(server.base_urls["unifapi"] + VIDEOS, timeout=0.2)

    assert response.json()["data"]
    assert response.elapsed.total_seconds() > 0.3


def test_half_a_gzip_stream_arrives_as_a_success(server: SandboxServer, web: httpx.Client) -> None:
    server.sandbox.script(Fault("unifapi", "half_gzip"))

    response = web.get(server.base_urls["unifapi"] + VIDEOS)

    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "gzip"


def test_another_process_can_read_the_meter(server: SandboxServer, web: httpx.Client) -> None:
    web.get(server.base_urls["unifapi"] + VIDEOS)

    meter = web.get(f"{server.url}/_sandbox/meter").json()

    assert meter["unifapi"] == {"requests": 1, "credits": 20, "status_2xx": 1}


def test_another_process_can_set_the_clock(server: SandboxServer, web: httpx.Client) -> None:
    web.post(f"{server.url}/_sandbox/clock", json={"now": "2026-11-09T06:00:00Z"})

    assert server.sandbox.clock.now() == datetime(2026, 11, 9, 6, tzinfo=UTC)
    assert web.get(f"{server.url}/_sandbox/clock").json() == {"now": "2026-11-09T06:00:00+00:00"}


def test_another_process_can_arm_and_disarm_faults(server: SandboxServer, web: httpx.Client) -> None:
    web.post(f"{server.url}/_sandbox/faults", json={"provider": "unifapi", "kind": "503", "nth": [1, 3], "times": None})
    statuses = [web.get(server.base_urls["unifapi"] + VIDEOS).status_code for _ in range(2)]

    web.delete(f"{server.url}/_sandbox/faults")

    assert statuses == [503, 200]
    assert web.get(server.base_urls["unifapi"] + VIDEOS).status_code == 200


def test_another_process_can_top_up_the_balance(server: SandboxServer, web: httpx.Client) -> None:
    web.post(f"{server.url}/_sandbox/balance", json={"provider": "unifapi", "credits": 5})

    assert web.get(server.base_urls["unifapi"] + VIDEOS).json()["billing"]["records_charged"] == 5


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("clock", {"now": "tomorrow"}, 400),
        ("faults", {"provider": "unifapi", "kind": "explode"}, 400),
        ("faults", {"provider": "unifapi", "kind": "503", "often": True}, 400),
        ("balance", {"provider": "nobody", "credits": 5}, 400),
        ("nothing", {}, 404),
    ],
)
def test_a_control_request_that_makes_no_sense_is_refused(
    server: SandboxServer, web: httpx.Client, path: str, body: dict[str, object], status: int
) -> None:
    assert web.post(f"{server.url}/_sandbox/{path}", json=body).status_code == status


def test_nothing_answers_after_closing(sandbox: Sandbox) -> None:
    with serve(sandbox) as server, httpx.Client(timeout=5, trust_env=False) as web:
        web.get(f"{server.url}/_sandbox/meter")
        server.close()

        with pytest.raises(httpx.TransportError):
            web.get(f"{server.url}/_sandbox/meter")


def test_a_taken_port_is_an_error(server: SandboxServer) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(server.sandbox, server.port)
