"""`[sources] proxy` and `ca_bundle`: the proxy to the APIs, and the authorities to trust.

Only https URLs go through a proxy, in a tunnel, so that no proxy sees a key. The one http URL that is allowed is on
loopback, and is always reached directly.
"""

from __future__ import annotations

import base64
import ssl
from typing import Annotated
from urllib.request import getproxies_environment, proxy_bypass

import httpx
import msgspec

from tiktok_hashtags.config import HIDDEN, Text, is_secret, section, wrong_value
from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.fetch.network import DIRECT, Proxy, Route
from tiktok_hashtags.redaction import register_secret, register_secrets_of

ENVIRONMENT = "environment"
_EXPECTED = '"http://host:port" or "environment"'
ProxySetting = Annotated[str, msgspec.Meta(description=_EXPECTED, extra=HIDDEN)]


class _Sources(msgspec.Struct, frozen=True):
    proxy: ProxySetting | None = None
    ca_bundle: Text | None = None


def read_route(url: str) -> Route | None:
    """Return the route that `[sources]` gives to a URL; None if it has no proxy and no bundle.

    Raises:
        ConfigError: A setting is wrong.
    """
    found = section("sources", _Sources)
    return route_to(url, found.proxy, found.ca_bundle) if found.proxy or found.ca_bundle else None


def route_to(url: str, proxy: str | None, ca_bundle: str | None) -> Route:
    """Return the route to a URL.

    Args:
        url: An https URL, or an http URL on loopback, which is reached directly.
        proxy: `[sources] proxy`.
        ca_bundle: `[sources] ca_bundle`.

    Raises:
        ConfigError: A setting is wrong.
    """
    if ca_bundle:
        _check_bundle(ca_bundle)
    target = httpx.URL(url)
    found = _of_settings(proxy) if proxy and proxy != ENVIRONMENT else None
    if target.scheme != "https":
        return DIRECT
    return Route(_of_environment(target) if proxy == ENVIRONMENT else found, ca_bundle)


def _of_settings(proxy: str) -> Proxy:
    found = _parsed(proxy, "[sources] proxy (SOURCES__PROXY)")
    if found is None:
        raise wrong_value("sources", "proxy", _EXPECTED, proxy, is_hidden=True)
    if found.authorization and not is_secret("sources.proxy"):
        raise ConfigError(
            "[sources] proxy: it has a user or a password, and .dlt/config.toml is no place for them. Nothing was "
            "done. Move it to .dlt/secrets.toml, or to the environment as SOURCES__PROXY."
        )
    return found


def _of_environment(url: httpx.URL) -> Proxy | None:
    """Return the proxy of HTTPS_PROXY or ALL_PROXY, unless NO_PROXY names the host."""
    proxies = getproxies_environment()
    name = next((name for name in ("https", "all") if proxies.get(name)), None)
    if name is None or proxy_bypass(url.netloc.decode(), proxies):
        return None
    variable, proxy = f"{name.upper()}_PROXY", proxies[name]
    found = _parsed(proxy if "://" in proxy else f"http://{proxy}", variable)
    if found is None:
        raise ConfigError(
            f"{variable}: expected http://host:port, found another value (it may hold a password, so it is not shown). "
            'Nothing was done. Correct it, or give the proxy as [sources] proxy instead of "environment".'
        )
    return found


def _parsed(proxy: str, setting: str) -> Proxy | None:
    """Return a proxy by its URL, whose password no message shows; None if it is not the URL of an HTTP proxy."""
    register_secrets_of(proxy)
    try:
        url = httpx.URL(proxy)
    except (httpx.InvalidURL, UnicodeError):
        return None
    is_more = url.path not in {"", "/"} or url.query or url.fragment
    if url.scheme != "http" or not url.host or (url.port or 0) >= 2**16 or is_more:
        return None
    authorization = None
    if url.userinfo:
        register_secret(url.password)
        credentials = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
        register_secret(credentials)
        authorization = f"Basic {credentials}"
    return Proxy(url.raw_host.decode(), url.port or 80, authorization, setting)


def _check_bundle(path: str) -> None:
    """Refuse a file that cannot be read or holds no certificate.

    Raises:
        ConfigError: It is such a file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
        fault = None if context.cert_store_stats()["x509"] else "it holds no certificate"
    except ssl.SSLError:
        fault = "it holds no certificates in PEM form"
    except (OSError, ValueError) as error:
        fault = getattr(error, "strerror", None) or str(error)
    if fault:
        raise ConfigError(
            f"[sources] ca_bundle: {path} cannot be used: {fault}. Nothing was done. Give the path of a PEM file in "
            ".dlt/config.toml, or in the environment as SOURCES__CA_BUNDLE."
        )
