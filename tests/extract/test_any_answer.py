"""Whatever an API answers, a page function returns what the answer holds or raises a typed error."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_hashtags import providers
from tiktok_hashtags.errors import RequestError
from tiktok_hashtags.extract.paging import Page
from tiktok_hashtags.extract.walk import Targets, Walk
from tiktok_hashtags.fetch.answers import sanitised
from tiktok_hashtags.sandbox import PROVIDERS
from tiktok_hashtags.watchlist.model import Dataset, Hashtag, Search, TrendList

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSession

    from tiktok_hashtags.extract.settings import Settings

# The keys that envelopes are made of, so that some answers come close to good ones.
KEYS = st.sampled_from(
    [
        *("code", "msg", "data", "list", "pagination", "page", "has_more", "next_cursor", "error", "type", "billing"),
        *("credits_charged", "truncated_due_to_balance", "statusCode", "challengeInfo", "challenge", "id", "title"),
        *("videos", "challenge_list", "cursor", "hasMore", "message", "cha_name", "hashtags", "aweme_id"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([0, 200, "0"])
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
BODIES = st.binary(max_size=40) | ANY_JSON.map(lambda value: json.dumps(value).encode())
STATUSES = st.sampled_from([200] * 6 + [204, 302, 400, 401, 402, 403, 404, 422, 429, 500, 503, 599])


def targets(number: int) -> Targets:
    """Something of each kind that no earlier example asked for."""
    hashtag = Hashtag(name=f"h{number}", id=str(number))
    return Targets(
        details=[hashtag],
        videos=[hashtag],
        trends=[
            TrendList(country="US", industry_id=number),
            TrendList(country="US", industry_id=number, source="creative_center"),
        ],
        searches=[Search(keyword=f"k{number}")],
        datasets=[Dataset(dataset_id=f"d{number}")],
    )


@pytest.mark.parametrize("name", PROVIDERS)
def test_any_answer_is_a_page_of_its_own_items_or_a_typed_error(
    make_session: MakeSession, make_settings: Callable[..., Settings], name: str
) -> None:
    given_answer: dict[str, tuple[int, bytes]] = {}
    transport = httpx.MockTransport(lambda _: httpx.Response(given_answer["is"][0], content=given_answer["is"][1]))
    session = make_session(transport=transport)
    configured = make_settings(name)
    numbers = itertools.count(1)

    def fetched(walk: Walk) -> Page | RequestError:
        session.clients.pop(name, None)
        session.run_id = f"run-{next(numbers)}"
        try:
            return walk.fetch(configured.client({}, session), session, walk, "walk")(None, 0)
        except RequestError as error:
            return error

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(status=STATUSES, body=BODIES)
    def check(status: int, body: bytes) -> None:
        given_answer["is"] = (status, body)
        for walk in providers.provider(name).walks_for(targets(next(numbers)), configured, session):
            result = fetched(walk)
            if isinstance(result, RequestError):
                assert str(result).startswith(name)
            else:
                assert all(bytes(item) in sanitised(body) for item in result.items)
                assert len(result.ids) == len(result.items)

    check()


def test_a_good_answer_is_not_taken_for_a_bad_one(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    body: dict[str, Any] = {"data": [{"id": "1"}], "pagination": {"has_more": False, "next_cursor": None}}
    session = make_session(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    configured = make_settings("unifapi")
    [walk] = providers.provider("unifapi").walks_for(Targets(videos=[Hashtag(id="1")]), configured, session)
    client = configured.client({}, session)

    page = walk.fetch(client, session, walk, "walk")(None, 0)

    assert [json.loads(bytes(item)) for item in page.items] == body["data"]
