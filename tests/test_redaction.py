"""Keys are taken out of texts, bodies and logs, in whatever form they appear there."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Iterator
from io import StringIO
from urllib.parse import quote

import pytest

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.redaction import (
    hide,
    hide_in_messages,
    hide_secrets_of,
    redact_logs,
    redacted,
    redacted_bytes,
    shown_place,
)

KEY = 'canary+/="key\\42'


@pytest.fixture(autouse=True)
def _hidden() -> None:
    hide(KEY)


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, StringIO]]:
    """A logger of some library, and what its own handler writes."""
    factory = logging.getLogRecordFactory()
    redact_logs()
    logger, written = logging.getLogger("a_library"), StringIO()
    handler = logging.StreamHandler(written)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, written
    logger.removeHandler(handler)
    logging.setLogRecordFactory(factory)


@pytest.mark.parametrize(
    "form",
    [KEY, quote(KEY), quote(KEY, safe=""), repr(KEY)[1:-1], json.dumps(KEY)[1:-1]],
    ids=["as it is", "in a path", "in a query", "in a repr", "in JSON"],
)
def test_a_key_is_taken_out_of_a_text(form: str) -> None:
    assert redacted(f"said {form}, and {form}") == "said [key], and [key]"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_a_key_is_taken_out_of_base64_wherever_it_stands_in_it(before: str) -> None:
    whole = base64.b64encode(f"{before}{KEY}:after".encode()).decode()

    left = redacted(f"Basic {whole}")

    assert "[key]" in left
    assert len(left) < len(whole)


@pytest.mark.parametrize("form", [KEY, quote(KEY, safe=""), json.dumps(KEY)[1:-1]])
def test_a_key_is_taken_out_of_a_body(form: str) -> None:
    assert redacted_bytes(b'{"echo": "%s"}' % form.encode()) == b'{"echo": "[key]"}'


def test_a_word_of_the_data_is_no_key() -> None:
    hide("cats")

    assert redacted("cats and dogs") == "cats and dogs"


def test_a_password_of_no_api_is_taken_out_of_messages_and_not_out_of_answers() -> None:
    hide_in_messages("christmas-2026")

    assert redacted("postgresql://owner:christmas-2026@host") == "postgresql://owner:[key]@host"
    assert redacted_bytes(b'{"desc": "#christmas-2026"}') == b'{"desc": "#christmas-2026"}'


def test_no_error_of_ours_holds_a_key() -> None:
    assert str(ConfigError(f"refused {KEY}")) == "refused [key]"


def test_logs_of_any_library_hold_no_key(log: tuple[logging.Logger, StringIO]) -> None:
    logger, written = log

    logger.warning("sent %s to %s", {"x-api-key": KEY}, "there")

    assert written.getvalue() == "sent {'x-api-key': '[key]'} to there\n"


def test_tracebacks_hold_no_key(log: tuple[logging.Logger, StringIO]) -> None:
    logger, written = log

    try:
        os.environ[KEY]
    except KeyError:
        logger.exception("failed")

    assert "KeyError: '[key]'" in written.getvalue()
    assert KEY not in written.getvalue()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("captures/a?.json", "captures/a?.json"),
        ("https://me:pw@host/a.json?signature=x", "https://host/a.json"),
        ("ftp://me:p@ss@host/a?.json", "ftp://host/a?.json"),
        ("simplecache::https://host/a.json?sig=x", "simplecache::https://host/a.json"),
        ("s3://bucket/day@noon/*.jsonl", "s3://bucket/day@noon/*.jsonl"),
        ("dej\udce0.json", "dej?.json"),
    ],
)
def test_a_place_is_shown_without_what_can_be_a_secret(path: str, shown: str) -> None:
    assert shown_place(path) == shown


@pytest.mark.parametrize(
    ("url", "text", "shown"),
    [
        ("ftp://me:a-pass-w@rd@host/a.json", "login a-pass-w@rd failed", "login [key] failed"),
        ("https://h/a.json?X-Amz-Signature=abc%2fdef%2b12", "abc%2fdef%2b12, abc/def+12", "[key], [key]"),
        ("https://h/a.json?hashtag=halloween-party", "#halloween-party", "#halloween-party"),
        ("github://org:some-repository@main/a.json", "some-repository", "some-repository"),
    ],
)
def test_what_is_a_secret_in_a_url_is_taken_out_of_messages(url: str, text: str, shown: str) -> None:
    hide_secrets_of(url)

    assert redacted(text) == shown
