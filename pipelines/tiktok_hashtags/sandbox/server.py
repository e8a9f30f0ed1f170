"""The sandbox on loopback: a small HTTP/1.1 server that can also break its answers like a real connection.

Besides the providers, it serves a few control paths, so that another process can drive it:

    GET  /_sandbox/meter                                        {provider: {requests, credits, status_2xx}}
    GET  /_sandbox/clock                                        {"now": ...}
    POST /_sandbox/clock    {"now": "2026-11-02T06:00:00Z"}
    POST /_sandbox/faults   {"provider": "unifapi", "kind": "503", ...} or a list; DELETE disarms all
    POST /_sandbox/balance  {"provider": "unifapi", "credits": 1000}
"""

from __future__ import annotations

import json
import logging
import socket
import struct
import threading
import time
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx

from .emulator import Sandbox
from .faults import Fault
from .wire import Answer, announced, dripped

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_CONTROL = "/_sandbox/"
_LARGEST_BODY = 1_000_000


class SandboxServer:
    """A running server; use it as a context manager, or `close()` it.

    Attributes:
        url: Its root, without a trailing slash.
        base_urls: The `base_url` for each provider.
    """

    def __init__(self, sandbox: Sandbox, port: int = 0, *, latency_seconds: float = 0.0) -> None:
        self.sandbox = sandbox
        self._http = _HttpServer(sandbox, port, latency_seconds)
        self.port = self._http.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        paths = {
            "crawlora": "crawlora/api/v1",
            "tikliveapi": "tikliveapi",
            "unifapi": "unifapi",
            "scraper": "scraper",
        }
        self.base_urls = {provider: f"{self.url}/{path}" for provider, path in paths.items()}
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Serve until `close()` is called, or the thread that waits here is interrupted."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def close(self) -> None:
        """Stop listening and cut every open connection."""
        self._http.shutdown()
        self._http.server_close()
        self._http.cut_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        """The server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def serve(sandbox: Sandbox, port: int = 0, *, latency_seconds: float = 0.0) -> SandboxServer:
    """Serve a sandbox on loopback from a separate thread.

    Args:
        sandbox: Answers everything but the control paths.
        port: 0 takes any free port.
        latency_seconds: The wait before each answer of a provider.

    Raises:
        OSError: the port is taken.
    """
    return SandboxServer(sandbox, port, latency_seconds=latency_seconds)


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int, latency_seconds: float) -> None:
        super().__init__((HOST, port), _Handler)
        self.sandbox = sandbox
        self.latency_seconds = latency_seconds
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                log.debug("connection was already closed: %s", error)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's
        log.debug("the connection from %s broke", client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def do_GET(self) -> None:
        self._handle()

    # http.server looks up its methods by these names.
    do_POST = do_DELETE = do_PUT = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        log.debug(format, *args)

    def _handle(self) -> None:
        content = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST_BODY))
        if self.path.startswith(_CONTROL):
            self._send(_controlled(self.server.sandbox, self.command, self.path.removeprefix(_CONTROL), content))
            return
        if self.server.latency_seconds:
            time.sleep(self.server.latency_seconds)
        url = f"http://{HOST}:{self.server.server_address[1]}{self.path}"
        request = httpx.Request(self.command, url, headers=list(self.headers.items()), content=content)
        self._send(self.server.sandbox.answer(request))

    def _send(self, answer: Answer) -> None:
        if answer.fault == "reset":
            self._reset()
            return
        headers, body = announced(answer)
        if answer.fault:
            headers["Connection"] = "close"
            self.close_connection = True
        first = f"HTTP/1.1 {answer.status} {_reason(answer.status)}\r\n"
        head = first + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        if answer.fault in ("slow_headers", "slow_drip"):
            for piece in dripped(answer, head.encode("latin-1"), time.sleep, fault="slow_headers"):
                self.wfile.write(piece)
            head = ""
        for piece in dripped(answer, b"" if self.command == "HEAD" else body, time.sleep):
            self.wfile.write(head.encode("latin-1") + piece)
            head = ""
        if answer.fault == "reset_in_body":
            self._reset()

    def _reset(self) -> None:
        """Close with a reset instead of an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _controlled(sandbox: Sandbox, method: str, name: str, content: bytes) -> Answer:
    """Read or change the sandbox itself; an invalid request is a 400 with the reason."""
    try:
        result = _control(sandbox, method, name, json.loads(content) if content else None)
    except (KeyError, TypeError, ValueError) as error:
        return _json(400, {"message": f"{type(error).__name__}: {error}"})
    return _json(404, {"message": f"no {method} {name}"}) if result is None else _json(200, result)


def _control(sandbox: Sandbox, method: str, name: str, body: Any) -> dict[str, Any] | None:
    match method, name:
        case "GET", "meter":
            return dict(sandbox.meter())
        case "POST", "clock":
            sandbox.clock.set(datetime.fromisoformat(body["now"]))
        case "POST", "faults":
            sandbox.script(*(Fault(**fault) for fault in (body if isinstance(body, list) else [body])))
            return {"armed": True}
        case "DELETE", "faults":
            sandbox.clear_faults()
            return {"armed": False}
        case "POST", "balance":
            sandbox.account(body["provider"]).balance = int(body["credits"])
            return {"provider": body["provider"], "credits": int(body["credits"])}
        case "GET", "clock":
            pass
        case _:
            return None
    return {"now": sandbox.clock.now().isoformat()}


def _json(status: int, payload: dict[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(payload).encode())
