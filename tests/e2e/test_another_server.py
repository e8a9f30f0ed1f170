"""An empty folder, a watchlist and variables that point at some other server: that is all a run needs.

The answers are written by hand from the documents; tiktags runs as a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest
from tests.e2e.another_server import ANSWERS, COUNT_LIMIT, HASHTAG_ID, KEY, KEYS, NAME, WATCHLIST, Handler

pytestmark = pytest.mark.slow

NOW = "2026-11-20T06:00"


@dataclass
class Ran:
    """A folder after commands ran in it as processes, with what each printed."""

    folder: Path
    variables: dict[str, str]
    seen: list[str]
    requests: dict[str, list[str]] = field(default_factory=dict)
    printed: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def tiktags(self, name: str, *arguments: str) -> None:
        """Run a command; keep what it printed and asked the server for under a name."""
        before = len(self.seen)
        self.printed[name] = subprocess.run(
            [Path(sys.executable).with_name("tiktags"), *arguments],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.requests[name] = self.seen[before:]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "data" / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"seen": seen}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    root = f"http://127.0.0.1:{server.server_address[1]}"
    variables = {"PATH": os.environ["PATH"], "RUNTIME__DLTHUB_TELEMETRY_ENDPOINT": f"{root}/telemetry"}
    for name, key in KEYS.items():
        variables |= {
            f"SOURCES__{name.upper()}__BASE_URL": f"{root}/{name[0]}",
            f"SOURCES__{name.upper()}__API_KEY": key,
        }
    folder = tmp_path_factory.mktemp("empty")
    (folder / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")
    ran = Ran(folder, variables, seen)
    ran.tiktags("plan", "plan", "--json", "--now", NOW)
    ran.tiktags("run", "-v", "run", "--json", "--now", NOW)
    ran.tiktags("again", "run", "--json", "--no-transform", "--now", NOW)
    ran.tiktags("status", "status", "--json")
    ran.tiktags("doctor", "doctor", "--json")
    ran.tiktags("query", "query", "--json", "select 1 a, date '2026-11-01' b, null c, 9223372036854775807 d")
    server.shutdown()
    server.server_close()
    thread.join()
    return ran


def test_the_run_is_complete(ran: Ran) -> None:
    done = ran.printed["run"]

    assert (done.returncode, json.loads(done.stdout)["messages"]) == (0, []), done.stderr


def test_every_documented_request_is_made_once_and_nothing_else(ran: Ran) -> None:
    asked = sorted((urlsplit(path).path, sorted(parse_qsl(urlsplit(path).query))) for path in ran.requests["run"])

    assert asked == sorted((path, sorted(query)) for path, query in ANSWERS)


def test_every_mart_is_filled(ran: Ran) -> None:
    tables = json.loads(ran.printed["status"].stdout)["tables"]

    # One day has no gains to compare, no video here is recent, and no campaign has a hashtag of its own.
    unfilled = {"reporting.rpt_early_signals", "reporting.rpt_content_benchmark", "reporting.rpt_competitor_monitor"}
    assert {name for name, rows in tables.items() if not rows} == unfilled
    assert len([name for name in tables if name.startswith("marts.")]) == 22


def test_hashtag_numbers_are_exact_to_the_last_digit(ran: Ran) -> None:
    rows = ran.rows(
        "select hashtag_key, view_count, video_count, creator_count, precision from marts.fct_hashtag_stats_daily"
    )

    assert set(rows) == {
        (KEY, COUNT_LIMIT, 4_294_967_297, 3_000_000_001, "exact"),
        ("catsofinstagram", 3, None, 2, "exact"),
    }


def test_ids_are_exact_text(ran: Ran) -> None:
    hashtags = ran.rows(
        "select hashtag_id, hashtag_name, is_watched from marts.dim_hashtag where hashtag_key like 'cats%'"
    )
    sounds = ran.rows("select sound_id from marts.dim_sound order by 1")

    assert set(hashtags) >= {(HASHTAG_ID, NAME, True), ("2", "catsofinstagram", False)}
    assert sounds == [("6900000000000000001",), ("6900000000000000513",)]


def test_video_numbers_are_exact_and_what_nobody_gave_is_null(ran: Ran) -> None:
    rows = ran.rows(
        "select video_id, view_count, like_count, comment_count, save_count, download_count"
        " from marts.fct_video_stats_daily order by video_id"
    )

    first, *others = rows
    assert first == ("7300000000000000001", 3_000_000_000, 9, 0, 4, 6)
    assert others == [
        ("7300000000000000002", 2, 5, 0, 1, 0),
        ("7300000000000000003", 1, None, None, None, None),
        ("7300000000000000004", 4, 0, None, None, None),
    ]


def test_feeds_keep_their_order_over_providers(ran: Ran) -> None:
    rows = ran.rows("select hashtag_key, video_id, feed_rank from marts.fct_hashtag_feed_daily order by all")

    assert rows == [
        (KEY, "7300000000000000001", 1),
        (KEY, "7300000000000000002", 2),
        (KEY, "7300000000000000003", 2),
        ("rising", "7300000000000000004", 1),
    ]


def test_videos_are_tagged_by_lists_or_else_by_captions(ran: Ran) -> None:
    rows = ran.rows("select video_id[-1:], hashtag_key from marts.bridge_video_hashtag where is_tagged order by all")

    assert rows == [("1", "cats"), ("1", "fyp"), ("2", "cats"), ("2", "猫"), ("4", "rising")]


def test_trend_ranks_are_the_list_s_own(ran: Ran) -> None:
    rows = ran.rows(
        "select country_code, industry_id, hashtag_key, rank, rank_change, rank_change_type, publish_count,"
        " view_count, hashtag_industry_id, creators from marts.fct_trend_ranks order by all"
    )

    assert rows == [
        ("BR", 0, "rising", 1, None, None, 11, 12, 22000000000, "C"),
        ("US", 25300000000, KEY, 2, 3, 1, 7, 8, 25300000000, "A, B"),
        ("US", 25300000000, "rising", 1, None, 4, 33173666, 3_000_000_000, None, None),
    ]


def test_trend_points_are_doubles_to_the_last_digit(ran: Ran) -> None:
    rows = ran.rows(
        "select country_code, hashtag_key, point_date, relative_popularity from marts.fct_trend_points"
        " where hashtag_key = 'rising' order by all"
    )

    assert rows == [
        ("BR", "rising", date(2025, 11, 1), 0.5),
        ("US", "rising", date(2025, 11, 1), 1.0),
        ("US", "rising", date(2025, 11, 2), 0.1234567890123456),
    ]


def test_search_ranks_are_places(ran: Ran) -> None:
    rows = ran.rows(
        "select keyword, hashtag_key, rank, view_count, creator_count from marts.fct_search_ranks order by rank"
    )

    assert rows == [("cats", "catsofinstagram", 1, 3, 2), ("cats", KEY, 2, 5, 3_000_000_001)]


@pytest.mark.parametrize("command", ["plan", "run", "again", "status", "doctor", "query"])
def test_json_is_one_object_on_stdout(ran: Ran, command: str) -> None:
    printed = ran.printed[command]

    assert printed.returncode == 0, printed.stderr
    assert isinstance(json.loads(printed.stdout), dict)
    assert printed.stdout.count("\n") == 1


def test_the_json_of_a_run_is_as_documented(ran: Ran) -> None:
    told = json.loads(ran.printed["run"].stdout)

    assert {"run_id", "snapshot_date", "exit_code", "providers", "walks"} <= set(told)
    assert (told["exit_code"], told["snapshot_date"]) == (0, "2026-11-20")
    counted = ("requests", "credits", "rows", "rejects", "replayed_pages")
    assert {name: tuple(counts) for name, counts in told["providers"].items()} == dict.fromkeys(KEYS, counted)
    assert {name: counts["credits"] for name, counts in told["providers"].items()} == {
        "crawlora": 32,
        "tikliveapi": 4,
        "unifapi": 2,
        "scraper": 0,
    }
    wanted = {"provider", "endpoint", "hashtag", "pages", "items", "new_items", "stop_reason", "complete"}
    assert all(wanted <= set(walk) and walk["complete"] for walk in told["walks"])
    [videos] = [walk for walk in told["walks"] if walk["provider"] == "unifapi"]
    assert (videos["hashtag"], videos["pages"], videos["items"], videos["new_items"]) == (KEY, 2, 2, 2)


def test_the_plan_s_worst_case_covers_what_the_run_cost(ran: Ran) -> None:
    plan, told = (json.loads(ran.printed[name].stdout) for name in ("plan", "run"))

    worst = plan["worst_case_credits"]

    assert worst == {"crawlora": 8 + 80 + 8, "tikliveapi": 1 + 3 + 17, "unifapi": 500, "scraper": 0}
    assert all(worst[name] >= counts["credits"] for name, counts in told["providers"].items())


def test_values_of_a_query_survive_as_json(ran: Ran) -> None:
    told = json.loads(ran.printed["query"].stdout)

    assert told == {"columns": ["a", "b", "c", "d"], "rows": [{"a": 1, "b": "2026-11-01", "c": None, "d": COUNT_LIMIT}]}


@pytest.mark.parametrize("command", ["plan", "again", "status", "doctor", "query"])
def test_no_other_command_sends_anything_anywhere(ran: Ran, command: str) -> None:
    assert ran.requests[command] == []


def test_what_dbt_leaves_behind_is_in_the_folder(ran: Ran) -> None:
    left = {str(path.relative_to(ran.folder)) for path in ran.folder.glob("data/dbt/*/*")}

    assert {"data/dbt/target/run_results.json", "data/dbt/logs/dbt.log"} <= left


def test_a_second_run_has_nothing_left_to_ask(ran: Ran) -> None:
    told = json.loads(ran.printed["again"].stdout)

    assert (told["exit_code"], told["walks"]) == (0, [])
    assert {counts["requests"] for counts in told["providers"].values()} == {0}


def test_keys_are_in_no_output_and_no_file(ran: Ran, all_bytes: Callable[[Path], Iterator[tuple[Path, bytes]]]) -> None:
    printed = "".join(each.stdout + each.stderr for each in ran.printed.values())

    leaks = [path for path, content in all_bytes(ran.folder) if any(key.encode() in content for key in KEYS.values())]

    assert len(printed) > 1000
    assert [key for key in KEYS.values() if key in printed] == []
    assert leaks == []
