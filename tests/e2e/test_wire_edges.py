"""What a person or a file can bring along: hostile names, wrong addresses, readable keys, bad items among many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.e2e.conftest import ONLY_UNIFAPI

from tiktok_hashtags.sandbox import PROVIDERS, World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite

HOSTILE = (
    "../x",
    "a/b",
    "..",
    "%2e%2e%2f",
    "a?b=c&d",
    "a#b",
    "-rf",
    "🎄",
    "\u202eevil",
    "'; drop table raw.rejects; --",
    '"quoted"',
    "a\\b",
    "con:nul",
    "ü" * 128,
)
FILES_ONLY = dict.fromkeys(PROVIDERS, "")


def toml(text: str) -> str:
    """A text as TOML writes it, which is how JSON does."""
    return json.dumps(text, ensure_ascii=False)


def test_a_hostile_name_is_one_path_segment_and_never_a_file_or_a_table(make_site: MakeSite, tiny: World) -> None:
    names = ", ".join(f"{{name = {toml(name)}}}" for name in HOSTILE)
    site = make_site(tiny, f"hashtags = [{names}]", keys={"unifapi": "", "scraper": ""})
    site.run(0)
    outside = {path.name for path in site.project.root.parent.iterdir()}
    tables = site.tables()

    again = site.run(0)

    paths = [urlsplit(row.path) for row in site.sandbox.account("crawlora").requests]
    segments = [path.path.removeprefix("/api/v1/tiktok/hashtag/") for path in paths]
    asked = [urlsplit(row.path) for row in site.sandbox.account("tikliveapi").requests]
    assert sorted(map(unquote, segments)) == sorted(name.removeprefix("#") for name in HOSTILE)
    assert not [segment for segment in segments if "/" in segment or segment.startswith(".")]
    assert sorted(parse_qs(url.query)["name"][0] for url in asked if "info-name" in url.path) == sorted(HOSTILE)
    assert site.sandbox.strays == []
    assert (again.exit_code, again.walks) == (0, [])
    assert {path.name for path in site.project.root.parent.iterdir()} == outside
    assert site.tables() == tables
    assert not any(name.startswith(("con", "..", "'")) for name in tables)


@pytest.mark.parametrize(
    ("watchlist", "said"),
    [
        ('[[hashtags]]\nname = "' + "x" * 10_240 + '"\n', ("watchlist.toml:1", "256 bytes")),
        ('[[hashtags]]\nname = "a\\u0000b"\n', ("watchlist.toml:1", "control")),
        ('[[hashtags]]\nname = "cat"\nmax_video = 3\n', ("watchlist.toml:3", "max_video")),
        ('[[hashtags]]\nname = "cat"\nmax_videos = "many"\n', ("watchlist.toml:3", "expected `int`")),
        ("", ("watchlist.toml", "nothing")),
        ("[[hashtags\n", ("watchlist.toml",)),
    ],
    ids=["10 KB", "NUL", "unknown key", "wrong type", "empty", "no TOML"],
)
def test_a_mistake_in_the_watchlist_is_reported_before_anything_is_sent(
    make_site: MakeSite, tiny: World, watchlist: str, said: tuple[str, ...]
) -> None:
    site = make_site(tiny, watchlist)

    result = site.tiktags("run")

    assert result.exit_code == 2
    assert all(part in result.stderr for part in said), result.stderr
    assert len(result.stderr) < 2_000
    assert set(site.requests().values()) == {0}


@pytest.mark.parametrize("base_url", ["http://api.unifapi.com", "http://127.0.0.1.evil.example", "ftp://x", "nonsense"])
def test_an_address_that_would_show_the_key_is_refused_before_anything_is_sent(
    make_site: MakeSite, tiny: World, base_url: str
) -> None:
    site = make_site(tiny, 'hashtags = [{id = "1"}]')
    site.variables["SOURCES__UNIFAPI__BASE_URL"] = base_url

    result = site.tiktags("run")

    assert result.exit_code == 2
    assert "unifapi: base_url" in result.stderr
    assert site.sandbox.keys["unifapi"] not in result.output
    assert set(site.requests().values()) == {0}


@pytest.mark.parametrize(("mode", "warnings"), [(0o640, 1), (0o600, 0)])
def test_a_run_warns_of_keys_that_others_can_read(make_site: MakeSite, tiny: World, mode: int, warnings: int) -> None:
    site = make_site(tiny, f'hashtags = [{{id = "{tiny.hashtags[0].id}"}}]', keys=ONLY_UNIFAPI)
    (site.project.root / ".dlt").mkdir()
    site.project.secrets.write_text("")
    site.project.secrets.chmod(mode)

    result = site.tiktags("run", "--no-transform", "--now", "2026-11-01")

    said = [line for line in result.stderr.splitlines() if "can be read by others" in line]
    assert result.exit_code == 0
    assert len(said) == warnings
    assert all("chmod 600" in message for message in said)


def test_one_item_without_an_id_among_ten_thousand_costs_only_itself(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, '[[datasets]]\npath = "capture.jsonl"\n', keys=FILES_ONLY)
    items = [{"aweme_id": str(7_000_000_000_000_000_000 + n), "desc": f"number {n}"} for n in range(10_000)]
    items[6_789] = {"aweme_id": None, "desc": "nobody"}  # type: ignore[dict-item]  # what is wrong with it
    (site.project.root / "capture.jsonl").write_text("\n".join(map(json.dumps, items)))

    outcome = site.run(0)

    [(loaded, places)] = site.rows("select count(*), count(distinct position) from raw.scraper_items")
    assert (outcome.exit_code, loaded, places) == (0, 9_999, 9_999)
    assert site.rows("select position, reason, payload from raw.rejects") == [
        (6_790, "the item has no id", '{"aweme_id": null, "desc": "nobody"}')
    ]
    assert [notice["detail"] for notice in outcome.notices if notice["kind"] == "rejected"] == [
        "1 of 10000 items could not be read and are in raw.rejects: 1 x the item has no id"
    ]


def test_two_files_of_one_name_keep_their_own_places_and_a_known_field_is_no_news(
    make_site: MakeSite, tiny: World
) -> None:
    site = make_site(tiny, '[[datasets]]\npath = "captures/*/feed.jsonl"\n', keys=FILES_ONLY)
    for folder in ("one", "two", "three"):
        target = site.project.root / "captures" / folder / "feed.jsonl"
        target.parent.mkdir(parents=True)
        items = [{"aweme_id": f"{folder}{n}", "odd": n} for n in range(3)]
        target.write_text("\n".join(map(json.dumps, items)))
        if folder != "one":
            outcome = site.run(0)

    rows = site.rows("select dataset, list(position order by position) from raw.scraper_items group by 1")
    assert len({dataset for dataset, _ in rows}) == 3
    assert {tuple(places) for _, places in rows} == {(1, 2, 3)}
    assert site.rows("select kind, fields from raw.notices") == [("drift", "odd")]
    assert outcome.notices == []


def test_a_run_of_unifapi_alone_names_the_sources_of_an_unknown_id(make_site: MakeSite, tiny: World) -> None:
    watchlist = f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]'
    site = make_site(tiny, watchlist, keys={"tikliveapi": "", "scraper": ""})

    alone = site.run(0, only=["unifapi"])
    sent = site.requests()
    whole = site.run(0, only=["unifapi", "crawlora"])

    assert (alone.exit_code, [walk.stop_reason for walk in alone.walks]) == (4, ["no_hashtag_id"])
    assert any("its id is unknown" in message and "--only" in message for message in alone.messages)
    assert set(sent.values()) == {0}
    assert whole.exit_code == 0
