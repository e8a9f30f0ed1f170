"""Keys are removed from texts, bodies and logs, in every form in which they appear there."""

from __future__ import annotations

import base64
import html
import json
import logging
import os
from collections.abc import Callable, Iterator
from io import StringIO
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.redaction import (
    redact_logs,
    redact_url,
    redacted,
    redacted_bytes,
    redacted_headers,
    register_api_key,
    register_secret,
    register_secrets_of,
)

KEY = 'canary+/="key\\42'


@pytest.fixture(autouse=True)
def _registered() -> None:
    register_api_key(KEY)


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


FORMS = {
    "as it is": KEY,
    "in a path": quote(KEY),
    "in a query": quote(KEY, safe=""),
    "in a query, lower case": quote(KEY, safe="").replace("%2B", "%2b").replace("%3D", "%3d"),
    "in a repr": repr(KEY)[1:-1],
    "in JSON": json.dumps(KEY)[1:-1],
    "in PHP's JSON": json.dumps(KEY)[1:-1].replace("/", "\\/"),
    "in Java's JSON": json.dumps(KEY)[1:-1].replace("=", "\\u003d").replace("+", "\\u002B"),
    "in HTML": html.escape(KEY),
    "in HTML, by number": KEY.replace("+", "&#43;").replace("/", "&#x2F;").replace('"', "&#034;"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_is_removed_from_a_text(form: str) -> None:
    assert redacted(f"said {form}, and {form}") == "said [key], and [key]"


@given(st.data())
def test_a_key_of_which_any_character_is_escaped_is_removed_from_a_text(data: st.DataObject) -> None:
    written = (
        data.draw(st.sampled_from([char, f"%{ord(char):02X}", f"\\u{ord(char):04x}", f"&#{ord(char)};"]))
        for char in KEY
    )

    assert redacted(f"said {''.join(written)}.") == "said [key]."


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_a_key_is_removed_from_base64_at_any_place(before: str, encode: Callable[[bytes], bytes]) -> None:
    whole = encode(f"{before}{KEY}:after".encode()).decode()

    left = redacted(f"Basic {whole}")

    assert "[key]" in left
    assert len(left) < len(whole)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_is_removed_from_a_body_and_from_headers(form: str) -> None:
    body = b'{"echo": "%s"}' % form.encode()

    assert redacted_bytes(body) == b'{"echo": "[key]"}'
    assert redacted_headers([(b"x-key", form.encode()), (b"date", b"today")]) == [
        (b"x-key", b"[key]"),
        (b"date", b"today"),
    ]


@given(st.data())
def test_a_key_of_which_any_character_is_escaped_is_removed_from_a_body(data: st.DataObject) -> None:
    written = (
        data.draw(
            st.sampled_from(
                [
                    *(json.dumps(char)[1:-1], f"%{ord(char):02X}", f"%{ord(char):02x}", f"\\u{ord(char):04x}"),
                    *(f"\\u{ord(char):04X}", f"&#{ord(char)};", f"&#x{ord(char):x};", f"&#X{ord(char):04X};"),
                ]
            )
        )
        for char in KEY
    )

    assert redacted_bytes(f'{{"echo": "{"".join(written)}"}}'.encode()) == b'{"echo": "[key]"}'


def test_the_longest_of_two_keys_is_removed_as_a_whole() -> None:
    register_api_key("canary-short")
    register_api_key("canary-short-and-long")

    assert redacted("canary-short-and-long, canary-short") == "[key], [key]"
    assert redacted_bytes(b"canary-short-and-long, canary-short") == b"[key], [key]"


def test_a_word_of_the_data_is_no_key() -> None:
    register_api_key("cats")

    assert redacted("cats and dogs") == "cats and dogs"


def test_a_password_of_no_api_is_removed_from_messages_and_not_out_of_answers() -> None:
    register_secret("christmas-2026")

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
    assert redact_url(path) == shown


@pytest.mark.parametrize(
    ("url", "text", "shown"),
    [
        ("ftp://me:a-pass-w@rd@host/a.json", "login a-pass-w@rd failed", "login [key] failed"),
        ("https://h/a.json?X-Amz-Signature=abc%2fdef%2b12", "abc%2fdef%2b12, abc/def+12", "[key], [key]"),
        ("https://h/a.json?hashtag=halloween-party", "#halloween-party", "#halloween-party"),
        ("github://org:some-repository@main/a.json", "some-repository", "some-repository"),
    ],
)
def test_what_is_a_secret_in_a_url_is_removed_from_messages(url: str, text: str, shown: str) -> None:
    register_secrets_of(url)

    assert redacted(text) == shown
