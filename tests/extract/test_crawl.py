from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import dlt
import msgspec
import pytest

from tiktok_hashtags import providers
from tiktok_hashtags.errors import LoadError, MissingIdError, ServerError
from tiktok_hashtags.extract.crawl import BATCH_BYTES, BATCH_ITEMS, raw_tables
from tiktok_hashtags.extract.decode import Entity
from tiktok_hashtags.extract.paging import Fetch, Page, Rules
from tiktok_hashtags.extract.session import Known, Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets, Walk
from tiktok_hashtags.extract.wire_types import Integer
from tiktok_hashtags.fetch.answers import Id
from tiktok_hashtags.sandbox import Fault, Sandbox, World
from tiktok_hashtags.watchlist.model import Dataset, Hashtag, Search, TrendList

if TYPE_CHECKING:
    from tests.conftest import Crawl, MakeSession, Raw, TablesOfDlt

NOW = datetime(2026, 11, 1, 6)
RUN_TABLES = ["api_requests", "notices", "rejects", "walks"]


class Thing(msgspec.Struct):
    id: Id | None = None
    count: Integer | None = None


THINGS = Entity("things", Thing, ids=lambda items: items["id"])


def pages(sizes: list[int], *, prefix: str = "", before: Callable[[int], None] = lambda _: None) -> Fetch:
    """A feed with pages of these sizes; `before` is told the number of each page that is asked for."""

    def fetch(cursor: str | None, received: int) -> Page:
        number = int(cursor or 0)
        before(number)
        ids = [f"{prefix}{received + place}" for place in range(sizes[number])]
        return Page(
            items=[json.dumps({"id": item_id}).encode() for item_id in ids],
            ids=ids,
            cursor=str(number + 1),
            has_more=number + 1 < len(sizes),
            request_key=f"{prefix}{number}",
            observed_at=NOW,
        )

    return fetch


def thing_walk(fetch: Fetch, target: str = "feed") -> Walk:
    return Walk(
        provider="example",
        endpoint="things",
        target=target,
        entity=THINGS,
        fetch=lambda *_: fetch,
        requested={},
        worst_requests=1,
        worst_credits=0,
        rules=Rules(),
    )


@dlt.source(name="example")
def things(walks: list[Walk], session: Session) -> Any:
    tables = raw_tables(walks, entities=[THINGS], session=session, provider="example")
    yield dlt.resource(tables, name="things", write_disposition="append")


def test_all_tables_exist_before_there_is_a_row(dlt_raw: TablesOfDlt, session: Session) -> None:
    dlt_raw.load(things([], session))

    tables = dlt_raw.rows(
        "select table_name from information_schema.tables"
        " where table_schema = 'raw' and not starts_with(table_name, '_') order by 1"
    )
    columns = dlt_raw.rows(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'raw' and table_name = 'things' order by ordinal_position"
    )
    assert [name for (name,) in tables] == sorted([*RUN_TABLES, "things"])
    assert columns == [
        ("run_id", "VARCHAR"),
        ("snapshot_date", "DATE"),
        ("observed_at", "TIMESTAMP"),
        ("request_key", "VARCHAR"),
        ("page", "BIGINT"),
        ("position", "BIGINT"),
        ("is_text_replaced", "BOOLEAN"),
        ("id", "VARCHAR"),
        ("count", "BIGINT"),
        ("_dlt_load_id", "VARCHAR"),
    ]


def test_every_row_carries_the_load_that_brought_it(dlt_raw: TablesOfDlt, session: Session) -> None:
    dlt_raw.load(things([thing_walk(pages([2, 1]))], session))

    loads = dlt_raw.rows("select load_id from raw._dlt_loads where status = 0")
    assert dlt_raw.rows("select distinct _dlt_load_id from raw.things") == loads
    assert dlt_raw.rows("select distinct _dlt_load_id from raw.walks") == loads


@pytest.mark.parametrize("sizes", [[BATCH_ITEMS - 1, 2, 1], [BATCH_ITEMS] * 2, [1] * 40, [0], [3 * BATCH_ITEMS]])
def test_every_item_is_a_row_once_however_the_batches_fall(raw: Raw, session: Session, sizes: list[int]) -> None:
    raw.load(things([thing_walk(pages(sizes))], session))

    rows = raw.rows("select count(*), count(distinct id), coalesce(max(position), 0) from raw.things")
    assert rows == [(sum(sizes), sum(sizes), sum(sizes))]
    assert session.tally.rows["example"] == sum(sizes)


def test_a_batch_is_bounded_by_its_bytes_too(session: Session) -> None:
    caption = "x" * (BATCH_BYTES // 4)
    item = json.dumps({"id": "1", "caption": caption}).encode()
    page = Page([item], ["1"], "1", has_more=True, request_key="k", observed_at=NOW)
    numbers = iter(range(10))

    def fetch(_: str | None, __: int) -> Page:
        number = next(numbers)
        return replace(page, ids=[str(number)], cursor=str(number), has_more=number < 9)

    tables = [
        table.data for table in raw_tables([thing_walk(fetch)], entities=[THINGS], session=session, provider="example")
    ]

    batches = [table.num_rows for table in tables if "position" in table.column_names and "count" in table.column_names]
    assert sum(batches) == 10
    assert max(batches) <= 4


def test_walks_go_on_at_the_same_time_and_the_pages_of_one_in_sequence(make_session: MakeSession, raw: Raw) -> None:
    together = threading.Barrier(3, timeout=10)
    inside: list[str] = []

    def feed(name: str) -> Fetch:
        def before(number: int) -> None:
            assert name not in inside
            inside.append(name)
            if number == 0:
                together.wait()
            inside.remove(name)

        return pages([2, 2, 2], prefix=name, before=before)

    session = make_session(concurrency=3)
    raw.load(things([thing_walk(feed(name), name) for name in "abc"], session))

    assert [walk.stop_reason for walk in session.tally.walks] == ["feed_end"] * 3
    assert raw.rows("select count(*) from raw.things") == [(18,)]


def test_no_more_walks_go_on_at_the_same_time_than_the_run_allows(make_session: MakeSession) -> None:
    pairs, lock, running, most = threading.Barrier(2, timeout=10), threading.Lock(), 0, 0

    def feed(name: str) -> Fetch:
        def before(number: int) -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            if number == 0:
                pairs.wait()
            with lock:
                running -= 1

        return pages([1] * 5, prefix=name, before=before)

    session = make_session(concurrency=2)
    walks = [thing_walk(feed(str(number)), str(number)) for number in range(8)]
    list(things(walks, session))

    assert most == 2


def test_a_failing_walk_costs_only_itself(raw: Raw, session: Session) -> None:
    def broken(_: str | None, __: int) -> Page:
        raise ServerError("example things of b: HTTP 503")

    walks = [thing_walk(pages([2]), "a"), thing_walk(broken, "b"), thing_walk(pages([3], prefix="c"), "c")]
    raw.load(things(walks, session))

    assert raw.rows("select target, stop_reason, is_complete, items, error from raw.walks order by 1") == [
        ("a", "feed_end", True, 2, None),
        ("b", "server_error", False, 0, "example things of b: HTTP 503"),
        ("c", "feed_end", True, 3, None),
    ]
    assert raw.rows("select count(*) from raw.things") == [(5,)]


def test_a_walk_that_cannot_start_is_a_verdict_too(session: Session) -> None:
    def cannot(*_: object) -> Fetch:
        raise MissingIdError("example things of a: its id is not known")

    list(things([replace(thing_walk(pages([1])), fetch=cannot)], session))

    [walk] = session.tally.walks
    assert (walk.stop_reason, walk.pages, walk.is_complete) == ("no_hashtag_id", 0, False)


def test_what_is_no_failure_of_a_request_ends_the_resource(session: Session) -> None:
    def full_disk(_: str | None, __: int) -> Page:
        raise LoadError("journal.sqlite: cannot write the journal: database or disk is full")

    walks = [thing_walk(full_disk, "a"), *(thing_walk(pages([1] * 50), str(number)) for number in range(5))]

    tables = raw_tables(walks, entities=[THINGS], session=session, provider="example")
    with pytest.raises(LoadError, match="disk is full"):
        list(tables)

    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("walk")] == []


def test_a_reader_that_goes_away_ends_the_threads(session: Session) -> None:
    walks = [thing_walk(pages([1_000] * 50), str(number)) for number in range(5)]
    tables: Iterator[Any] = raw_tables(walks, entities=[THINGS], session=session, provider="example")
    for _ in range(8):
        next(tables)

    tables.close()  # type: ignore[attr-defined]  # a generator is an iterator that can be closed

    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("walk")] == []


def test_a_walk_that_is_complete_for_the_date_is_not_walked_again(make_session: MakeSession) -> None:
    def never(_: str | None, __: int) -> Page:
        raise AssertionError("walked again")

    done = thing_walk(never)
    session = make_session()
    session.known = Known(complete_walks={done.key(session): ("feed_end", 5)})

    list(things([done], session))

    assert session.tally.walks == []


@pytest.mark.parametrize(
    ("earlier", "max_items", "is_done"),
    [
        (("feed_end", 3), 500, True),
        (("known_pages", 3), 500, True),
        (("not_found", 0), 500, True),
        (("max_videos", 500), 500, True),
        (("max_videos", 500), 100, True),
        (("max_videos", 100), 500, False),
        (("max_videos", 100), None, False),
        (None, 500, False),
    ],
)
def test_a_walk_is_done_unless_a_higher_limit_asks_for_more(
    make_session: MakeSession, earlier: tuple[str, int] | None, max_items: int | None, is_done: bool
) -> None:
    walk, session = replace(thing_walk(pages([1])), rules=Rules(max_items=max_items)), make_session()
    session.known = Known(complete_walks={walk.key(session): earlier} if earlier else {})

    assert walk.is_done(session) is is_done


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


def test_a_page_that_misled_its_walk_is_requested_again_by_the_next_run(crawl: Crawl, sandbox: Sandbox) -> None:
    targets = Targets(videos=[Hashtag(id="3242")])
    sandbox.script(Fault("unifapi", "no_cursor"))

    runs = [crawl("unifapi", targets, page_size=10) for _ in range(2)]

    assert [run.tally.walks[0].stop_reason for run in runs] == ["no_cursor", "feed_end"]


def test_a_walk_costs_what_all_its_requests_do(crawl: Crawl, raw: Raw, sandbox: Sandbox) -> None:
    sandbox.script(Fault("crawlora", "captcha"))

    crawl("crawlora", Targets(details=[Hashtag(name="christmas")]), into=raw)

    assert raw.rows("select pages, is_complete, credits from raw.walks") == [(1, True, 16)]


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
        ("unknown_keys", "2000 fields that the document does not name: unknown_0, unknown_1,"),
        ("deep_unknown", "1 fields that the document does not name: unknown"),
        ("sql_key", '1 fields that the document does not name: x"; drop table raw.rejects; --'),
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


def test_a_notice_counts_what_was_rejected_and_says_why(crawl: Crawl, dlt_raw: TablesOfDlt, sandbox: Sandbox) -> None:
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


def test_progress_is_told_page_by_page(
    make_session: MakeSession, make_settings: Callable[..., Settings], crawl: Crawl
) -> None:
    told: list[tuple[str, str, int]] = []
    session = make_session(on_page=lambda *page: told.append(page))

    crawl("unifapi", Targets(videos=[Hashtag(id="3242", max_videos=25)]), session=session, page_size=10)

    assert told == [("unifapi", "id 3242", 10), ("unifapi", "id 3242", 10), ("unifapi", "id 3242", 5)]
