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
from urllib.parse import quote, quote_plus, unquote_plus

PLACEHOLDER = "[key]"
# A shorter one is no key of a real API, and could be a word of the data.
MIN_LENGTH = 8
_URL_SAFE = str.maketrans("+/", "-_")
_PASSWORD = re.compile(r"(?:https?|s?ftp|ssh|smb|webdavs?)://[^/?#:]*:([^/?#]*)@")
_SECRET_NAME = re.compile(r"sig|token|key|password|secret|credential", re.IGNORECASE)
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
    """Have what is a secret in a URL, its password or a signature of its query, taken out of errors and logs."""
    password = _PASSWORD.search(url)
    values = re.findall(r"[?&]([^=&#]*)=([^&#]*)", url) if is_http(url) else []
    secrets = [value for name, value in values if _SECRET_NAME.search(name)]
    for secret in [*secrets, password[1]] if password else secrets:
        hide_in_messages(secret)
        hide_in_messages(unquote_plus(secret))


def shown_place(path: str) -> str:
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
