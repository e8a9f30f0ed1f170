from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import duckdb
import pyarrow as pa
import pytest

from tiktok_hashtags import providers
from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.errors import BusyError, LoadError
from tiktok_hashtags.extract.session import Known, Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.tables import marked_tables, watchlist_source
from tiktok_hashtags.extract.walk import SourceRun, Targets
from tiktok_hashtags.project import Project
from tiktok_hashtags.sandbox import Sandbox, World
from tiktok_hashtags.warehouse.raw import RawLayer
from tiktok_hashtags.watchlist.model import Dataset, Hashtag, Search, TrendList, Watchlist

if TYPE_CHECKING:
    from tests.conftest import MakeSession

TODAY = date(2026, 11, 1)
TOMORROW = TODAY + timedelta(days=1)
CHRISTMAS = Hashtag(name="christmas")
WATCHLIST = Watchlist(hashtags=(CHRISTMAS,))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def layer(project: Project) -> RawLayer:
    return RawLayer(project)


Fill = Callable[..., Session]


@pytest.fixture
def fill(layer: RawLayer, make_session: MakeSession, make_settings: Callable[..., Settings]) -> Fill:
    """Load what a provider is asked for; returns the run."""

    def fill(name: str, targets: Targets, *, session: Session | None = None, **given: Any) -> Session:
        run = session or make_session()
        settings = make_settings(name, **given)
        walks = providers.provider(name).walks_for(targets, settings, run)
        layer.load(providers.source(name)(run=SourceRun(settings, run, walks)))
        return run

    return fill


def rows(project: Project, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project.warehouse)) as connection:
        return connection.execute(query).fetchall()


def test_nothing_is_known_of_a_warehouse_that_is_not_there_yet(layer: RawLayer) -> None:
    assert layer.known(WATCHLIST, snapshot_date=TODAY) == Known()


def test_nothing_is_known_before_the_first_walk(layer: RawLayer, session: Session) -> None:
    layer.load(watchlist_source(WATCHLIST, session))

    assert layer.known(WATCHLIST, snapshot_date=TODAY) == Known()


def test_a_walk_that_is_complete_is_known_on_its_date_only(layer: RawLayer, fill: Fill) -> None:
    session = fill("crawlora", Targets(details=[CHRISTMAS]))

    [walk] = session.tally.walks
    assert layer.known(WATCHLIST, snapshot_date=TODAY).complete_walks == {walk.walk_key: ("feed_end", 1)}
    assert layer.known(WATCHLIST, snapshot_date=TOMORROW).complete_walks == {}


def test_an_incomplete_walk_is_not_done(layer: RawLayer, fill: Fill, sandbox: Sandbox) -> None:
    sandbox.account("unifapi").balance = 5

    fill("unifapi", Targets(videos=[Hashtag(id="3242")]))

    assert layer.known(WATCHLIST, snapshot_date=TODAY).complete_walks == {}


def test_the_longest_of_several_complete_walks_counts(layer: RawLayer, fill: Fill) -> None:
    for limit in (10, 25, 20):
        fill("unifapi", Targets(videos=[Hashtag(id="3242", max_videos=limit)]))

    known = layer.known(WATCHLIST, snapshot_date=TODAY)

    assert list(known.complete_walks.values()) == [("max_videos", 25)]


def test_a_dataset_file_stays_known_forever(layer: RawLayer, fill: Fill, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"aweme_id": "1"}\n')

    session = fill("scraper", Targets(datasets=[Dataset(path="a.jsonl")]))

    later = layer.known(WATCHLIST, snapshot_date=TODAY + timedelta(days=400))
    assert later.complete_walks == {session.tally.walks[0].walk_key: ("feed_end", 1)}


def test_ids_of_hashtags_are_known_from_details_and_searches(layer: RawLayer, fill: Fill, world: World) -> None:
    [first, second, *_] = world.hashtags
    fill("crawlora", Targets(details=[Hashtag(name=first.name)]))
    fill("tikliveapi", Targets(details=[Hashtag(name=second.name)], searches=[Search(keyword=first.name[:4])]))

    ids = layer.known(WATCHLIST, snapshot_date=TOMORROW).hashtag_ids

    found = {hashtag.name.casefold(): hashtag.id for hashtag in world.search(first.name[:4], TODAY)}
    assert ids == found | {first.name.casefold(): first.id, second.name.casefold(): second.id}


def test_the_newest_id_of_a_hashtag_is_known(
    layer: RawLayer, project: Project, fill: Fill, make_session: MakeSession
) -> None:
    for day in (TOMORROW, TODAY):
        clock = frozen_clock(datetime(day.year, day.month, day.day))
        fill("crawlora", Targets(details=[CHRISTMAS]), session=make_session(clock=clock, snapshot_date=day))
    older = "update raw.crawlora_hashtags set challenge_info__challenge__id = '1' where snapshot_date = '2026-11-01'"
    rows(project, older)

    assert layer.known(WATCHLIST, snapshot_date=TOMORROW).hashtag_ids == {"christmas": "3242"}


def test_nothing_is_known_from_a_load_that_never_completed(layer: RawLayer, project: Project, fill: Fill) -> None:
    fill("crawlora", Targets(details=[CHRISTMAS, Hashtag(name="nosuchtag")]))

    rows(project, "delete from raw._dlt_loads")

    assert layer.known(WATCHLIST, snapshot_date=TODAY) == Known()


def test_the_watchlist_of_a_date_is_that_of_its_last_run(layer: RawLayer, make_session: MakeSession) -> None:
    for hour, name in ((18, "later"), (6, "earlier")):
        session = make_session(clock=frozen_clock(datetime(2026, 11, 1, hour)))
        layer.load(watchlist_source(Watchlist(hashtags=(Hashtag(name=name),)), session))

    found = layer.watchlist_on(TODAY)

    assert found is not None
    assert [hashtag.key for hashtag in found.hashtags] == ["later"]
    assert layer.watchlist_on(TOMORROW) is None


def test_a_hashtag_that_was_not_found_is_known_for_seven_days(layer: RawLayer, fill: Fill) -> None:
    fill("crawlora", Targets(details=[Hashtag(name="nosuchtag")]))
    fill("unifapi", Targets(videos=[Hashtag(id="1")]))

    known = [layer.known(WATCHLIST, snapshot_date=TODAY + timedelta(days=days)).not_found for days in (0, 6, 7)]

    said = {("crawlora", "nosuchtag"): TODAY, ("unifapi", "1"): TODAY}
    assert known == [said, said, {}]


def test_videos_and_the_last_full_walk_of_a_feed_are_known(
    layer: RawLayer, fill: Fill, make_session: MakeSession, world: World
) -> None:
    hashtag = Hashtag(name="christmas", id="3242")
    fill("unifapi", Targets(videos=[hashtag]))
    fill("tikliveapi", Targets(videos=[Hashtag(id="3242")]))

    watchlist = Watchlist(hashtags=(hashtag, Hashtag(id="3242")))
    known = layer.known(watchlist, snapshot_date=TOMORROW)

    feed = [entry.video.id for entry in world.feed(world.hashtags[0], TODAY, "unifapi")]
    assert all(video_id in known.video_ids["unifapi", "christmas"] for video_id in feed)
    assert feed[0] not in known.video_ids.get(("unifapi", "3242"), ())
    assert "1" not in known.video_ids["unifapi", "christmas"]
    assert known.full_walk_dates == {("unifapi", "christmas"): TODAY, ("tikliveapi", "3242"): TODAY}


def test_what_is_known_lets_the_next_run_send_nothing(
    layer: RawLayer, fill: Fill, make_session: MakeSession, sandbox: Sandbox
) -> None:
    targets = Targets(details=[CHRISTMAS], videos=[CHRISTMAS], searches=[Search(keyword="cat")])
    fill("tikliveapi", targets)
    before = sandbox.meter()
    again = make_session(known=layer.known(WATCHLIST, snapshot_date=TODAY))

    fill("tikliveapi", targets, session=again)

    assert sandbox.meter() == before
    assert again.tally.walks == []


def test_known_pages_end_the_next_days_walk(
    layer: RawLayer, fill: Fill, make_session: MakeSession, world: World
) -> None:
    hashtag = Hashtag(id="3242")
    fill("unifapi", Targets(videos=[hashtag]), page_size=5)
    known = layer.known(Watchlist(hashtags=(hashtag,)), snapshot_date=TOMORROW)
    tomorrow = make_session(known=known, snapshot_date=TOMORROW)

    fill("unifapi", Targets(videos=[hashtag]), session=tomorrow, page_size=5, stop_after_known_pages=1)

    [walk] = tomorrow.tally.walks
    assert (walk.stop_reason, walk.is_complete, walk.new_items) == ("known_pages", True, 0)
    assert walk.items < len(world.feed(world.hashtags[0], TODAY, "unifapi"))


def test_the_whole_watchlist_lands_as_it_stands(layer: RawLayer, project: Project, session: Session) -> None:
    watchlist = Watchlist(
        hashtags=(
            Hashtag(
                name="#Cat",
                providers=("unifapi", "crawlora"),
                campaigns=("a", "b"),
                role="own",
                region="US",
                max_videos=5,
            ),
            Hashtag(id="3242", campaigns=("a",)),
        ),
        trends=(TrendList(country="us", period_days=30, industry_id=22000000000, new_on_board=True),),
        searches=(Search(keyword="cat"),),
        datasets=(Dataset(path="x/*.json"), Dataset(dataset_id="d1")),
    )

    layer.load(watchlist_source(watchlist, session))

    assert rows(
        project,
        "select kind, hashtag_key, hashtag_name, hashtag_id, role, region, max_videos, providers, trend_source,"
        " country, period_days, industry_id, new_on_board, keyword, dataset from raw.watchlist order by rowid",
    ) == [
        ("hashtag", "cat", "Cat", None, "own", "US", 5, "crawlora,unifapi", *[None] * 7),
        ("hashtag", None, None, "3242", "market", None, 500, *[None] * 8),
        ("trend", *[None] * 7, "popular_trend", "US", 30, 22000000000, True, None, None),
        ("search", *[None] * 12, "cat", None),
        ("dataset", *[None] * 13, "x/*.json"),
        ("dataset", *[None] * 13, "d1"),
    ]
    assert rows(project, "select hashtag_key, hashtag_id, campaign from raw.watchlist__campaigns order by rowid") == [
        ("cat", None, "a"),
        ("cat", None, "b"),
        (None, "3242", "a"),
    ]
    assert rows(project, "select distinct run_id, snapshot_date, observed_at from raw.watchlist") == [
        ("run-1", TODAY, datetime(2026, 11, 1, 6))
    ]


def test_raw_only_grows(layer: RawLayer, project: Project, fill: Fill, make_session: MakeSession) -> None:
    for number in range(2):
        fill(
            "crawlora", Targets(details=[CHRISTMAS]), session=make_session(snapshot_date=TODAY + timedelta(days=number))
        )

    assert rows(project, "select snapshot_date from raw.crawlora_hashtags order by 1") == [(TODAY,), (TOMORROW,)]


def test_a_package_that_was_loaded_when_a_kill_came_is_finished(
    layer: RawLayer, project: Project, session: Session
) -> None:
    layer.load(watchlist_source(WATCHLIST, session))
    folder = project.pipelines / "tiktok_hashtags" / "load"
    [package] = (folder / "loaded").iterdir()
    package.rename(folder / "normalized" / package.name)

    quarantined = layer.load_all()

    assert (quarantined, layer.has_pending_data) == ([], False)
    assert list((folder / "loaded").iterdir()) == [package]
    assert rows(project, "select count(*) from raw.watchlist") == [(1,)]


def test_a_warehouse_that_another_program_holds_is_named_and_nothing_is_lost(
    layer: RawLayer, project: Project, fill: Fill
) -> None:
    fill("crawlora", Targets(details=[CHRISTMAS]))

    with held(project.warehouse):
        with pytest.raises(BusyError, match="the warehouse file is open in another program, which may be a run"):
            fill("tikliveapi", Targets(details=[CHRISTMAS]))
        with pytest.raises(BusyError, match="the warehouse file is open in another program"):
            layer.known(WATCHLIST, snapshot_date=TODAY)
    RawLayer(project).load_pending()

    assert rows(project, "select requested_hashtag from raw.tikliveapi_hashtags") == [("christmas",)]


def test_rows_larger_than_the_memory_of_a_load_are_loaded(layer: RawLayer, project: Project) -> None:
    wide = pa.table({"id": ["1", "2", "3"], "caption": ["x" * 30_000_000] * 3})

    layer.load(dlt.resource(marked_tables({"wide": wide}), name="wide"))

    assert rows(project, "select count(*), min(length(caption)) from raw.wide") == [(3, 30_000_000)]


def test_what_is_loaded_leaves_no_second_copy(layer: RawLayer, project: Project, fill: Fill) -> None:
    fill("crawlora", Targets(details=[CHRISTMAS]))

    assert list(project.pipelines.rglob("*.parquet")) == []


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a DuckDB file open in another process."""
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        yield
        holder.kill()


def failing(error: Exception) -> Any:
    """A resource that raises when it is read."""

    def things() -> Iterator[Any]:
        yield from ()
        raise error

    return dlt.resource(things, name="things")


def test_the_error_of_a_source_comes_out_as_it_is(layer: RawLayer) -> None:
    with pytest.raises(LoadError, match=r"^journal\.sqlite: cannot write the journal$"):
        layer.load(failing(LoadError("journal.sqlite: cannot write the journal")))


def test_an_unexpected_error_is_a_load_error_with_its_message(layer: RawLayer) -> None:
    with pytest.raises(LoadError, match="something odd"):
        layer.load(failing(RuntimeError("something odd")))
