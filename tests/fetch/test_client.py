from __future__ import annotations

import logging
import pickle
import traceback
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    ConfigError,
    InterruptedRunError,
    MissingKeyError,
    NotFoundError,
    NotJournaledError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.answers import raise_for_status
from tiktok_hashtags.fetch.calls import Accepted
from tiktok_hashtags.fetch.client import ApiClient, check_base_url
from tiktok_hashtags.fetch.money import PricePlan

if TYPE_CHECKING:
    from tests.conftest import MakeClient, MakeSession

NOW = datetime(2026, 11, 1, 6)
KEY = "secret-key"


def take(response: httpx.Response) -> Accepted:
    raise_for_status(response, "example things")
    return Accepted(response.content, 1)


def fetch(client: ApiClient, path: str = "/x", **params: Any) -> Any:
    return client.fetch(path, params=params, endpoint="things", accept=take, worst_credits=1)


class Recorder:
    def __init__(self, status: int = 200, **headers: str) -> None:
        self.status, self.headers = status, headers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, headers=self.headers, json={})


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.example/v1",
        "https://api.example:8443",
        "http://127.0.0.1:8900/unifapi",
        "http://localhost:1",
        "http://[::1]:8900/x",
    ],
)
def test_a_base_url_that_keeps_the_key_secret_is_taken(base_url: str) -> None:
    check_base_url("example", base_url)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.example/v1",
        "http://127.0.0.1.evil.example",
        "http://localhost.example",
        "http://192.168.1.5:8900",
        "http://0.0.0.0:8900",
        "ftp://127.0.0.1",
        "api.example/v1",
        "https://",
        "https:///v1",
        "https://api.example:99999999",
        "http://[x",
        "",
    ],
)
def test_a_base_url_that_would_show_the_key_is_refused(make_client: MakeClient, base_url: str) -> None:
    network = Recorder()

    with pytest.raises(ConfigError, match=r"example: base_url .* is refused: expected https://.*Nothing was sent"):
        make_client(network, base_url=base_url)

    assert network.requests == []


def test_a_request_carries_the_key_in_its_header_and_nowhere_else(make_client: MakeClient) -> None:
    network = Recorder()

    fetch(make_client(network), "/things", limit=5, keyword="a b&c")

    [request] = network.requests
    assert str(request.url) == "https://api.example/v1/things?limit=5&keyword=a+b%26c"
    assert request.headers["x-api-key"] == KEY
    assert (request.headers["accept-encoding"], request.headers["accept"]) == ("gzip", "application/json")
    assert KEY not in str(request.url)


@pytest.mark.parametrize("segment", ["%2E%2E", "a%2Fb", "%252e", "%F0%9F%8E%84", "%22%27"])
def test_an_encoded_path_arrives_as_it_was_encoded(make_client: MakeClient, segment: str) -> None:
    network = Recorder()

    fetch(make_client(network), f"/hashtag/{segment}")

    assert network.requests[0].url.raw_path == f"/v1/hashtag/{segment}".encode()


def test_the_environments_proxy_and_netrc_do_not_see_the_key(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    network = Recorder()

    fetch(make_client(network))

    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("params", "others"),
    [
        ({"cursor": "5", "limit": 50}, {"cursor": "6", "limit": 50}),
        ({"cursor": "5&keyword=a", "keyword": "b"}, {"cursor": "5", "keyword": "a&keyword=b"}),
        ({"page": 1}, {"page": 11}),
    ],
)
def test_different_requests_are_different_pages(
    make_client: MakeClient, params: dict[str, Any], others: dict[str, Any]
) -> None:
    client = make_client(Recorder())

    keys = {fetch(client, **params).request_key, fetch(client, **others).request_key}

    assert len(keys) == 2


def test_the_same_request_is_the_same_page_in_any_order(make_client: MakeClient) -> None:
    network = Recorder()
    client = make_client(network)

    one, other = fetch(client, a=1, b=2), fetch(client, b=2, a=1)

    assert one.request_key == other.request_key
    assert len(network.requests) == 1


def test_an_error_of_one_request_does_not_stop_the_provider(make_client: MakeClient) -> None:
    network = Recorder(404)
    client = make_client(network)

    for path in ("/1", "/2"):
        with pytest.raises(NotFoundError):
            fetch(client, path)

    assert len(network.requests) == 2


def test_a_stopped_client_sends_nothing(make_client: MakeClient) -> None:
    network = Recorder()
    client = make_client(network)
    client.stop(MissingKeyError("example: no key"))

    with pytest.raises(MissingKeyError, match="example: no key"):
        fetch(client)

    assert network.requests == []


def test_an_interrupted_run_sends_nothing(make_client: MakeClient, session: Session) -> None:
    network = Recorder()
    client = make_client(network, session=session)
    session.stop.set()

    with pytest.raises(InterruptedRunError, match="example: stopped before things"):
        fetch(client)

    assert network.requests == []


def test_a_page_that_the_balance_cut_short_stops_the_provider(make_client: MakeClient) -> None:
    network = Recorder()
    client = make_client(network)
    reply = client.fetch(
        "/1", params={}, endpoint="things", accept=lambda r: Accepted(r.content, 1, is_partial=True), worst_credits=1
    )

    with pytest.raises(BalanceError, match="example: the balance ran out inside a page of things"):
        fetch(client, "/2")

    assert reply.payload == b"{}"
    assert len(network.requests) == 1


def test_a_page_is_bought_once_and_replayed_after(make_client: MakeClient, make_session: MakeSession) -> None:
    first = make_session()
    bought = fetch(make_client(Recorder(), session=first))
    first.close()
    second, network = make_session(clock=lambda: NOW + timedelta(hours=3)), Recorder(500)

    replayed = fetch(make_client(network, session=second))

    assert network.requests == []
    assert (replayed.payload, replayed.observed_at, replayed.is_replayed) == (bought.payload, NOW, True)
    assert (bought.is_replayed, replayed.request_key) == (False, bought.request_key)
    [row] = second.journal.requests(second.run_id, "example")
    assert (row["outcome"], row["status"], row["credits"], row["cost_usd"]) == ("replayed", None, 0, 0.0)


def test_another_date_is_bought_again(make_client: MakeClient, make_session: MakeSession) -> None:
    fetch(make_client(Recorder(), session=make_session()))
    tomorrow, network = make_session(snapshot_date=NOW.date() + timedelta(days=1)), Recorder()

    fetch(make_client(network, session=tomorrow))

    assert len(network.requests) == 1


def test_only_accepted_pages_are_kept(make_client: MakeClient) -> None:
    network = Recorder(404)
    client = make_client(network)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            fetch(client)

    network.status = 200

    assert fetch(client).is_replayed is False


def test_a_replayed_run_sends_nothing(make_client: MakeClient, make_session: MakeSession) -> None:
    fetch(make_client(Recorder()), "/bought")
    network = Recorder()
    client = make_client(network, session=make_session(is_offline=True))

    assert fetch(client, "/bought").is_replayed
    with pytest.raises(NotJournaledError, match="example things: not in the journal"):
        fetch(client, "/new")
    assert network.requests == []


def test_a_suspect_page_is_bought_again_but_replayed(make_client: MakeClient, make_session: MakeSession) -> None:
    client = make_client(Recorder())
    client.mark_suspect([fetch(client).request_key])

    assert fetch(make_client(Recorder(), session=make_session(is_offline=True))).is_replayed
    assert not fetch(make_client(Recorder(), session=make_session())).is_replayed


def test_the_key_is_in_no_message_log_or_trace(make_session: MakeSession, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session = make_session(transport=httpx.MockTransport(Recorder(401)))
    client = ApiClient(
        provider="example",
        base_url="https://api.example/v1",
        headers={"authorization": f"Bearer {KEY}"},
        plan=PricePlan("test", 0.0, 60),
        session=session,
    )

    with pytest.raises(AuthError) as caught:
        fetch(client)

    said = "".join(traceback.format_exception(caught.value))
    rows = list(session.journal.requests("run-1", "example"))
    assert KEY not in said + caplog.text + repr(client) + repr(rows) + str(pickle.dumps(str(caught.value)))


def test_closing_closes_the_network(make_session: MakeSession) -> None:
    class Network(httpx.BaseTransport):
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    network = Network()
    session = make_session(transport=network)
    client = ApiClient(
        provider="example", base_url="https://api.example", headers={}, plan=PricePlan("test", 0.0, 60), session=session
    )

    client.close()

    assert network.is_closed
