"""Runs behind a company's proxy: what arrives, what is said, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI
from tests.fake_proxy import SeenRequests, make_authority, make_certificate, proxy, tls_server

from tiktok_hashtags.sandbox import World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

WATCHLIST = 'hashtags = [{name = "christmas", id = "3242", providers = ["unifapi"]}]'
PAGE = {
    "data": [{"id": "7000000000000000001", "view_count": 5, "hashtags": ["christmas"]}],
    "pagination": {"has_more": False, "next_cursor": None},
    "billing": {"credits_charged": 1},
}


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return make_authority(tmp_path, "company")


@pytest.fixture
def server(authority: Path) -> Iterator[SeenRequests]:
    with tls_server(make_certificate(authority), lambda _: PAGE) as seen:
        yield seen


@pytest.fixture
def site(make_site: MakeSite, server: SeenRequests, authority: Path) -> Site:
    site = make_site(World(seed=5, hashtags=1, videos=3), WATCHLIST, keys=ONLY_UNIFAPI)
    site.variables |= {"SOURCES__UNIFAPI__BASE_URL": server.url, "SOURCES__CA_BUNDLE": str(authority)}
    return site


def test_a_run_through_the_proxy_loads_its_page(site: Site, server: SeenRequests) -> None:
    with proxy() as seen:
        site.variables["SOURCES__PROXY"] = seen.url.replace("http://", "http://me:long-password@")
        outcome = site.run(0)
        doctor = site.tiktags("doctor").output

    assert (outcome.exit_code, outcome.messages) == (0, [])
    assert site.rows("select id, view_count from raw.unifapi_videos") == [("7000000000000000001", 5)]
    assert len(server.paths) == 1
    assert site.variables["SOURCES__UNIFAPI__API_KEY"] in server.headers[0]["authorization"]
    assert site.variables["SOURCES__UNIFAPI__API_KEY"].encode() not in seen.bytes_seen
    assert f"through the proxy {seen.url}" in " ".join(doctor.split())
    assert "long-password" not in doctor


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_a_proxy_that_refuses_is_said_once_and_exits_with_2(site: Site, server: SeenRequests, status: str) -> None:
    with proxy(f"HTTP/1.1 {status}\r\n\r\n".encode()) as seen:
        site.variables["SOURCES__PROXY"] = seen.url
        outcome = site.run(0)

    [message] = outcome.messages
    assert outcome.exit_code == 2
    assert message.startswith(f"the proxy {seen.url} ")
    assert (len(seen.heads), server.paths) == (1, [])
    assert site.rows("select stop_reason, credits from raw.walks") == [("proxy", 0)]


def test_a_proxy_that_is_away_exits_with_1_and_the_next_run_goes_on(site: Site, server: SeenRequests) -> None:
    with proxy() as away:
        pass
    site.variables["SOURCES__PROXY"] = away.url
    outcome = site.run(0)

    with proxy() as seen:
        site.variables["SOURCES__PROXY"] = seen.url
        later = site.run(0, hour=7)

    assert outcome.exit_code == 1
    assert f"the proxy {away.url} cannot be reached: " in outcome.messages[0]
    assert (later.exit_code, len(server.paths)) == (0, 1)


def test_a_server_whose_authority_is_unknown_gets_no_key_and_exits_with_2(site: Site, server: SeenRequests) -> None:
    del site.variables["SOURCES__CA_BUNDLE"]

    outcome = site.run(0)

    assert outcome.exit_code == 2
    assert "SOURCES__CA_BUNDLE" in outcome.messages[0]
    assert server.paths == []
