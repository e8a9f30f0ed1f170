"""A loopback server that has every page ready: it costs a lookup and a write per request.

`python bench/server.py HASHTAGS PAGES LATENCY_MS` prints its URL once all pages are rendered, and serves until killed.
"""

from __future__ import annotations

import asyncio
import mmap
import re
import sys
import tempfile

from videos import Feeds

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_TARGET = re.compile(rb"GET /tiktok/hashtags/(\d+)/videos\?(?:\S*?\bcursor=(\d+))?")
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class Answers:
    """All answers by hashtag id and cursor, in a file: millions of videos would not fit into memory."""

    def __init__(self, feeds: Feeds) -> None:
        self._places: dict[tuple[bytes, bytes], slice] = {}
        with tempfile.TemporaryFile() as file:
            for hashtag, hashtag_id in enumerate(feeds.hashtag_ids()):
                for number in range(feeds.pages):
                    body, start = feeds.page(hashtag, number), file.tell()
                    file.write(_HEAD % len(body) + body)
                    self._places[hashtag_id.encode(), str(number).encode()] = slice(start, file.tell())
            file.flush()
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def get(self, hashtag_id: bytes, cursor: bytes) -> bytes:
        """Return one answer; 404 where there is no such page."""
        place = self._places.get((hashtag_id, cursor))
        return self._bytes[place] if place else _NOT_FOUND


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, answers: Answers, latency_seconds: float) -> None:
        self._answers, self._latency_seconds = answers, latency_seconds
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            found = _TARGET.match(head)
            answer = self._answers.get(found[1], found[2] or b"0") if found else _NOT_FOUND
            if self._latency_seconds:
                asyncio.get_running_loop().call_later(self._latency_seconds, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def main(feeds: Feeds, latency_seconds: float) -> None:
    """Serve until killed."""
    answers = Answers(feeds)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, latency_seconds), "127.0.0.1", 0, backlog=256)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Feeds(int(sys.argv[1]), int(sys.argv[2])), float(sys.argv[3]) / 1000))
