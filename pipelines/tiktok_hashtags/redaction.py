"""Secrets kept out of everything that a run writes, and control characters out of everything that a person reads.

A register holds the secrets that were read. They are removed where things come in or go out: from an answer's body and
headers, from the message of every error of ours, and from every log record of the process, whichever library makes it.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

PLACEHOLDER = "[key]"
# A shorter one is no key of a real API, and could be a word of the data.
MIN_LENGTH = 8
_PASSWORD = re.compile(r"(?:https?|s?ftp|ssh|smb|webdavs?)://[^/?#:]*:([^/?#]*)@")
# C0 except tab, delete, C1, and the marks that change the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SECRET_NAME = re.compile(r"sig|token|key|password|secret|credential", re.IGNORECASE)
# Letters and digits that an encoder escaped although no format asks for it; each pattern begins with fixed bytes.
_WORD = rb"(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])"
_ESCAPED_WORDS = (re.compile(rb"\\u00" + _WORD), re.compile(b"%" + _WORD), re.compile(b"&#"))
# The longest go first, for one may be part of another.
_secrets: list[str] = []
_api_keys: list[str] = []


def register_api_key(key: str) -> None:
    """Remove a key that is sent to an API from messages, logs and answers from now on."""
    register_secret(key)
    _add(_api_keys, key)


def register_secret(secret: str) -> None:
    """Remove a secret that no API knows from messages and logs from now on; an answer keeps the same word."""
    _add(_secrets, secret)


def _add(secrets: list[str], secret: str) -> None:
    if len(secret) >= MIN_LENGTH and secret not in secrets:
        secrets.append(secret)
        secrets.sort(key=len, reverse=True)


def register_secrets_of(url: str) -> None:
    """Register the secrets in a URL: its password, and the signatures and tokens of its query."""
    password = _PASSWORD.search(url)
    values = re.findall(r"[?&]([^=&#]*)=([^&#]*)", url) if is_http(url) else []
    secrets = [value for name, value in values if _SECRET_NAME.search(name)]
    for secret in [*secrets, password[1]] if password else secrets:
        register_secret(secret)
        register_secret(unquote_plus(secret))


def redact_url(path: str) -> str:
    """Return a path, or a URL without its user and query, as text that any encoding has."""
    shown = path.encode("utf-8", "replace").decode()
    if "://" not in shown:
        return shown
    return re.sub(r"://[^/?#]*@", "://", shown.partition("?")[0] if is_http(shown) else shown)


def is_http(path: str) -> bool:
    """Tell whether a path is a URL that can have a query, in a chain of URLs too; elsewhere a `?` is a wildcard."""
    return re.search(r"(?:^|::)https?://", path) is not None


def redacted(text: str) -> str:
    """Return a text without the secrets."""
    return _in_texts(tuple(_secrets)).sub(PLACEHOLDER, text) if _secrets else text


def redacted_bytes(content: bytes) -> bytes:
    """Return a body without the API keys.

    A pattern costs each page too much time, so it is first searched for the longest part of a key that needs no
    escaping, and for any letter or digit that is escaped all the same. Base64 is left out, because it has no such part.
    """
    if not _api_keys:
        return content
    is_odd = any(pattern.search(content) for pattern in _ESCAPED_WORDS)
    for key in _api_keys:
        if is_odd or _stem(key) in content:
            content = _in_bytes(key).sub(PLACEHOLDER.encode(), content)
    return content


def redacted_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers without the API keys in their values."""
    return [(name, redacted_bytes(value)) for name, value in headers]


def printable(text: str) -> str:
    """Return a text on one line, with each character that could command a terminal as an escape."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def redact_logs() -> None:
    """Remove secrets and control characters from all log records that are made from now on, and their tracebacks."""
    logging.setLogRecordFactory(_record)


def _record(*given: Any, **more: Any) -> logging.LogRecord:
    record = logging.LogRecord(*given, **more)
    record.msg, record.args = printable(redacted(record.getMessage())), ()
    if record.exc_info and record.exc_info[1]:
        # Formatters use this text if it is there, and would make it from the exception if not.
        lines = redacted("".join(traceback.format_exception(record.exc_info[1])).rstrip()).split("\n")
        record.exc_text = "\n".join(map(printable, lines))
    return record


@lru_cache(maxsize=1)
def _in_texts(secrets: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join([*map(_escaped, secrets), *map(_in_base64, secrets)]))


@lru_cache
def _in_bytes(secret: str) -> re.Pattern[bytes]:
    return re.compile(_escaped(secret).encode())


@lru_cache
def _stem(secret: str) -> bytes:
    stems: list[str] = re.findall("[A-Za-z0-9]*", secret)
    return max(stems, key=len).encode()


def _escaped(secret: str) -> str:
    """Return a pattern for a secret in which each character is as it is, or as URLs, JSON, HTML or `repr` escape it.

    This is the one place that knows escapings.
    """
    return "".join(map(_escapings, secret))


def _escapings(character: str) -> str:
    code = ord(character)
    hexadecimal = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:02x}")
    forms = {character, quote_plus(character), json.dumps(character)[1:-1], html.escape(character)}
    if character in "\\/'\"":
        forms.add("\\" + character)
    known = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return rf"(?:{known}|%{hexadecimal}|\\u00{hexadecimal}|&#0*{code};|&#[xX]0*{hexadecimal};)"


def _in_base64(secret: str) -> str:
    """Return a pattern for the part of a secret's base64 that no neighbour changes, as a `Basic` header holds it.

    There are three such parts, for the number of bytes before the secret modulo three; either alphabet counts.
    """
    content, parts = secret.encode(), []
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(content)) * 8 // 6
        parts.append(re.escape(base64.b64encode(bytes(before) + content).decode()[first:end]))
    return "|".join(parts).replace(r"\+", "[+-]").replace("/", "[/_]")
