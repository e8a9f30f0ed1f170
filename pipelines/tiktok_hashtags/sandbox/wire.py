"""Answers as bytes, for `httpx.MockTransport` or a socket, whole or broken by a fault on the way."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import httpx

_STEPS = 40
_LOST = 37


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers without a length, and the complete body.

    Attributes:
        fault: How the bytes are broken on the wire, or None.
        seconds: How long a slow drip takes.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    fault: str | None = None
    seconds: float = 0.0


def announced(answer: Answer) -> tuple[dict[str, str], bytes]:
    """Headers with a length, and the bytes that are actually sent."""
    headers, body = dict(answer.headers), answer.body
    length = len(body)
    if answer.fault == "short_body":
        length = len(body) + _LOST
    elif answer.fault == "long_body":
        length = max(len(body) - _LOST, 0)
    elif answer.fault == "reset_in_body":
        body = body[: len(body) // 2]
    elif answer.fault in ("half_gzip", "gzip_bomb"):
        headers["Content-Encoding"] = "gzip"
        length = len(body)
    return headers | {"Content-Length": str(length)}, body


def as_response(answer: Answer, request: httpx.Request, sleep: Callable[[float], None]) -> httpx.Response:
    """The answer as httpx sees it.

    Raises:
        httpx.ReadError: the connection is reset before an answer.
    """
    if answer.fault == "reset":
        raise httpx.ReadError("connection reset by peer", request=request)
    if answer.fault == "slow_headers":
        sleep(answer.seconds)
    headers, body = announced(answer)
    return httpx.Response(answer.status, headers=headers, stream=_Stream(answer, body, request, sleep), request=request)


@dataclass(slots=True)
class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    answer: Answer
    body: bytes
    request: httpx.Request
    sleep: Callable[[float], None]

    def __iter__(self) -> Iterator[bytes]:
        yield from dripped(self.answer, self.body, self.sleep)
        if self.answer.fault == "reset_in_body":
            raise httpx.ReadError("connection reset by peer", request=self.request)
        if self.answer.fault == "short_body":
            message = "peer closed connection without sending complete message body"
            raise httpx.RemoteProtocolError(message, request=self.request)


def dripped(
    answer: Answer, part: bytes, sleep: Callable[[float], None], *, fault: str = "slow_drip"
) -> Iterator[bytes]:
    """A part of the answer at once, or, with a drip fault, in small pieces with pauses too short for a read timeout."""
    if answer.fault != fault:
        yield part
        return
    size = max(len(part) // _STEPS, 1)
    for start in range(0, len(part), size):
        sleep(answer.seconds / _STEPS)
        yield part[start : start + size]


def half_gzip(body: bytes) -> bytes:
    """The first half of a gzip stream, which some decoders accept as a whole one."""
    packed = gzip.compress(body, mtime=0)
    return packed[: len(packed) // 2]


@lru_cache(maxsize=2)
def gzip_bomb(megabytes: int) -> bytes:
    """A small, correct gzip stream of a JSON object whose one text is that many megabytes long.

    A full flush makes the compressed form of a block independent of what came before, so one block is
    packed once and sent many times.
    """
    head, block, tail = b'{"data":"', b"a" * 1_000_000, b'"}'
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed_head = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    packed_block = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    packed_tail = packer.compress(tail) + packer.flush(zlib.Z_FINISH)
    checksum = zlib.crc32(head)
    for _ in range(megabytes):
        checksum = zlib.crc32(block, checksum)
    size = len(head) + megabytes * len(block) + len(tail)
    trailer = zlib.crc32(tail, checksum).to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + packed_head + packed_block * megabytes + packed_tail + trailer
