from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.fake_files import AwayFileSystem
from tests.providers.crawled import only_walk

from tiktok_hashtags.errors import BodyError, ConfigError, RequestError, ServerError, StatusError
from tiktok_hashtags.extract.session import Known, Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.providers.scraper import scraper, walks_for
from tiktok_hashtags.sandbox import DATASET_ID, Sandbox, World, dataset_items, serve
from tiktok_hashtags.watchlist.model import Dataset

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw, TablesOfDlt

TODAY = date(2026, 11, 1)
AWAY = f"{AwayFileSystem.protocol}://bucket/listing.jsonl"
AWAY_TOO = f"{AwayFileSystem.protocol}://bucket/listing/*.json"
HTTP = Targets(datasets=[Dataset(dataset_id=DATASET_ID)])


def written(path: Path, items: list[Any]) -> Targets:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return Targets(datasets=[Dataset(path=str(path))])


def test_the_source_loads_a_file_without_our_command_line_or_a_key(
    world: World, tmp_path: Path, dlt_raw: TablesOfDlt
) -> None:
    items = dataset_items(world, TODAY)
    (tmp_path / "capture.json").write_text(json.dumps(items))

    dlt_raw.load(scraper([str(tmp_path / "capture.json")]))

    good = [item for item in items if "aweme_id" in item]
    assert dlt_raw.rows("select aweme_id, statistics__play_count from raw.scraper_items order by position") == [
        (item["aweme_id"], int((item.get("statistics") or {})["play_count"])) for item in good
    ]
    assert dlt_raw.rows(
        "select distinct dataset[:13], length(dataset), observed_at <= now()::timestamp from raw.scraper_items"
    ) == [("capture.json ", 13 + 12, True)]
    assert dlt_raw.rows("select count(*), min(reason) from raw.rejects") == [
        (len(items) - len(good), "the item has no id")
    ]
    assert dlt_raw.rows("select stop_reason, items, credits from raw.walks") == [("feed_end", len(items), 0)]


def test_the_source_loads_an_http_dataset_without_our_command_line(
    sandbox: Sandbox, dlt_raw: TablesOfDlt, world: World
) -> None:
    with serve(sandbox) as server:
        source = scraper(
            [Dataset(dataset_id=DATASET_ID)],
            api_key=sandbox.keys["scraper"],
            base_url=server.base_urls["scraper"],
        )
        dlt_raw.load(source)

    ids = [item["aweme_id"] for item in dataset_items(world, TODAY) if "aweme_id" in item]
    assert dlt_raw.rows("select aweme_id from raw.scraper_items order by position") == [(item_id,) for item_id in ids]


def test_a_dataset_is_paged_by_the_items_received_until_nothing_comes(
    crawl: Crawl, sandbox: Sandbox, world: World
) -> None:
    count = len(dataset_items(world, TODAY))

    session = crawl("scraper", HTTP)

    urls = [httpx.URL(row.path) for row in sandbox.account("scraper").requests]
    assert count > 100
    assert [url.params["offset"] for url in urls] == ["0", "100", str(count)]
    assert {(url.path, url.params["limit"], url.params["clean"]) for url in urls} == {
        (f"/datasets/{DATASET_ID}/items", "500", "1")
    }
    assert (only_walk(session).items, only_walk(session).stop_reason) == (count, "feed_end")


def test_the_token_is_in_the_header_and_never_in_the_query(crawl: Crawl, make_session: MakeSession) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[])

    crawl(
        "scraper",
        Targets(datasets=[Dataset(dataset_id="a/b?c")]),
        session=make_session(transport=httpx.MockTransport(answer)),
        api_key="token-1",
    )

    assert asked[0].headers["authorization"] == "Bearer token-1"
    assert "token-1" not in str(asked[0].url)
    assert asked[0].url.raw_path.startswith(b"/datasets/a%2Fb%3Fc/items?")


@pytest.mark.parametrize(
    ("status", "body", "kind", "attempts"),
    [
        (404, {"error": {"type": "record-not-found"}}, StatusError, 1),
        (400, {}, StatusError, 1),
        # Five attempts, or two, at the first page, and as many at the one beyond it.
        (500, b"\xff", ServerError, 10),
        (200, {"error": {"type": "odd", "message": "so it is"}}, BodyError, 4),
        (200, b"<html>", BodyError, 4),
        (200, b"[1, 2", BodyError, 4),
    ],
)
def test_every_failing_answer_is_a_typed_error_and_costs_nothing(  # noqa: PLR0917  # the table's columns
    crawl: Crawl,
    answered: Callable[..., Session],
    status: int,
    body: Any,
    kind: type[RequestError],
    attempts: int,
) -> None:
    session = crawl("scraper", HTTP, session=answered(status, body))

    rows = list(session.journal.requests("run-1", "scraper"))
    assert type(only_walk(session).error) is kind
    assert not only_walk(session).is_complete
    assert [row["credits"] for row in rows] == [0] * attempts


def test_a_service_that_ignores_the_offset_is_left(crawl: Crawl, answered: Callable[..., Session]) -> None:
    session = crawl("scraper", HTTP, session=answered(200, [{"aweme_id": "1"}]))

    assert (only_walk(session).stop_reason, only_walk(session).pages) == ("page_clamped", 1)
    assert not only_walk(session).is_complete


def test_a_dataset_that_holds_the_same_videos_again_is_read_to_its_end(crawl: Crawl, make_session: MakeSession) -> None:
    items = [{"aweme_id": str(number % 4), "statistics": {"play_count": number}} for number in range(20)]

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        return httpx.Response(200, json=items[offset : offset + 4])

    session = crawl("scraper", HTTP, session=make_session(transport=httpx.MockTransport(answer)))

    assert (only_walk(session).items, only_walk(session).new_items) == (20, 4)
    assert only_walk(session).stop_reason == "feed_end"


def test_a_file_with_many_repeats_and_error_rows_is_read_to_its_end(crawl: Crawl, tmp_path: Path) -> None:
    items: list[Any] = [{"aweme_id": "1"}] * 30 + [{"error": "gone"}] * 30 + [{"aweme_id": "2"}]

    session = crawl("scraper", written(tmp_path / "a.jsonl", items), page_size=5)

    assert (only_walk(session).items, only_walk(session).new_items) == (61, 2)
    assert only_walk(session).stop_reason == "feed_end"
    assert session.tally.rejects["scraper"] == 30


def test_a_file_has_no_safety_stop(crawl: Crawl, tmp_path: Path) -> None:
    items = [{"aweme_id": str(number)} for number in range(30)]

    session = crawl("scraper", written(tmp_path / "a.jsonl", items), page_size=1, max_pages=5)

    assert (only_walk(session).pages, only_walk(session).stop_reason) == (30, "feed_end")


def test_a_broken_file_costs_only_itself(crawl: Crawl, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"aweme_id": "1"}\n')[:-5])
    targets = written(tmp_path / "b.jsonl", [{"aweme_id": "2"}])

    session = crawl("scraper", Targets(datasets=[Dataset(path=str(tmp_path / "*.gz")), *targets.datasets]))

    assert {walk.target: walk.stop_reason for walk in session.tally.walks} == {
        "a.jsonl.gz": "bad_body",
        "b.jsonl": "feed_end",
    }


def test_a_place_whose_server_is_away_costs_only_itself(crawl: Crawl, tmp_path: Path) -> None:
    targets = written(tmp_path / "b.jsonl", [{"aweme_id": "2"}])
    away = [Dataset(path=AWAY), Dataset(path=AWAY_TOO)]

    session = crawl("scraper", Targets(datasets=[*HTTP.datasets, *away, *targets.datasets]))

    assert {walk.target: (walk.stop_reason, walk.is_complete) for walk in session.tally.walks} == {
        f"dataset {DATASET_ID}": ("feed_end", True),
        AWAY: ("network", False),
        AWAY_TOO: ("network", False),
        "b.jsonl": ("feed_end", True),
    }


def test_two_http_datasets_are_two_walks(make_settings: Callable[..., Settings], session: Session) -> None:
    targets = Targets(datasets=[Dataset(dataset_id="a"), Dataset(dataset_id="b"), Dataset(dataset_id="a")])

    walks = walks_for(targets, make_settings("scraper"), session)

    assert [walk.target for walk in walks] == ["dataset a", "dataset b"]


def test_a_place_that_can_be_read_again_is_complete_on_the_same_date_until_it_cannot(
    crawl: Crawl, make_session: MakeSession, tmp_path: Path
) -> None:
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "gone.jsonl")
    dataset = Targets(datasets=[Dataset(path=str(tmp_path))])
    missed = only_walk(crawl("scraper", dataset))
    back, away = make_session(), make_session()
    back.known = Known(incomplete_walks={missed.walk_key})

    (tmp_path / "gone.jsonl").write_text('{"aweme_id": "1"}')
    crawl("scraper", dataset, session=back)
    (tmp_path / "gone.jsonl").unlink()
    complete = {walk.walk_key: (walk.stop_reason, walk.items) for walk in back.tally.walks}
    away.known = Known(incomplete_walks={missed.walk_key}, complete_walks=complete)
    crawl("scraper", dataset, session=away)

    assert (missed.stop_reason, missed.is_complete) == ("network", False)
    assert sorted((walk.is_complete, walk.items) for walk in back.tally.walks) == [(True, 0), (True, 1)]
    assert complete[missed.walk_key] == ("feed_end", 0)
    assert [(walk.walk_key, walk.stop_reason) for walk in away.tally.walks] == [(missed.walk_key, "network")]


def test_files_of_one_name_on_two_servers_are_two_places(
    make_settings: Callable[..., Settings], session: Session
) -> None:
    targets = Targets(datasets=[Dataset(path="away://bucket/"), Dataset(path="away://other/")])

    walks = walks_for(targets, make_settings("scraper"), session)

    assert [walk.target for walk in walks if walk.refusal] == [
        "bucket/b.json of away://bucket/",
        "other/b.json of away://other/",
    ]


def test_the_same_content_is_loaded_once_under_any_file_name(
    crawl: Crawl, make_session: MakeSession, tmp_path: Path
) -> None:
    written(tmp_path / "a.jsonl", [{"aweme_id": "1"}])
    targets = written(tmp_path / "copy.jsonl", [{"aweme_id": "1"}])
    both = Targets(datasets=[Dataset(path=str(tmp_path / "*.jsonl"))])
    first = crawl("scraper", both)
    done = {walk.walk_key: (walk.stop_reason, walk.items) for walk in first.tally.walks}

    later = make_session(known=Known(complete_walks=done), snapshot_date=date(2026, 12, 24))
    crawl("scraper", targets, session=later)

    assert len(first.tally.walks) == 1
    assert later.tally.walks == []


def test_a_files_snapshot_is_the_day_of_its_capture(crawl: Crawl, raw: Raw, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    targets = written(path, [{"aweme_id": "1"}])
    modified = datetime(2026, 10, 20, 23, 30, tzinfo=UTC).timestamp()
    os.utime(path, (modified, modified))

    crawl("scraper", targets, into=raw)

    assert raw.rows("select snapshot_date, observed_at from raw.scraper_items") == [
        (date(2026, 10, 20), datetime(2026, 10, 20, 23, 30))
    ]


def test_an_http_dataset_without_an_address_names_the_setting(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings("scraper", base_url="https://base-url.invalid")

    with pytest.raises(ConfigError, match=r"its server is unknown\. Nothing was sent\. Set base_url under \[sources"):
        walks_for(HTTP, settings, make_session())


def test_a_missing_file_is_reported_before_anything_is_sent(
    make_session: MakeSession, make_settings: Callable[..., Settings]
) -> None:
    with pytest.raises(ConfigError, match=r"dataset missing\.json: there is no"):
        walks_for(Targets(datasets=[Dataset(path="missing.json")]), make_settings("scraper"), make_session())


def test_datasets_cost_nothing(
    make_session: MakeSession, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    targets = written(tmp_path / "a.jsonl", [{"aweme_id": "1"}])

    walks = walks_for(Targets(datasets=[*targets.datasets, *HTTP.datasets]), make_settings("scraper"), make_session())

    assert [(walk.worst_credits, walk.is_dated) for walk in walks] == [(0, False), (0, True)]
