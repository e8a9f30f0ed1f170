# ruff: noqa: S608  # queries are made of names and ids of the tests' own
"""A capture of aweme items as a dataset file; the public one too, where it lies beside the checkout."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tiktok_hashtags.sandbox import PROVIDERS, World
from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

CAPTURE = Path(__file__).parents[3] / "shared" / "payloads" / "aweme_items_16.json"
COUNTS = ("play_count", "digg_count", "comment_count", "share_count", "collect_count")

Items = list[dict[str, Any]]


def item(video_id: str, tags: list[str | None], **counts: int | str) -> dict[str, Any]:
    """An aweme item as a capture has it: ids as text beside rounded numbers, a mention among the tags."""
    extra: list[dict[str, Any]] = [
        {"hashtag_name": tag, "hashtag_id": ""} if tag else {"user_id": "1", "type": 0} for tag in tags
    ]
    return {
        "aweme_id": video_id,
        "desc": "caption with #other tags than the list",
        "create_time": "1750000000",
        "cha_list": [{"cha_name": "FromChaList", "cid": "77", "view_count": 0}] if counts.get("digg_count") else None,
        "text_extra": extra,
        "author": {"uid": "6800000000000000123", "unique_id": "someone", "nickname": "Some One"},
        "music": {"id": 7300000000000001000, "id_str": "7300000000000000999", "title": "オリジナル楽曲"},
        "video": {"duration": 15250, "height": 1024, "width": 576, "play_addr": {"url_list": ["https://a.example/1"]}},
        "statistics": {"aweme_id": video_id, **counts},
        "status": None,
    }


def twin() -> Items:
    """Sixteen items of fourteen videos, two of which come again with other counts."""
    once = [
        item(
            f"75200000000000000{number:02}",
            ["Ünïcode", "fyp", None, f"only{number}", "🎄🎄"] if number % 2 else ["FYP", "___"],
            play_count=3_000_000_000 + number,
            digg_count=number,
            comment_count=100 - number,
            share_count=7,
            collect_count=2,
        )
        for number in range(14)
    ]
    again = [
        item("7520000000000000003", ["fyp"], play_count="3000000999", digg_count=1, comment_count=96, collect_count=9),
        item("7520000000000000004", [], play_count=12, digg_count=44, comment_count=97, share_count=8),
    ]
    return [*once[:5], again[0], *once[5:], again[1]]


@pytest.fixture(scope="module")
def site(make_site: MakeSite, tiny: World) -> Site:
    captures = {"twin": json.dumps(twin())} | ({"real": CAPTURE.read_text("utf-8")} if CAPTURE.exists() else {})
    watchlist = "".join(
        f'[[datasets]]\npath = "captures/{name}.json"\ncaptured_at = 2025-06-15T12:00:00Z\n' for name in captures
    )
    made = make_site(tiny, watchlist, keys=dict.fromkeys(PROVIDERS, ""))
    (made.project.root / "captures").mkdir()
    for name, text in captures.items():
        (made.project.root / "captures" / f"{name}.json").write_text(text, "utf-8")
    assert made.run(0, transforms=True).exit_code == 0
    return made


@pytest.fixture(params=["twin", "real"])
def capture(request: pytest.FixtureRequest) -> tuple[str, Items]:
    """A dataset file's name, and its items."""
    if request.param == "twin":
        return "twin.json", twin()
    if not CAPTURE.exists():
        pytest.skip(f"the public capture {CAPTURE.name} is not beside this checkout")
    return "real.json", json.loads(CAPTURE.read_text("utf-8"))


def test_sixteen_items_are_fourteen_videos(site: Site, capture: tuple[str, Items]) -> None:
    name, items = capture

    [(rows, ids)] = site.rows(
        "select count(*), count(distinct aweme_id) from raw.scraper_items where dataset like ? || ' %'", name
    )
    [(videos,)] = site.rows(f"select count(*) from marts.dim_video where video_id in ({quoted(items)})")

    assert (rows, ids, videos) == (16, 14, 14)


def test_the_larger_count_stands_where_an_id_repeats(site: Site, capture: tuple[str, Items]) -> None:
    _, items = capture
    largest: dict[str, dict[str, int]] = defaultdict(dict)
    for each in items:
        for count in COUNTS:
            value = each["statistics"].get(count)
            if value is not None:
                largest[each["aweme_id"]][count] = max(int(value), largest[each["aweme_id"]].get(count, 0))

    rows = site.rows(
        "select video_id, view_count, like_count, comment_count, share_count, save_count, snapshot_date::text"
        f" from marts.fct_video_stats_daily where video_id in ({quoted(items)})"
    )

    assert {row[0]: list(row[1:-1]) for row in rows} == {
        video_id: [counts.get(name) for name in COUNTS] for video_id, counts in largest.items()
    }
    assert {row[-1] for row in rows} == {"2025-06-15"}


def test_every_hashtag_of_the_lists_is_in_the_bridge(site: Site, capture: tuple[str, Items]) -> None:
    _, items = capture
    expected = {
        (each["aweme_id"], normalised(name))
        for each in items
        for name in [
            *(extra.get("hashtag_name") for extra in each["text_extra"] or []),
            *(tag["cha_name"] for tag in each["cha_list"] or []),
        ]
        if name
    }

    rows = site.rows(
        "select video_id, hashtag_key from marts.bridge_video_hashtag"
        f" where is_tagged and video_id in ({quoted(items)})"
    )

    assert set(rows) == expected
    assert len(rows) == len(expected) > 14


def test_ids_are_those_of_the_text_twins(site: Site, capture: tuple[str, Items]) -> None:
    _, items = capture
    expected = {
        (each["aweme_id"], (each["author"] or {}).get("uid"), (each["music"] or {}).get("id_str")) for each in items
    }

    rows = site.rows(f"select video_id, creator_id, sound_id from marts.dim_video where video_id in ({quoted(items)})")

    assert set(rows) == expected


def test_no_value_makes_a_second_column(site: Site) -> None:
    rows = site.rows(
        "select table_name, column_name from information_schema.columns where contains(column_name, '__v_')"
    )

    assert rows == []


def test_a_file_is_loaded_once_on_any_day(site: Site) -> None:
    before = site.rows("select count(*) from raw.scraper_items")

    outcome = site.run(3)

    assert (outcome.exit_code, outcome.walks) == (0, [])
    assert site.rows("select count(*) from raw.scraper_items") == before


def quoted(items: Items) -> str:
    """The ids of items as an SQL list."""
    return ", ".join(sorted({f"'{each['aweme_id']}'" for each in items}))


def test_files_need_no_key_where_an_http_dataset_lacks_one(make_site: MakeSite, tiny: World) -> None:
    watchlist = '[[datasets]]\npath = "mine.jsonl"\n[[datasets]]\ndataset_id = "elsewhere"'
    site = make_site(tiny, watchlist, keys=dict.fromkeys(PROVIDERS, ""))
    (site.project.root / "mine.jsonl").write_text("\n".join(json.dumps(each) for each in twin()), "utf-8")

    outcome = site.run(0)

    assert outcome.exit_code == 6
    assert {walk.target: walk.stop_reason for walk in outcome.walks} == {
        "mine.jsonl": "feed_end",
        "dataset elsewhere": "no_key",
    }
    assert outcome.providers["scraper"]["rows"] == 16


def test_a_dataset_whose_server_is_away_costs_no_other_its_day(make_site: MakeSite, tiny: World) -> None:
    watchlist = (
        '[[datasets]]\npath = "ftp://me:pass-of-a-dataset@127.0.0.1:1/a.jsonl"\n[[datasets]]\npath = "mine.jsonl"'
    )
    site = make_site(tiny, watchlist, keys=dict.fromkeys(PROVIDERS, ""))
    (site.project.root / "mine.jsonl").write_text("\n".join(json.dumps(each) for each in twin()), "utf-8")

    planned = site.tiktags("plan")
    outcome = site.run(0)

    [away] = [walk for walk in outcome.walks if not walk.is_complete]
    assert (planned.exit_code, outcome.exit_code) == (0, 4)
    assert (away.target, away.stop_reason) == ("ftp://127.0.0.1:1/a.jsonl", "network")
    assert "dataset ftp://127.0.0.1:1/a.jsonl: cannot be read: " in planned.stdout
    assert "ftp://127.0.0.1:1/a.jsonl" in site.tiktags("watch", "list", "--json").stdout
    assert outcome.providers["scraper"]["rows"] == 16


def test_a_file_that_comes_back_on_the_same_date_makes_the_day_complete(make_site: MakeSite, tiny: World) -> None:
    site = make_site(tiny, '[[datasets]]\npath = "captures/"\n', keys=dict.fromkeys(PROVIDERS, ""))
    folder = site.project.root / "captures"
    folder.mkdir()
    (folder / "mine.jsonl").symlink_to(folder / "gone")

    missed = site.run(0)
    (folder / "gone").write_text("\n".join(json.dumps(each) for each in twin()), "utf-8")
    back = site.run(0, hour=9)
    again = site.run(0, hour=12)

    [place] = missed.walks
    assert (missed.exit_code, back.exit_code, again.exit_code) == (4, 0, 0)
    assert {walk.walk_key == place.walk_key: (walk.is_complete, walk.items) for walk in back.walks} == {
        True: (True, 0),
        False: (True, 16),
    }
    assert again.walks == []
