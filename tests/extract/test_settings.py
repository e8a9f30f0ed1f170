from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from tiktok_hashtags.errors import ConfigError, MissingKeyError
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings, read_settings
from tiktok_hashtags.fetch.calls import Accepted
from tiktok_hashtags.fetch.money import PricePlan

if TYPE_CHECKING:
    from tests.conftest import MakeSession

PLANS = {
    "free": PricePlan("free", 0.0, 5, credits_per_day=500, credits_per_month=2_000),
    "starter": PricePlan("starter", 9 / 20_000, 15, 0.00075, credits_per_day=5_000, credits_per_month=20_000),
}


def read(**given: Any) -> Settings:
    return read_settings(
        "example", base_url="https://api.example", plans=PLANS, page_size=30, max_page_size=100, given=given
    )


def test_without_a_configuration_the_documents_hold() -> None:
    settings = read()

    own_url = "https://api.example"
    assert settings == Settings("example", own_url, None, PLANS["free"], page_size=30, own_url=own_url)
    assert settings.foreign_host is None
    assert (settings.max_pages, settings.stop_after_known_pages, settings.full_walk_every_days) == (1_000, None, 7)


def test_the_environment_sets_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "API_KEY": "k",
        "BASE_URL": "http://127.0.0.1:8900/example",
        "PLAN": "starter",
        "PAGE_SIZE": "20",
        "MAX_PAGES": "7",
        "STOP_AFTER_KNOWN_PAGES": "2",
        "FULL_WALK_EVERY_DAYS": "3",
    }.items():
        monkeypatch.setenv(f"SOURCES__EXAMPLE__{name}", value)

    settings = read()

    url, own_url = "http://127.0.0.1:8900/example", "https://api.example"
    assert settings == Settings("example", url, "k", PLANS["starter"], 20, 7, 2, 3, own_url)
    assert settings.foreign_host == (
        "example: the key goes to 127.0.0.1:8900, which is not the provider's own server (api.example)"
    )


def test_a_setting_for_all_sources_counts_where_the_provider_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__MAX_PAGES", "9")
    monkeypatch.setenv("SOURCES__FULL_WALK_EVERY_DAYS", "9")
    monkeypatch.setenv("SOURCES__EXAMPLE__MAX_PAGES", "4")

    settings = read()

    assert (settings.max_pages, settings.full_walk_every_days) == (4, 9)


def test_a_key_for_all_sources_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__API_KEY", "for-somebody-else")

    assert read().api_key is None


def test_what_the_caller_gives_goes_before_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__EXAMPLE__API_KEY", "configured")
    monkeypatch.setenv("SOURCES__EXAMPLE__PAGE_SIZE", "20")

    settings = read(api_key="given", page_size=None)

    assert (settings.api_key, settings.page_size) == ("given", 20)


def test_the_proxy_of_all_sources_holds_for_a_provider_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__PROXY", "http://proxy.example:3128")

    assert str(read().route.proxy) == "http://proxy.example:3128"
    assert read(base_url="http://127.0.0.1:8900").route.proxy is None
    with pytest.raises(ConfigError, match=r"base_url 'http://api.example' is refused: .* Nothing was sent"):
        read(base_url="http://api.example")


def test_the_files_of_dlt_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "project" / ".dlt"
    folder.mkdir(parents=True)
    (folder / "secrets.toml").write_text('[sources.example]\napi_key = "from-file"\n')
    (folder / "config.toml").write_text("[sources.example]\nrequests_per_minute = 600\n")
    context = Container()[PluggableRunContext]
    before = context.context.run_dir
    context.reload(str(folder.parent))
    try:
        settings = read()
    finally:
        context.reload(before)

    assert (settings.api_key, settings.plan.requests_per_minute) == ("from-file", 600)


def test_a_page_is_no_larger_than_the_api_gives() -> None:
    assert read(page_size=5_000).page_size == 100


def test_a_rate_without_a_plan_is_an_own_plan_without_caps() -> None:
    assert read(requests_per_minute=600).plan == PricePlan("own", 0.0, 600)


def test_a_rate_with_a_plan_keeps_the_plans_caps() -> None:
    plan = read(plan="starter", requests_per_minute=7).plan

    assert plan == PricePlan("starter", 9 / 20_000, 7, 0.00075, credits_per_day=5_000, credits_per_month=20_000)


def test_a_price_of_your_own_replaces_the_plans_prices() -> None:
    plan = read(plan="starter", credit_usd=0.01).plan

    assert plan.cost_usd(10, used_this_month=0) == plan.cost_usd(10, used_this_month=20_000) == pytest.approx(0.1)
    assert read(credit_usd=0).plan.cost_usd(5, used_this_month=0) == 0.0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("plan", "gold", r"plan: expected one of free, starter, found 'gold'"),
        ("full_walk_every_days", "1000000", r"full_walk_every_days: expected a number of days from 1 to 100000"),
        ("page_size", "many", r"page_size: expected a whole number from 1 to 1000000000, found 'many'"),
        ("page_size", "0", r"page_size: expected a whole number from 1 to 1000000000, found '0'"),
        ("page_size", "1.5", r"page_size: expected a whole number from 1 to 1000000000, found '1\.5'"),
        ("max_pages", "-1", r"max_pages: expected a whole number from 1 to 1000000000, found '-1'"),
        ("requests_per_minute", "0", r"requests_per_minute: expected a whole number from 1 to 1000000000, found '0'"),
        (
            "stop_after_known_pages",
            "0",
            r"stop_after_known_pages: expected a whole number from 1 to 1000000000, found '0'",
        ),
        ("credit_usd", "-1", r"credit_usd: expected a number of dollars from 0 to 1000000, found"),
        ("credit_usd", "nan", r"credit_usd: expected a number of dollars from 0 to 1000000, found"),
        ("credit_usd", "inf", r"credit_usd: expected a number of dollars from 0 to 1000000, found"),
        ("credit_usd", "free", r"credit_usd: expected a number of dollars from 0 to 1000000, found 'free'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"SOURCES__EXAMPLE__{name.upper()}", value)

    with pytest.raises(ConfigError, match=rf"^\[sources\.example\] {said}"):
        read()


def test_an_unsafe_base_url_is_refused() -> None:
    with pytest.raises(ConfigError, match="the key would travel in the clear"):
        read(base_url="http://api.example")


def test_the_line_end_of_a_key_file_is_no_part_of_the_key() -> None:
    assert read(api_key="secret\r\n").api_key == "secret"


@pytest.mark.parametrize("key", ["", "  ", "\n"])
def test_an_empty_key_is_no_key(key: str) -> None:
    assert read(api_key=key).api_key is None


@pytest.mark.parametrize("key", ["pass-key\nx-other: y", "pass-key\x00", "päss-key", "pass-key\u2026"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigError, match=r"api_key: expected printable ASCII characters") as caught:
        read(api_key=key)

    assert "ss-key" not in repr(caught.value)


def test_the_key_is_in_no_repr() -> None:
    settings = read(api_key="secret-key")

    assert repr(settings) == str(settings) == "Settings('example', 'https://api.example', plan='free')"


def test_a_run_has_one_client_per_provider(session: Session) -> None:
    settings = read(api_key="k")

    assert settings.client({}, session) is settings.client({}, session)
    assert list(session.clients) == ["example"]


def test_without_a_key_every_call_is_refused_with_the_remedy(make_session: MakeSession) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    client = read().client({}, make_session(transport=httpx.MockTransport(answer)))

    with pytest.raises(MissingKeyError, match=r"example: there is no key\. .* Set SOURCES__EXAMPLE__API_KEY, or"):
        client.fetch("/x", params={}, endpoint="e", accept=lambda _: Accepted(None, 0), worst_credits=0)
    assert sent == []
