from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.providers.crawled import only_walk

from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.providers.crawlora import PLANS, configured, crawlora, walks_for
from tiktok_hashtags.sandbox import Fault, Sandbox, World, serve
from tiktok_hashtags.watchlist.model import Hashtag, TrendList

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw, TablesOfDlt

TODAY = date(2026, 11, 1)
DETAILS = Targets(details=[Hashtag(name="christmas")])
TRENDS = Targets(trends=[TrendList(country="US")])
CREATIVE = Targets(trends=[TrendList(country="US", source="creative_center")])


def sent(sandbox: Sandbox) -> list[str]:
    return [row.path for row in sandbox.account("crawlora").requests]


def envelope(data: Any, code: int | str = 200) -> dict[str, Any]:
    return {"code": code, "msg": "OK", "data": data}


def details(**info: Any) -> dict[str, Any]:
    return envelope({"challengeInfo": info, "statusCode": 0, "status_code": 0})


def test_the_source_loads_details_and_lists_without_our_command_line(
    sandbox: Sandbox, dlt_raw: TablesOfDlt, world: World
) -> None:
    lists = [TrendList(country="US"), TrendList(source="creative_center", country="DE", period_days=30)]
    with serve(sandbox) as server:
        dlt_raw.load(
            crawlora(["christmas"], lists, api_key=sandbox.keys["crawlora"], base_url=server.base_urls["crawlora"])
        )

    stats = world.hashtag_stats(world.hashtags[0], TODAY)
    board = world.trend_list("US", 7, None, TODAY)
    assert dlt_raw.rows(
        "select requested_hashtag, hashtag_key, challenge_info__challenge__id,"
        " challenge_info__stats_v2__view_count, challenge_info__stats_v2__video_count from raw.crawlora_hashtags"
    ) == [("christmas", "christmas", "3242", stats.view_count, stats.video_count)]
    assert dlt_raw.rows(
        "select rank, hashtag_id, publish_cnt, video_views from raw.crawlora_trends order by position"
    ) == [(entry.rank, entry.hashtag.id, entry.publish_count, entry.view_count) for entry in board]
    assert dlt_raw.rows(
        "select distinct requested_country, requested_period_days, requested_industry_id, requested_new_on_board"
        " from raw.crawlora_creative_center"
    ) == [("DE", 30, 0, False)]
    assert dlt_raw.rows("select endpoint, stop_reason from raw.walks order by 1") == [
        ("creative_center", "feed_end"),
        ("hashtags", "feed_end"),
        ("trends", "feed_end"),
    ]


def test_the_points_of_a_series_are_doubles_in_their_order(
    sandbox: Sandbox, crawl: Crawl, raw: Raw, world: World
) -> None:
    crawl("crawlora", TRENDS, into=raw)

    [first, *_] = world.trend_list("US", 7, None, TODAY)
    points = raw.rows("select value from raw.crawlora_trends__trend where position = 1 order by list_index")
    assert points == [(float(point.value),) for point in first.points]
    assert raw.rows(
        "select distinct data_type from information_schema.columns"
        " where table_name = 'crawlora_trends__trend' and column_name = 'value'"
    ) == [("DOUBLE",)]


def test_counts_are_kept_as_they_come_rounded_exact_or_missing(
    crawl: Crawl, answered: Callable[..., Session], raw: Raw
) -> None:
    body = details(
        challenge={"id": 7310000000000000123, "title": "Cat"},
        stats={"videoCount": 0, "viewCount": 321_900_000_000},
        statsV2={"viewCount": "321857738740"},
    )

    crawl("crawlora", Targets(details=[Hashtag(name="#CAT")]), session=answered(200, body), into=raw)

    assert raw.rows(
        "select requested_hashtag, hashtag_key, challenge_info__challenge__id,"
        " challenge_info__stats__video_count, challenge_info__stats__view_count,"
        " challenge_info__stats_v2__video_count, challenge_info__stats_v2__view_count"
        " from raw.crawlora_hashtags"
    ) == [("cat", "cat", "7310000000000000123", 0, 321_900_000_000, None, 321_857_738_740)]


@pytest.mark.parametrize("body", [details(), envelope({}), envelope({"challengeInfo": None, "statusCode": "0"})])
def test_details_from_which_everything_is_missing_are_still_an_answer(
    crawl: Crawl, answered: Callable[..., Session], raw: Raw, body: Any
) -> None:
    session = crawl("crawlora", DETAILS, session=answered(200, body), into=raw)

    assert only_walk(session).stop_reason == "feed_end"
    assert raw.rows("select hashtag_key, challenge_info__stats__view_count from raw.crawlora_hashtags") == [
        ("christmas", None)
    ]


def test_a_list_is_paged_by_number_until_there_is_no_more(crawl: Crawl, sandbox: Sandbox, world: World) -> None:
    session = crawl("crawlora", TRENDS, page_size=50)

    queries = [dict(httpx.URL(path).params) for path in sent(sandbox)]
    assert [query["page"] for query in queries] == ["1", "2", "3"]
    assert queries[0] == {"limit": "50", "period": "7", "country_code": "US", "page": "1"}
    assert only_walk(session).items == len(world.trend_list("US", 7, None, TODAY)) == 120
    assert only_walk(session).stop_reason == "feed_end"
    assert sandbox.meter()["crawlora"]["credits"] == session.clients["crawlora"].ledger.credits == 24


def test_page_eleven_is_never_requested(crawl: Crawl, sandbox: Sandbox) -> None:
    sandbox.script(Fault("crawlora", "has_more_forever", times=None))

    session = crawl("crawlora", TRENDS, page_size=20)

    assert [httpx.URL(path).params["page"] for path in sent(sandbox)] == [str(number) for number in range(1, 11)]
    assert sandbox.meter()["crawlora"]["credits"] == session.clients["crawlora"].ledger.credits == 80


def test_every_filter_of_a_list_is_sent(crawl: Crawl, sandbox: Sandbox) -> None:
    trend = TrendList(country="de", period_days=30, industry_id=22000000000, new_on_board=True)

    crawl("crawlora", Targets(trends=[trend]))

    assert dict(httpx.URL(sent(sandbox)[0]).params) == {
        "limit": "100",
        "period": "30",
        "country_code": "DE",
        "industry_id": "22000000000",
        "filter_by": "new_on_board",
        "page": "1",
    }


@pytest.mark.parametrize("name", ["../x", "a/b", "%2e%2e", "..", "a?b=c", "a#b", 'q"uote', "🎄", "-rf", "a b", "ß;--"])
def test_a_name_is_one_segment_of_the_path(crawl: Crawl, make_session: MakeSession, name: str) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json=details())

    session = make_session(transport=httpx.MockTransport(answer))
    crawl("crawlora", Targets(details=[Hashtag(name=name)]), session=session)

    raw_path = asked[0].raw_path.decode()
    prefix = "/api/v1/tiktok/hashtag/"
    assert raw_path.startswith(prefix)
    assert not set(raw_path.removeprefix(prefix)) & set("/?#.")


def test_a_hostile_name_finds_its_hashtag(crawl: Crawl, sandbox: Sandbox, world: World) -> None:
    emoji = next(tag for tag in world.catalogue if not tag.name.isascii())

    session = crawl("crawlora", Targets(details=[Hashtag(name=emoji.name)]))

    assert only_walk(session).stop_reason == "feed_end"
    assert session.learned.ids() == {emoji.id}


def test_a_hashtag_known_by_id_alone_is_not_requested(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    hashtags = [Hashtag(id="3242"), Hashtag(name="cat")]

    walks = walks_for(Targets(details=hashtags), make_settings("crawlora"), make_session())

    assert [(walk.target, walk.worst_requests, walk.worst_credits) for walk in walks] == [("#cat", 1, 8)]


def test_the_worst_case_of_a_list_is_ten_pages(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    lists = [*TRENDS.trends, *CREATIVE.trends]

    walks = walks_for(Targets(trends=lists), make_settings("crawlora"), make_session())

    assert [(walk.endpoint, walk.worst_requests, walk.worst_credits) for walk in walks] == [
        ("trends", 10, 80),
        ("creative_center", 1, 8),
    ]


def test_lists_that_differ_in_a_filter_are_different_walks(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    lists = [
        TrendList(country="US"),
        TrendList(country="DE"),
        TrendList(country="US", period_days=30),
        TrendList(country="US", industry_id=5),
        TrendList(country="US", new_on_board=True),
        TrendList(country="US", source="creative_center"),
    ]
    session = make_session()

    walks = walks_for(Targets(trends=lists), make_settings("crawlora"), session)

    assert len({walk.key(session) for walk in walks}) == len(lists)


def test_the_day_of_the_free_plan_is_not_overrun(crawl: Crawl, sandbox: Sandbox, world: World) -> None:
    names = [Hashtag(name=f"tag{number}") for number in range(70)]

    session = crawl("crawlora", Targets(details=names), plan="free", requests_per_minute=100_000)

    assert sandbox.meter()["crawlora"] == {"requests": 62, "credits": 496, "status_2xx": 62}
    assert [walk.stop_reason for walk in session.tally.walks].count("quota") == 8


@pytest.mark.parametrize(
    ("name", "month", "day", "rate", "hundred_usd", "overage_usd"),
    [
        ("free", 2_000, 500, 5, 0.0, None),
        ("starter", 20_000, 5_000, 15, 0.045, 0.75),
        ("growth", 100_000, 25_000, 45, 0.029, 0.45),
        ("pro", 400_000, None, 120, 0.01975, 0.30),
        ("business", 1_200_000, None, 300, 199 / 12_000, 0.20),
        ("enterprise", 5_000_000, None, 1_000, 0.00998, 0.12),
    ],
)
def test_the_plans_are_those_of_the_price_table(  # noqa: PLR0917  # the table's columns
    name: str, month: int, day: int | None, rate: int, hundred_usd: float, overage_usd: float | None
) -> None:
    plan = PLANS[name]

    assert (plan.credits_per_month, plan.credits_per_day, plan.requests_per_minute) == (month, day, rate)
    assert plan.cost_usd(100, used_this_month=0) == pytest.approx(hundred_usd)
    if overage_usd is not None:
        assert plan.cost_usd(1_000, used_this_month=month) == pytest.approx(overage_usd)


def test_the_defaults_are_the_documents() -> None:
    settings = configured()

    assert settings.base_url == "https://api.crawlora.net/api/v1"
    assert (settings.plan, settings.page_size) == (PLANS["free"], 100)
