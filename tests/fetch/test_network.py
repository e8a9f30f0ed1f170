from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx
import pytest

from tiktok_hashtags.fetch.network import NetworkTransport

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


@contextmanager
def listening(answer: Callable[[socket.socket], None], *, connections: int = 1) -> Iterator[str]:
    """A server that answers every connection with a function."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(connections):
                connection, _address = server.accept()
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def dripping(content: bytes) -> Callable[[socket.socket], None]:
    """Send a byte at a time, each well within a timeout per read, until the other side closes the connection."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        try:
            for byte in content:
                connection.sendall(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            return

    return answer


def hurried() -> float:
    """A clock on which a minute passes in a fifth of a second."""
    return time.monotonic() * 300


def got(url: str, monotonic: Callable[[], float] = time.monotonic) -> bytes:
    transport = NetworkTransport(connections=2, monotonic=monotonic)
    try:
        response = transport.handle_request(httpx.Request("GET", url, extensions={"timeout": {"read": 20.0}}))
        return response.read()
    finally:
        transport.close()


@pytest.mark.parametrize(
    "content",
    [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1_000, HEAD.replace(b": 2", b": 1000") + b"x" * 1_000],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_is_left_at_its_deadline(content: bytes) -> None:
    with (
        listening(dripping(content)) as url,
        pytest.raises(httpcore.ReadTimeout, match="the answer took over 60 s"),
    ):
        got(url, hurried)


def test_an_answer_in_time_is_whole() -> None:
    with listening(dripping(HEAD + b"ok")) as url:
        content = got(url)

    assert content == b"ok"


def test_each_request_of_a_connection_has_a_deadline_of_its_own() -> None:
    now = [0.0]

    def answer(connection: socket.socket) -> None:
        for _ in range(3):
            connection.recv(65_536)
            connection.sendall(HEAD + b"ok")

    transport = NetworkTransport(connections=2, monotonic=lambda: now[0])
    with listening(answer) as url:
        contents = []
        for _ in range(3):
            contents.append(transport.handle_request(httpx.Request("GET", url)).read())
            now[0] += 50.0
        transport.close()

    assert contents == [b"ok"] * 3


def test_a_connection_that_breaks_is_an_error() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(HEAD + b"o")

    with listening(answer) as url, pytest.raises(httpcore.RemoteProtocolError):
        got(url)


def test_nobody_at_the_address_is_no_connection() -> None:
    with listening(lambda _: None) as url:
        socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)).close()

    with pytest.raises(httpcore.ConnectError):
        got(url)
