from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tiktok_hashtags import providers
from tiktok_hashtags.extract.session import Known
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets
from tiktok_hashtags.sandbox import Fault, Sandbox, World
from tiktok_hashtags.watchlist.model import Dataset, Hashtag, Search, TrendList

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw, TablesOfDlt

NOW = datetime(2026, 11, 1, 6)


def test_each_request_is_in_the_tables_once_with_the_walk_it_belongs_to(
    crawl: Crawl, raw: Raw, sandbox: Sandbox
) -> None:
    sandbox.script(Fault("crawlora", "503", match="popular"))
    lists = [TrendList(country="US"), TrendList(source="creative_center", country="US")]

    crawl("crawlora", Targets(details=[Hashtag(name="christmas")], trends=lists), into=raw, page_size=100)

    assert raw.rows(
        "select w.endpoint, r.status, r.outcome, r.credits, r.is_replayed from raw.api_requests as r"
        " join raw.walks as w using (run_id, walk_key) order by r.endpoint, r.request_id"
    ) == [
        ("creative_center", 200, "ok", 8, False),
        ("hashtags", 200, "ok", 8, False),
        ("trends", 503, "error", 0, False),
        ("trends", 200, "ok", 8, False),
        ("trends", 200, "ok", 8, False),
    ]
    assert raw.rows("select count(*), count(distinct request_id), sum(credits) from raw.api_requests") == [
        (5, 5, sandbox.meter()["crawlora"]["credits"])
    ]


@pytest.mark.parametrize("fault", ["null_item", "no_id_item", "wrong_type_item", "int_beyond_64"])
def test_a_bad_item_is_kept_with_the_reason_and_the_rest_loads(
    crawl: Crawl, raw: Raw, sandbox: Sandbox, world: World, fault: str
) -> None:
    sandbox.script(Fault("unifapi", fault, item=2))

    session = crawl("unifapi", Targets(videos=[Hashtag(id="3242", name="christmas")]), into=raw)

    [reject] = raw.rows("select provider, entity, hashtag_key, page, position, reason, payload from raw.rejects")
    count = len(world.feed(world.hashtags[0], NOW.date(), "unifapi"))
    assert reject[:5] == ("unifapi", "unifapi_videos", "christmas", 1, 3)
    assert reject[5]
    assert reject[6] == "null" if fault == "null_item" else json.loads(reject[6])
    assert raw.rows("select count(*) from raw.unifapi_videos") == [(count,)]
    assert session.tally.rejects == {"unifapi": 1}
    assert session.tally.walks[0].is_complete


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("unknown_keys", "undocumented fields (2000): unknown_0, unknown_1,"),
        ("deep_unknown", "undocumented fields (1): unknown"),
        ("sql_key", 'undocumented fields (1): x"; drop table raw.rejects; --'),
    ],
)
def test_unknown_fields_are_a_notice_and_no_columns(
    crawl: Crawl, dlt_raw: TablesOfDlt, sandbox: Sandbox, fault: str, named: str
) -> None:
    columns = "select table_name, column_name from information_schema.columns where table_schema = 'raw'"
    crawl("unifapi", Targets(), into=dlt_raw)
    before = set(dlt_raw.rows(columns))
    sandbox.script(Fault("unifapi", fault))

    crawl("unifapi", Targets(videos=[Hashtag(id="3242")]), into=dlt_raw)

    [(provider, entity, kind, detail)] = dlt_raw.rows("select provider, entity, kind, detail from raw.notices")
    assert (provider, entity, kind) == ("unifapi", "unifapi_videos", "drift")
    assert detail.startswith(named)
    assert len(detail) < 2_000
    assert set(dlt_raw.rows(columns)) == before


def test_a_notice_counts_rejected_items_by_reason(crawl: Crawl, dlt_raw: TablesOfDlt, sandbox: Sandbox) -> None:
    sandbox.script(Fault("unifapi", "null_item"), Fault("unifapi", "no_id_item", nth=2))

    crawl("unifapi", Targets(videos=[Hashtag(id="3242")]), into=dlt_raw, page_size=10)

    [(count,)] = dlt_raw.rows("select count(*) from raw.unifapi_videos")
    said = "1 x Expected `object`, got `null`; 1 x the item has no id"
    rejects = dlt_raw.rows("select reason, payload like '{%' from raw.rejects order by page")
    assert rejects == [("Expected `object`, got `null`", False), ("the item has no id", True)]
    assert dlt_raw.rows("select kind, detail from raw.notices") == [
        (
            "rejected",
            f"2 of {count + 2} items could not be read and are in raw.rejects: {said}",
        )
    ]


def test_no_provider_leaves_a_typed_twin_of_a_column_or_a_time_with_a_zone(
    crawl: Crawl, dlt_raw: TablesOfDlt, sandbox: Sandbox, world: World
) -> None:
    hashtags = [Hashtag(name=hashtag.name, id=hashtag.id) for hashtag in world.hashtags]
    targets = Targets(
        details=hashtags,
        videos=hashtags,
        trends=[TrendList(country="US"), TrendList(source="creative_center", country="US")],
        searches=[Search(keyword="a")],
        datasets=[Dataset(dataset_id="holiday-hashtags")],
    )

    for name in providers.names():
        crawl(name, targets, into=dlt_raw)

    columns = dlt_raw.rows(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'raw' and not starts_with(table_name, '_dlt')"
    )
    declared = {table: schema for name in providers.names() for table, schema in declared_tables(name).items()}
    loaded: dict[str, set[str]] = {}
    for table, column, _ in columns:
        loaded.setdefault(table, set()).add(column)
    assert {table: loaded[table] for table in declared} == declared
    assert {kind for _, _, kind in columns} == {"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"}


def declared_tables(name: str) -> dict[str, set[str]]:
    entities = providers.provider(name).ENTITIES.values()
    tables = {table: data for entity in entities for table, data in entity.empty().items()}
    return {table: {*data.column_names, "_dlt_load_id"} for table, data in tables.items()}


def test_a_dataset_files_rows_are_of_its_own_date_and_those_of_the_run_of_the_runs(
    crawl: Crawl, raw: Raw, tmp_path: Any
) -> None:
    (tmp_path / "a.jsonl").write_text('{"aweme_id": "1"}\n')
    dataset = Dataset(path=str(tmp_path / "a.jsonl"), captured_at=datetime(2026, 10, 5, 8))

    crawl("scraper", Targets(datasets=[dataset]), into=raw)

    assert raw.rows("select snapshot_date, observed_at from raw.scraper_items") == [
        (date(2026, 10, 5), datetime(2026, 10, 5, 8))
    ]
    assert raw.rows("select snapshot_date from raw.walks") == [(NOW.date(),)]


def test_progress_is_reported_page_by_page(
    make_session: MakeSession, make_settings: Callable[..., Settings], crawl: Crawl
) -> None:
    shown: list[tuple[str, str, int]] = []
    session = make_session(on_page=lambda *page: shown.append(page))

    crawl("unifapi", Targets(videos=[Hashtag(id="3242", max_videos=25)]), session=session, page_size=10)

    assert shown == [("unifapi", "id 3242", 10), ("unifapi", "id 3242", 10), ("unifapi", "id 3242", 5)]


def test_a_page_that_misled_its_walk_is_requested_again_by_the_next_run(crawl: Crawl, sandbox: Sandbox) -> None:
    targets = Targets(videos=[Hashtag(id="3242")])
    sandbox.script(Fault("unifapi", "no_cursor"))

    runs = [crawl("unifapi", targets, page_size=10) for _ in range(2)]

    assert [run.tally.walks[0].stop_reason for run in runs] == ["no_cursor", "feed_end"]


def test_a_walk_costs_what_all_its_requests_do(crawl: Crawl, raw: Raw, sandbox: Sandbox) -> None:
    sandbox.script(Fault("crawlora", "captcha"))

    crawl("crawlora", Targets(details=[Hashtag(name="christmas")]), into=raw)

    assert raw.rows("select pages, is_complete, credits from raw.walks") == [(1, True, 16)]


def test_a_field_that_an_earlier_notice_told_of_is_not_told_again(
    crawl: Crawl, make_session: MakeSession, sandbox: Sandbox
) -> None:
    sandbox.script(Fault("unifapi", "deep_unknown"))
    targets = Targets(videos=[Hashtag(id="3242")])
    known = Known(unnamed_fields={"unifapi_videos": {"unknown"}})

    first = crawl("unifapi", targets)
    again = crawl("unifapi", targets, session=make_session(known=known))

    assert [notice["kind"] for notice in first.tally.notices] == ["drift"]
    assert (again.tally.notices, again.tally.walks[0].replayed_pages > 0) == ([], True)


def test_a_notice_counts_the_texts_that_were_cut(crawl: Crawl, dlt_raw: TablesOfDlt, make_session: MakeSession) -> None:
    session = make_session(max_text_chars=5)

    crawl("unifapi", Targets(videos=[Hashtag(id="3242")]), session=session, into=dlt_raw, page_size=10)

    notices = dict(dlt_raw.rows("select split_part(detail, ':', 1), detail from raw.notices where kind = 'cut'"))
    assert max(len(text) for (text,) in dlt_raw.rows("select video_description from raw.unifapi_videos")) == 5
    assert "texts cut to 5 characters; the longest has" in notices["unifapi_videos.video_description"]
