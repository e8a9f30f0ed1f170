from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.extract.session import Known, Session
from tiktok_hashtags.jobs.plan import Line, ProviderPlan, lines, plan_run, refusals, unserved
from tiktok_hashtags.sandbox import Sandbox
from tiktok_hashtags.watchlist.model import Dataset, Hashtag, Search, TrendList, Watchlist

if TYPE_CHECKING:
    from tests.conftest import MakeSession

CAT = Hashtag(name="cat", max_videos=120)


def key_for(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.setenv(f"SOURCES__{name.upper()}__API_KEY", "k")


def targets(plans: list[ProviderPlan]) -> dict[str, list[tuple[str, str]]]:
    return {plan.name: [(walk.endpoint, walk.target) for walk in plan.walks] for plan in plans}


@pytest.mark.usefixtures("keys")
def test_the_worst_case_is_counted_by_resource(session: Session) -> None:
    watchlist = Watchlist(
        hashtags=(CAT, Hashtag(name="dog", id="7")),
        trends=(TrendList(country="US"), TrendList(country="US", source="creative_center")),
        searches=(Search(keyword="cat"),),
    )

    plans = plan_run(watchlist, session)

    assert lines(plans) == [
        Line("crawlora", "hashtags", walks=2, requests=2, credits=16, usd=0.0),
        Line("crawlora", "trends", walks=1, requests=10, credits=80, usd=0.0),
        Line("crawlora", "creative_center", walks=1, requests=1, credits=8, usd=0.0),
        Line("tikliveapi", "hashtags", walks=2, requests=2, credits=2, usd=None),
        Line("tikliveapi", "search", walks=1, requests=3, credits=3, usd=None),
        Line("tikliveapi", "videos", walks=2, requests=4 + 17, credits=21, usd=None),
        Line("unifapi", "videos", walks=2, requests=3 + 10, credits=620, usd=0.62),
    ]


@pytest.mark.usefixtures("keys")
def test_providers_with_details_come_first_and_planning_sends_nothing(session: Session, sandbox: Sandbox) -> None:
    plans = plan_run(Watchlist(hashtags=(CAT,)), session)

    assert [plan.name for plan in plans] == ["crawlora", "tikliveapi", "scraper", "unifapi"]
    assert session.clients == {}
    assert all(meter["requests"] == 0 for meter in sandbox.meter().values())


@pytest.mark.usefixtures("keys")
def test_what_is_complete_for_the_date_is_not_planned(make_session: MakeSession) -> None:
    watchlist = Watchlist(hashtags=(CAT,))
    first = make_session()
    done = {walk.key(first): ("feed_end", 1) for plan in plan_run(watchlist, first) for walk in plan.walks}
    again = make_session(known=Known(complete_walks=done))

    assert lines(plan_run(watchlist, again)) == []


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("only", "planned"),
    [
        (["unifapi"], {("unifapi", "videos")}),
        (["tikliveapi.videos"], {("tikliveapi", "videos")}),
        (["tikliveapi.videos", "crawlora"], {("tikliveapi", "videos"), ("crawlora", "hashtags")}),
        (
            [],
            {
                ("unifapi", "videos"),
                ("tikliveapi", "videos"),
                ("tikliveapi", "hashtags"),
                ("crawlora", "hashtags"),
            },
        ),
    ],
)
def test_only_narrows_a_run(session: Session, only: list[str], planned: set[tuple[str, str]]) -> None:
    plans = plan_run(Watchlist(hashtags=(CAT,)), session, only=only)

    assert {(line.provider, line.resource) for line in lines(plans)} == planned


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("tiktok", "--only tiktok: unknown provider; expected one of crawlora, tikliveapi, scraper, unifapi"),
        ("unifapi.hashtags", "--only unifapi.hashtags: unknown resource; unifapi has videos"),
        ("", "--only : unknown provider"),
    ],
)
def test_only_of_something_unknown_is_refused(session: Session, only: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_run(Watchlist(hashtags=(CAT,)), session, only=[only])

    assert str(caught.value).startswith(said)


@pytest.mark.usefixtures("keys")
def test_only_ignores_the_entries_of_other_providers(session: Session, tmp_path: Path) -> None:
    watchlist = Watchlist(hashtags=(CAT,), datasets=(Dataset(path=str(tmp_path / "missing.jsonl")),))

    plans = plan_run(watchlist, session, only=["crawlora.hashtags"])

    assert targets(plans) == {"crawlora": [("hashtags", "#cat")], "tikliveapi": [], "scraper": [], "unifapi": []}


@pytest.mark.usefixtures("keys")
def test_a_hashtag_asks_the_providers_that_it_names(session: Session) -> None:
    watchlist = Watchlist(hashtags=(Hashtag(name="cat", providers=("crawlora",)), Hashtag(name="dog", providers=())))

    assert targets(plan_run(watchlist, session)) == {
        "crawlora": [("hashtags", "#cat")],
        "tikliveapi": [],
        "scraper": [],
        "unifapi": [],
    }


@pytest.mark.usefixtures("keys")
def test_one_hashtag_in_two_spellings_is_walked_once(session: Session) -> None:
    watchlist = Watchlist(hashtags=(Hashtag(name="Cat", id="7"), Hashtag(name="#cat", id="7")))

    assert [len(plan.walks) for plan in plan_run(watchlist, session)] == [1, 2, 0, 1]


def test_a_provider_without_a_key_that_the_watchlist_does_not_name_is_skipped(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_for(monkeypatch, "unifapi")

    plans = plan_run(Watchlist(hashtags=(Hashtag(name="cat", id="7"),)), session)

    assert {plan.name: plan.is_skipped for plan in plans} == {
        "crawlora": True,
        "tikliveapi": True,
        "scraper": True,
        "unifapi": False,
    }
    assert targets(plans)["tikliveapi"] == []


@pytest.mark.parametrize(
    ("watchlist", "needed"),
    [
        (Watchlist(hashtags=(Hashtag(name="cat", providers=("crawlora", "unifapi")),)), "crawlora"),
        (Watchlist(trends=(TrendList(country="US"),)), "crawlora"),
        (Watchlist(searches=(Search(keyword="cat"),)), "tikliveapi"),
    ],
)
def test_a_provider_that_the_watchlist_needs_is_planned_without_a_key(
    session: Session, monkeypatch: pytest.MonkeyPatch, watchlist: Watchlist, needed: str
) -> None:
    key_for(monkeypatch, "unifapi")

    plans = {plan.name: plan for plan in plan_run(watchlist, session)}

    assert plans[needed].settings.api_key is None
    assert not plans[needed].is_skipped
    assert plans[needed].walks


def test_no_key_at_all_names_every_variable(session: Session) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_run(Watchlist(hashtags=(CAT,)), session)

    assert "there is no key for any provider" in str(caught.value)
    for name in ("CRAWLORA", "TIKLIVEAPI", "UNIFAPI", "SCRAPER"):
        assert f"SOURCES__{name}__API_KEY" in str(caught.value)


def test_dataset_files_need_no_key(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"aweme_id": "1"}\n')

    plans = plan_run(Watchlist(datasets=(Dataset(path="a.jsonl"),)), session)

    assert targets(plans)["scraper"] == [("items", "a.jsonl")]
    assert lines(plans) == [Line("scraper", "items", walks=1, requests=0, credits=0, usd=0.0)]


def test_a_lookup_is_added_where_videos_need_an_id_that_nothing_gives(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_for(monkeypatch, "crawlora", "unifapi")

    plans = plan_run(Watchlist(hashtags=(Hashtag(name="cat", providers=("unifapi",)),)), session)

    assert targets(plans)["crawlora"] == [("hashtags", "#cat")]
    assert targets(plans)["unifapi"] == [("videos", "#cat")]


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("plan", "credit_usd", "cheapest"),
    [
        ("free", "", "crawlora"),
        ("free", "0.001", "crawlora"),
        ("starter", "", "crawlora"),
        ("starter", "0.005", "tikliveapi"),
        ("starter", "0.007", "crawlora"),
    ],
    ids=["nothing or unknown", "nothing or little", "6 mills or unknown", "6 mills or 5", "6 mills or 7"],
)
def test_a_lookup_is_made_where_it_costs_the_fewest_dollars(
    session: Session, monkeypatch: pytest.MonkeyPatch, plan: str, credit_usd: str, cheapest: str
) -> None:
    monkeypatch.setenv("SOURCES__CRAWLORA__PLAN", plan)
    monkeypatch.setenv("SOURCES__TIKLIVEAPI__CREDIT_USD", credit_usd)

    plans = plan_run(Watchlist(hashtags=(Hashtag(name="cat", providers=("unifapi",)),)), session)

    assert {name for name, asked in targets(plans).items() if ("hashtags", "#cat") in asked} == {cheapest}


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("hashtag", "known"),
    [
        (Hashtag(name="cat", id="7", providers=("unifapi",)), Known()),
        (Hashtag(id="7", providers=("unifapi",)), Known()),
        (Hashtag(name="cat", providers=("unifapi",)), Known(hashtag_ids={"cat": "7"})),
        (Hashtag(name="cat", providers=("crawlora",)), Known()),
    ],
    ids=["in the watchlist", "by id alone", "from earlier details", "no videos asked for"],
)
def test_no_lookup_is_made_where_it_is_not_needed(make_session: MakeSession, hashtag: Hashtag, known: Known) -> None:
    plans = plan_run(Watchlist(hashtags=(hashtag,)), make_session(known=known))

    others = set(targets(plans)) - set(hashtag.providers or ())
    assert [target for name in others for target in targets(plans)[name]] == []


@pytest.mark.usefixtures("keys")
def test_a_hashtag_that_was_not_found_lately_is_not_planned(make_session: MakeSession) -> None:
    session = make_session()
    missing = {("unifapi", "cat"): session.snapshot_date, ("crawlora", "cat"): session.snapshot_date}
    session.known = Known(not_found=missing)

    plans = plan_run(Watchlist(hashtags=(CAT,)), session)

    assert targets(plans) == {
        "crawlora": [],
        "tikliveapi": [("hashtags", "#cat"), ("videos", "#cat")],
        "scraper": [],
        "unifapi": [],
    }


@pytest.mark.usefixtures("keys")
def test_an_endless_feed_is_planned_no_dearer_than_its_limit(session: Session) -> None:
    plans = plan_run(Watchlist(hashtags=(Hashtag(name="cat", max_videos=1),)), session)

    assert {line.provider: line.credits for line in lines(plans) if line.resource == "videos"} == {
        "tikliveapi": 1,
        "unifapi": 1,
    }


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("hashtag", "expected"),
    [
        (Hashtag(id="3242", providers=("crawlora",)), ["id 3242: crawlora cannot be asked for it"]),
        (Hashtag(name="cat", providers=("scraper",)), ["#cat: scraper cannot be asked for it"]),
        (Hashtag(id="3242", providers=("crawlora", "unifapi")), []),
        (Hashtag(name="cat"), []),
        (Hashtag(name="cat", providers=()), []),
    ],
)
def test_a_hashtag_that_none_of_its_providers_can_be_asked_for_is_a_notice(
    session: Session, hashtag: Hashtag, expected: list[str]
) -> None:
    watchlist = Watchlist(hashtags=(hashtag,))

    notices = unserved(watchlist, plan_run(watchlist, session), session)

    assert [notice["detail"].partition(".")[0] for notice in notices] == expected


@pytest.mark.usefixtures("keys")
def test_a_hashtag_that_was_not_found_lately_is_no_notice(make_session: MakeSession) -> None:
    hashtag = Hashtag(name="cat", providers=("crawlora",))
    session = make_session()
    session.known = Known(not_found={("crawlora", "cat"): session.snapshot_date})

    assert unserved(Watchlist(hashtags=(hashtag,)), plan_run(Watchlist(hashtags=(hashtag,)), session), session) == []


NO_ID = "its id is unknown"
NO_KEY = "there is no key"


@pytest.mark.parametrize(
    ("with_key", "hashtag", "only", "told"),
    [
        ("unifapi", Hashtag(name="cat"), "", [NO_ID]),
        ("unifapi", Hashtag(name="cat", id="7"), "", []),
        ("unifapi", Hashtag(name="dog"), "", []),
        ("unifapi", Hashtag(name="gone"), "", []),
        ("unifapi crawlora", Hashtag(name="cat", providers=("unifapi",)), "", []),
        ("unifapi crawlora", Hashtag(name="cat"), "unifapi", [NO_ID]),
        ("unifapi", Hashtag(name="cat", providers=("unifapi", "crawlora")), "", [NO_KEY, NO_ID]),
        ("crawlora", Hashtag(name="cat", providers=("unifapi",)), "", [NO_KEY]),
        ("tikliveapi", Hashtag(name="cat"), "", []),
        ("tikliveapi", Hashtag(name="cat"), "tikliveapi.videos", [NO_ID]),
    ],
)
def test_walks_that_must_fail_are_reported_beforehand(
    session: Session, monkeypatch: pytest.MonkeyPatch, with_key: str, *, hashtag: Hashtag, only: str, told: list[str]
) -> None:
    key_for(monkeypatch, *with_key.split())
    session.known = Known(hashtag_ids={"dog": "8"}, missing={"gone"})

    found = refusals(plan_run(Watchlist(hashtags=(hashtag,)), session, only=only.split()), session)

    assert len(found) == len(told)
    assert all(why in said for why, said in zip(told, found, strict=True))


@pytest.mark.usefixtures("keys")
def test_a_dataset_that_cannot_be_read_is_known_beforehand(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "gone.json")
    watchlist = Watchlist(datasets=(Dataset(path=str(tmp_path)),))

    [said] = refusals(plan_run(watchlist, session), session)

    assert said.startswith(f"dataset {tmp_path}/a.json: cannot be read")
