from __future__ import annotations

import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from tiktok_hashtags.errors import (
    AuthError,
    BalanceError,
    BodyError,
    ConfigError,
    InterruptedRunError,
    MissingKeyError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    ServerError,
    StatusError,
)
from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.fetch.answers import prepare, raise_for_status, strict_json
from tiktok_hashtags.fetch.client import ApiClient, check_base_url
from tiktok_hashtags.fetch.layers import Accepted
from tiktok_hashtags.fetch.money import Plan

if TYPE_CHECKING:
    from tests.conftest import MakeClient, MakeSession

KEY = "secret-key"
prepare(dict[str, Any], dict[str, str], dict[str, list[msgspec.Raw]])


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


def test_the_same_request_is_the_same_page_whatever_the_order(make_client: MakeClient) -> None:
    network = Recorder()
    client = make_client(network)

    one, other = fetch(client, a=1, b=2), fetch(client, b=2, a=1)

    assert one.request_key == other.request_key
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, StatusError),
        (401, AuthError),
        (402, BalanceError),
        (403, AuthError),
        (404, NotFoundError),
        (422, StatusError),
        (429, RateLimitedError),
        (500, ServerError),
        (504, ServerError),
        (599, ServerError),
        (204, StatusError),
        (301, StatusError),
    ],
)
def test_a_status_says_what_can_be_done(status: int, error: type[RequestError]) -> None:
    with pytest.raises(error, match=rf"^example: HTTP {status}, too bad") as caught:
        raise_for_status(httpx.Response(status), "example", detail="too bad", credits=2)

    assert type(caught.value) is error
    assert caught.value.credits == 2


def test_a_long_detail_is_cut_short() -> None:
    with pytest.raises(StatusError) as caught:
        raise_for_status(httpx.Response(400), "example", detail="x" * 10_000)

    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_or_an_empty_balance_is_asked_once(make_client: MakeClient, status: int) -> None:
    network = Recorder(status)
    client = make_client(network)

    for path in ("/1", "/2", "/3"):
        with pytest.raises((AuthError, BalanceError)):
            fetch(client, path)

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


class Cut(bytes):
    is_partial = True


def test_a_page_that_the_balance_cut_short_stops_the_provider(make_client: MakeClient) -> None:
    network = Recorder()
    client = make_client(network)
    reply = client.fetch(
        "/1", params={}, endpoint="things", accept=lambda r: Accepted(Cut(r.content), 1), worst_credits=1
    )

    with pytest.raises(BalanceError, match="example: the balance ran out inside a page of things"):
        fetch(client, "/2")

    assert reply.payload == b"{}"
    assert len(network.requests) == 1


def test_the_key_is_in_no_message_log_or_trace(make_session: MakeSession, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session = make_session(transport=httpx.MockTransport(Recorder(401)))
    client = ApiClient(
        provider="example",
        base_url="https://api.example/v1",
        headers={"authorization": f"Bearer {KEY}"},
        plan=Plan("test", 0.0, 60),
        session=session,
    )

    with pytest.raises(AuthError) as caught:
        fetch(client)

    said = "".join(traceback.format_exception(caught.value))
    rows = list(session.journal.requests("run-1", "example"))
    assert KEY not in said + caplog.text + repr(client) + repr(rows) + str(pickle.dumps(str(caught.value)))


def body(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty body"),
        (b"<!doctype html><html>", "HTTP 200 with HTML"),
        (b"  <html>", "HTTP 200 with HTML"),
        (b'{"a": 1', "a body that is not as documented"),
        (b'{"a": NaN}', "a body that is not as documented"),
        (b'{"a": Infinity}', "a body that is not as documented"),
        (b'{"a": 1}{"a": 2}', "a body that is not as documented"),
        (b"[1, 2]", "a body that is not as documented"),
        (b'{"a": "\x00"}', "a body that is not as documented"),
        (b'{"a": "\xff"}', "the body is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "the body is not UTF-8"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "the body is nested too deep"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a body that is not as documented"),
        (b'{"a": [{"b": -' + b"9" * 1_000 + b"}]}", "a number of a thousand digits or more"),
    ],
)
def test_a_body_that_is_not_the_documented_json_is_a_typed_error(content: bytes, said: str) -> None:
    with pytest.raises(BodyError, match=f"^example: .*{said}|^example: {said}") as caught:
        strict_json(body(content), dict[str, Any], "example")

    assert caught.value.credits is None


def test_illegal_code_points_do_not_cost_the_page() -> None:
    page = strict_json(body(rb'{"a": "x\u0000\ud83d"}'), dict[str, str], "example")

    assert page == {"a": "x\ufffd\ufffd"}


@pytest.mark.parametrize("offset", [0, 1, 499, 500, 777])
def test_an_endless_number_is_found_wherever_it_stands_in_raw_items(offset: int) -> None:
    text = b'{"a": [' + b" " * offset + b"9" * 5_000 + b"]}"

    with pytest.raises(BodyError, match="a number of a thousand digits or more"):
        strict_json(body(text), dict[str, list[msgspec.Raw]], "example")


def test_a_text_of_digits_is_a_text() -> None:
    digits = "9" * 5_000

    assert strict_json(body(json.dumps({"a": digits}).encode()), dict[str, str], "example") == {"a": digits}


def test_raw_items_are_left_for_later() -> None:
    page = strict_json(body(b'{"data": [{"id": 1}, null]}'), dict[str, list[msgspec.Raw]], "example")

    assert [bytes(item) for item in page["data"]] == [b'{"id": 1}', b"null"]


def test_closing_closes_the_network(make_session: MakeSession) -> None:
    class Network(httpx.BaseTransport):
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    network = Network()
    session = make_session(transport=network)
    client = ApiClient(
        provider="example", base_url="https://api.example", headers={}, plan=Plan("test", 0.0, 60), session=session
    )

    client.close()

    assert network.is_closed
