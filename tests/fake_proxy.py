"""A proxy that opens tunnels and records what it saw, a TLS server with a private authority, and its certificates."""

from __future__ import annotations

import json
import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


def make_authority(folder: Path, name: str) -> Path:
    """Write an authority's certificate; its key is beside it."""
    path = folder / f"{name}.pem"
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", "-x509", *_KEY, "-subj", f"/CN={name}", *usage, "-keyout", path.with_suffix(".key"), "-out", path)
    return path


def make_certificate(authority: Path) -> Path:
    """Write a certificate of this machine's loopback, with its key, by an authority."""
    path = authority.with_name(f"{authority.stem}-server.pem")
    key = path.with_suffix(".key")
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")
    by = ("-CA", authority, "-CAkey", authority.with_suffix(".key"))
    _openssl("req", "-x509", *_KEY, "-subj", "/CN=localhost", *names, *by, "-keyout", key, "-out", path)
    path.write_text(path.read_text() + key.read_text())
    return path


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)  # fixed arguments


@dataclass
class SeenRequests:
    """What a server received: paths and headers."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def tls_server(
    certificate: Path, answer: Callable[[str], Any] = lambda _: {"fine": True}, *, status: int = 200
) -> Iterator[SeenRequests]:
    """Serve JSON by path over TLS on loopback."""
    seen = SeenRequests()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.paths.append(self.path)
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.dumps(answer(self.path)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name that the library calls

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Print nothing about a client that refuses the certificate."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        seen.url = f"https://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


@dataclass
class FakeProxy:
    """A proxy on loopback: the heads of its requests, and all bytes that went through it."""

    url: str = ""
    heads: list[bytes] = field(default_factory=list)
    bytes_seen: bytearray = field(default_factory=bytearray)

    @property
    def place(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")


@contextmanager
def proxy(answer: bytes | None = None, *, by: Callable[[bytes], bytes] = lambda _: OPENED) -> Iterator[FakeProxy]:
    """Open tunnels where a request is answered with `OPENED`; `answer` answers all of them; else `by` looks at it."""
    seen = FakeProxy()
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen.url = f"http://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=_serve, args=(server, seen, by if answer is None else lambda _: answer))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(server: socket.socket, seen: FakeProxy, by: Callable[[bytes], bytes]) -> None:
    tunnels: list[threading.Thread] = []
    while True:
        try:
            connection, _address = server.accept()
        except OSError:
            break
        tunnels.append(threading.Thread(target=_tunnel, args=(connection, seen, by)))
        tunnels[-1].start()
    for thread in tunnels:
        thread.join(10)


def _tunnel(client: socket.socket, seen: FakeProxy, by: Callable[[bytes], bytes]) -> None:
    with client:
        client.settimeout(10)
        head = client.recv(65_536)
        seen.heads.append(head)
        seen.bytes_seen.extend(head)
        answer = by(head)
        client.sendall(answer)
        if answer != OPENED:
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as server:
            ends = {client: server, server: client}
            while ready := select.select(list(ends), [], [], 10)[0]:
                for end in ready:
                    try:
                        content = end.recv(65_536)
                        ends[end].sendall(content)
                    except OSError:
                        return
                    if not content:
                        return
                    seen.bytes_seen.extend(content)
