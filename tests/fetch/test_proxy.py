"""A company's proxy: tunnels that carry no key in the clear, the variables of the environment, its own authority."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from tests.conftest import UNLIMITED
from tests.fake_network import fetch
from tests.fake_proxy import OPENED, SeenRequests, make_authority, make_certificate, proxy, tls_server

from tiktok_hashtags.errors import CertificateError, ConfigError, ProxyAwayError, ProxyError, RequestError
from tiktok_hashtags.fetch.client import ApiClient
from tiktok_hashtags.fetch.network import NetworkTransport, Proxy, Route
from tiktok_hashtags.fetch.proxy import read_route, route_to

if TYPE_CHECKING:
    from tests.conftest import MakeSession

KEY = "a-key-that-no-proxy-may-see"
SIGNED_IN = "http://me:p%40ss-of-the-proxy@"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("tls"), "company")


@pytest.fixture(scope="module")
def certificate(authority: Path) -> Path:
    return make_certificate(authority)


@pytest.fixture
def server(certificate: Path) -> Iterator[SeenRequests]:
    with tls_server(certificate) as seen:
        yield seen


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Get(Protocol):
    """Fetches pages from a server over a route; trusts the company's authority unless told otherwise."""

    def __call__(self, url: str, setting: str | None, *, bundle: Path | None = ..., pages: int = 1) -> list[Any]: ...


@pytest.fixture
def get(make_session: MakeSession, authority: Path) -> Get:
    def get(url: str, setting: str | None, *, bundle: Path | None = authority, pages: int = 1) -> list[Any]:
        client = ApiClient(
            provider="example",
            base_url=url,
            headers={"x-api-key": KEY},
            plan=UNLIMITED,
            session=make_session(transport=None),
            route=route_to(url, setting, str(bundle) if bundle else None),
        )
        try:
            return [fetch(client, f"/{number}").payload for number in range(pages)]
        finally:
            client.close()

    return get


def test_requests_arrive_and_the_proxy_sees_no_key(get: Get, server: SeenRequests) -> None:
    with proxy() as seen:
        payloads = get(server.url, seen.url, pages=3)

    place = server.url.removeprefix("https://")
    assert payloads == [{"fine": True}] * 3
    assert server.paths == ["/0", "/1", "/2"]
    assert {headers["x-api-key"] for headers in server.headers} == {KEY}
    assert seen.heads == [f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()]
    assert KEY.encode() not in seen.bytes_seen
    assert len(seen.bytes_seen) > 500


def test_user_and_password_go_to_the_proxy_alone(
    get: Get, server: SeenRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy() as seen:
        setting = seen.url.replace("http://", SIGNED_IN)
        monkeypatch.setenv("SOURCES__PROXY", setting)
        get(server.url, setting)

    credentials = base64.b64encode(b"me:p@ss-of-the-proxy").decode()
    assert f"Proxy-Authorization: Basic {credentials}\r\n".encode() in seen.heads[0]
    assert "proxy-authorization" not in server.headers[0]


def test_without_a_setting_the_environment_is_not_obeyed(
    get: Get, server: SeenRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy() as seen:
        monkeypatch.setenv("HTTPS_PROXY", seen.url)

        assert get(server.url, None) == [{"fine": True}]

    assert seen.heads == []


@pytest.mark.parametrize(
    ("variables", "is_proxied"),
    [
        ({"HTTPS_PROXY": "{url}"}, True),
        ({"https_proxy": "{url}"}, True),
        ({"HTTPS_PROXY": "{place}"}, True),
        ({"ALL_PROXY": "{url}"}, True),
        ({"HTTPS_PROXY": "{url}", "NO_PROXY": "other.example,.example.com"}, True),
        ({"HTTPS_PROXY": "{url}", "NO_PROXY": "other.example, 127.0.0.1"}, False),
        ({"HTTPS_PROXY": "{url}", "no_proxy": "*"}, False),
        ({"HTTP_PROXY": "{url}"}, False),
        ({}, False),
    ],
)
def test_the_environment_is_obeyed_if_the_setting_says_so(
    get: Get, server: SeenRequests, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], is_proxied: bool
) -> None:
    with proxy() as seen:
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(url=seen.url, place=seen.place))

        assert get(server.url, "environment") == [{"fine": True}]

    assert len(seen.heads) == is_proxied


def test_loopback_in_the_clear_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")

    assert route_to("http://127.0.0.1:8080", "http://proxy.example:3128", None) == Route()
    assert route_to("http://localhost:8080", "environment", None) == Route()


def test_a_proxy_whose_authority_is_not_trusted_gets_no_key(get: Get, server: SeenRequests, tmp_path: Path) -> None:
    other = make_authority(tmp_path, "another")

    for bundle in (None, other):
        with proxy() as seen, pytest.raises(CertificateError, match=r"\[sources\] ca_bundle \(SOURCES__CA_BUNDLE\)"):
            get(server.url, seen.url, bundle=bundle)
        assert len(seen.heads) == 1

    assert server.paths == []
    assert (CertificateError.exit_code, CertificateError.stops_provider) == (2, True)


def test_a_bundle_is_trusted_beside_the_usual_authorities(get: Get, server: SeenRequests, authority: Path) -> None:
    usual = Route().ssl_context().cert_store_stats()["x509"]

    assert get(server.url, None) == [{"fine": True}]
    assert Route(ca_bundle=str(authority)).ssl_context().cert_store_stats()["x509"] == usual + 1


def answered(status: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("answer", "kind", "said", "tries"),
    [
        (answered("407 Proxy Authentication Required"), ProxyError, "asks for a user and a password (HTTP 407)", 1),
        (answered("403 Forbidden", "<html>no</html>"), ProxyError, "refused to connect to 127.0.0.1", 1),
        (answered("302 Found"), ProxyError, "(HTTP 302)", 1),
        (answered("502 Bad Gateway", "down"), ProxyAwayError, "could not connect to 127.0.0.1", 5),
        (b"", ProxyAwayError, "gave no answer: it closed the connection", 5),
        (b"HTTP/1.1 200", ProxyAwayError, "gave no answer: it closed the connection", 5),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ProxyError, "did not answer as an HTTP proxy", 1),
        (b"<html>hello</html>", ProxyError, "did not answer as an HTTP proxy", 1),
        (b"HTTP/1.1 abc\r\n\r\n", ProxyError, "did not answer as an HTTP proxy", 1),
        (OPENED + b"HTTP/1.1 200 OK\r\n\r\n", ProxyError, "did not answer as an HTTP proxy", 1),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, ProxyError, "did not answer as an HTTP proxy", 1),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_named(  # noqa: PLR0917  # the table's columns
    get: Get, server: SeenRequests, answer: bytes, kind: type[RequestError], said: str, tries: int
) -> None:
    with proxy(answer) as seen, pytest.raises(kind) as caught:
        get(server.url, seen.url)

    message = str(caught.value)
    assert type(caught.value) is kind
    assert message.startswith(f"the proxy {seen.url} ")
    assert said in message
    assert "Nothing was sent to the provider." in message
    assert message.endswith("[sources] proxy (SOURCES__PROXY).")
    assert (len(seen.heads), server.paths, caught.value.credits) == (tries, [], 0)
    assert caught.value.exit_code == (1 if kind is ProxyAwayError else 2)


def test_a_refused_password_is_said_and_not_shown(
    get: Get, server: SeenRequests, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    with proxy(answered("407 Proxy Authentication Required")) as seen:
        setting = seen.url.replace("http://", SIGNED_IN)
        monkeypatch.setenv("SOURCES__PROXY", setting)
        with pytest.raises(ProxyError, match="refused its user and password") as caught:
            get(server.url, setting)

    shown = f"{caught.value}{caught.getrepr(style='native')}{caplog.text}{route_to(server.url, setting, None)!r}"
    assert "ss-of-the-proxy" not in shown
    assert base64.b64encode(b"me:p@ss-of-the-proxy").decode() not in shown


def test_a_proxy_that_is_away_is_tried_again_and_named(get: Get, server: SeenRequests) -> None:
    with proxy() as seen:
        pass

    with pytest.raises(ProxyAwayError, match=f"the proxy {seen.url} cannot be reached: ") as caught:
        get(server.url, seen.url)

    assert (caught.value.exit_code, caught.value.credits, caught.value.stops_provider) == (1, 0, True)


def test_a_proxy_that_never_answers_is_left(authority: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        route = route_to("https://api.example", f"http://127.0.0.1:{silent.getsockname()[1]}", str(authority))
        transport = NetworkTransport(connections=1, route=route)
        request = httpx.Request("GET", "https://api.example/x", extensions={"timeout": {"connect": 0.1}})

        with pytest.raises(ProxyAwayError, match="gave no answer"):
            transport.handle_request(request)
        transport.close()


@pytest.fixture
def write_files(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Write `.dlt/config.toml` and `.dlt/secrets.toml`, and have dlt read them."""
    context = Container()[PluggableRunContext]
    before, folder = context.context.run_dir, tmp_path / "project" / ".dlt"
    folder.mkdir(parents=True)

    def write(config: str, secrets: str) -> None:
        (folder / "config.toml").write_text(config)
        (folder / "secrets.toml").write_text(secrets)
        context.reload(str(folder.parent))

    yield write
    context.reload(before)


def test_a_password_belongs_into_the_secrets(write_files: Callable[..., None]) -> None:
    plain, secret = (f'[sources]\nproxy = "http://{part}proxy.example:3128"' for part in ("", "me:long-password@"))

    write_files(plain, "")
    open_route = read_route("https://api.example")
    write_files("", secret)
    secret_route = read_route("https://api.example")
    write_files(secret, "")
    with pytest.raises(ConfigError, match=r"it has a user or a password, and \.dlt/config\.toml is no place") as caught:
        read_route("https://api.example")

    assert "long-password" not in f"{caught.value}{secret_route!r}"
    assert open_route == Route(Proxy("proxy.example", 3128, None, "[sources] proxy (SOURCES__PROXY)"))
    assert secret_route is not None
    assert secret_route.proxy is not None
    assert secret_route.proxy.authorization == "Basic " + base64.b64encode(b"me:long-password").decode()


NO_PROXIES = [
    "socks5://proxy.example:1080",
    "https://proxy.example:3128",
    "http://proxy.example:3128/path",
    "http://proxy.example:3128?x=1",
    "http://proxy.example:99999999",
    "http://me:s3cret-word@",
]


@pytest.mark.parametrize("wrong", [*NO_PROXIES, "proxy.example:3128", "Environment"])
def test_a_setting_that_names_no_http_proxy_is_refused_and_not_shown(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PROXY", wrong)

    with pytest.raises(ConfigError, match=r'\[sources\] proxy: expected "http://host:port" or "environment"') as caught:
        read_route("https://api.example")

    assert wrong not in str(caught.value)


@pytest.mark.parametrize("wrong", NO_PROXIES)
def test_a_variable_that_names_no_http_proxy_is_refused_and_not_shown(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PROXY", "environment")
    monkeypatch.setenv("HTTPS_PROXY", wrong)

    with pytest.raises(ConfigError, match="HTTPS_PROXY: expected http://host:port") as caught:
        read_route("https://api.example")

    assert wrong not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("", "it holds no certificate"),
        ("no certificate", "it holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "it holds no certificate"),
    ],
)
def test_a_bundle_without_certificates_is_refused_before_anything_is_sent(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigError, match=rf"\[sources\] ca_bundle: {path} cannot be used: {said}"):
        route_to("https://api.example", None, str(path))
    with pytest.raises(ConfigError, match=r"cannot be used: (Is a directory|it holds no certificate)"):
        route_to("https://api.example", None, str(tmp_path))
