"""Keys kept out of whatever a run writes: the keys that were read, and one function that takes them out of a text.

It is applied where things come in or go out: to an answer's body and headers, to the message of every error of ours,
and to every log record of the process, whoever makes it.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

PLACEHOLDER = "[key]"
# A shorter one is no key of a real API, and could be a word of the data.
MIN_LENGTH = 8
_URL_SAFE = str.maketrans("+/", "-_")
_hidden: set[str] = set()
_plain: set[bytes] = set()
_pattern = re.compile(r"(?!)")


def hide(secret: str) -> None:
    """Have a secret that APIs are sent, also percent-encoded or in base64, taken out from now on."""
    if len(secret) >= MIN_LENGTH:
        hide_in_messages(secret)
        _plain.update(form.encode() for form in _plain_forms(secret))


def hide_in_messages(secret: str) -> None:
    """Have a secret that no API knows taken out of errors and logs; an answer that has the same word keeps it."""
    global _pattern  # noqa: PLW0603  # one for the process, as keys are
    if len(secret) < MIN_LENGTH or secret in _hidden:
        return
    _hidden.add(secret)
    forms = sorted({form for each in _hidden for form in _forms(each)}, key=len, reverse=True)
    _pattern = re.compile("|".join(map(re.escape, forms)))


def hide_secrets_of(url: str) -> None:
    """Have what can be a secret in a URL, its password and the values of its query, taken out of errors and logs."""
    password = re.search(r"://[^/@:]*:([^/@]+)@", url)
    values = [value for _, value in parse_qsl(url.partition("?")[2])] if is_http(url) else []
    for secret in [*([password[1]] if password else []), *values]:
        hide_in_messages(secret)


def shown_place(path: str) -> str:
    """Return a path, or a URL without its user and query."""
    if "://" not in path:
        return path
    return re.sub(r"://[^/@]*@", "://", path.partition("?")[0] if is_http(path) else path)


def is_http(path: str) -> bool:
    """Tell whether a path is a URL that can have a query; elsewhere a `?` is a wildcard."""
    return path.startswith(("http://", "https://"))


def redacted(text: str) -> str:
    """Return a text without the secrets."""
    return _pattern.sub(PLACEHOLDER, text)


def redacted_bytes(content: bytes) -> bytes:
    """Return a body without the secrets as they are or percent-encoded; base64 would cost each page more."""
    for form in _plain:
        if form in content:
            content = content.replace(form, PLACEHOLDER.encode())
    return content


def redact_logs() -> None:
    """Take the secrets out of all log records that are made from now on, and out of their tracebacks."""
    logging.setLogRecordFactory(_record)


def _record(*given: Any, **more: Any) -> logging.LogRecord:
    record = logging.LogRecord(*given, **more)
    record.msg, record.args = redacted(record.getMessage()), ()
    if record.exc_info and record.exc_info[1]:
        # Formatters take this text where it is there, and would make it of the exception where it is not.
        record.exc_text = redacted("".join(traceback.format_exception(record.exc_info[1])).rstrip())
    return record


def _plain_forms(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}


def _forms(secret: str) -> Iterator[str]:
    yield from {*_plain_forms(secret), repr(secret)[1:-1]}
    for encoded in _base64_forms(secret.encode()):
        yield from {encoded, encoded.translate(_URL_SAFE)}


def _base64_forms(secret: bytes) -> Iterator[str]:
    """Yield what is the same in the base64 of every text that holds the secret, for each place it can have in it."""
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        yield base64.b64encode(bytes(before) + secret).decode()[first:end]
