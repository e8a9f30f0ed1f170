"""A webhook is reached by the same proxy and with the same authorities as the APIs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fake_proxy import make_authority, make_certificate, proxy, tls_server

from tiktok_hashtags.jobs.notify import Notify

FAILED = {"exit_code": 4}


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return make_authority(tmp_path, "company")


def test_a_webhook_is_posted_through_the_proxy(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__CA_BUNDLE", str(authority))
    with tls_server(make_certificate(authority)) as hook, proxy() as seen:
        monkeypatch.setenv("SOURCES__PROXY", seen.url.replace("http://", "http://me:long-password@"))

        problems = Notify(webhook=f"{hook.url}/secret-path").send(FAILED)

    assert problems == []
    assert hook.paths == ["/secret-path"]
    assert seen.heads[0].startswith(f"CONNECT {hook.url.removeprefix('https://')} ".encode())
    assert b"proxy-authorization: basic bwu6bg9uzy1wyxnzd29yza==" in seen.heads[0].lower()
    assert b"secret-path" not in seen.bytes_seen


def test_a_proxy_that_is_away_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as seen:
        pass
    monkeypatch.setenv("SOURCES__PROXY", seen.url.replace("http://", "http://me:long-password@"))

    problems = Notify(webhook="https://hooks.example/secret-path").send(FAILED)

    assert problems == [f"notify: hooks.example could not be reached through the proxy {seen.url} (ConnectError)"]


def test_a_wrong_bundle_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__CA_BUNDLE", "missing.pem")

    [problem] = Notify(webhook="https://hooks.example/secret-path").send(FAILED)

    assert problem.startswith("notify: hooks.example got nothing: [sources] ca_bundle: missing.pem cannot be used: ")
