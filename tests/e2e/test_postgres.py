# ruff: noqa: S608  # queries are made of names of the tests' own
"""PostgreSQL as warehouse: the same commands, the same marts, row by row, as the DuckDB file."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg2
import pytest
from tests.e2e.conftest import ONLY_CRAWLORA

from tiktok_hashtags.errors import ConfigError, LoadError
from tiktok_hashtags.sandbox import DATASET_ID, World

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

Rows = list[tuple[Any, ...]]
SECRET = "s3cr3t-p4ssw0rd"
# These differ from folder to folder and from run to run.
RUN_COLUMNS = {"run_id", "request_id", "request_key", "walk_key"}
# Enough gains for a score, and a month after the first day for the growth of 30 days.
DAYS = (*range(8), 31)
WHOLE_DAYS = (0, 1, 31)
MARTS = {"marts": "marts", "reporting": "reporting"}
CAPTIONS = {
    "1": "",
    "2": '"quoted"',
    "3": "a\\b",
    "4": "\\.",
    "5": "\\N",
    "6": "NUL \0 and \ud800",
    "7": "#cat\n#dog",
    "8": "naïve 🎄 \u202ertl",
    "9": "a,b;c\t",
}


@dataclass
class Lived:
    """The same days in both warehouses, and what the marts and the publication held after them."""

    duckdb: Site
    postgres: Site
    url: str
    marts: dict[str, dict[str, Rows]] = field(default_factory=dict)
    requests: dict[str, dict[str, int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def owner(postgres_url: str) -> Iterator[str]:
    """The URL of the database for a role that has a password."""
    role = postgres_url.rpartition("/")[2] + "_owner"
    run(postgres_url, f"create role \"{role}\" login password '{SECRET}'")
    run(postgres_url, f'grant create on database "{postgres_url.rpartition("/")[2]}" to "{role}"')
    yield postgres_url.replace("postgres@", f"{role}:{SECRET}@")
    run(postgres_url, f'drop owned by "{role}" cascade; drop role "{role}"')


@pytest.fixture(scope="module")
def lived(make_site: MakeSite, owner: str) -> Lived:
    world = World(seed=11, hashtags=3, videos=14)
    first, second, third = world.hashtags
    watchlist = f"""
        hashtags = [
            {{name = "{first.name}", role = "own", campaigns = ["holiday"]}}, {{id = "{second.id}"}},
            {{name = "{third.name}", role = "competitor", max_videos = 5}},
        ]
        trends = [{{country = "US"}}, {{source = "creative_center", country = "BR", period_days = 90}}]
        searches = [{{keyword = "cat"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}, {{path = "captured.jsonl", captured_at = 2026-10-30T00:00:00Z}}]
    """
    both = Lived(make_site(world, watchlist), on_postgres(make_site(world, watchlist), owner), owner)
    for site in (both.duckdb, both.postgres):
        lines = [json.dumps({"aweme_id": number, "desc": text}) for number, text in CAPTIONS.items()]
        (site.project.root / "captured.jsonl").write_text("\n".join(lines))
        for day in DAYS:
            # Incremental on PostgreSQL, at once from all of raw in the file.
            is_built = day == DAYS[-1] or (day == 1 and site is both.postgres)
            with asked(site, watchlist if day in WHOLE_DAYS else f'hashtags = [{{name = "{first.name}"}}]'):
                outcome = site.run(day, transforms=is_built, concurrency=1)
            assert (outcome.exit_code, outcome.messages) == (0, [])
    both.marts = {
        "duckdb": contents(both.duckdb.rows, MARTS),
        "postgres": contents(lambda query: run(owner, query), MARTS),
        "published": contents(
            lambda query: run(owner, query), {"published_marts": "marts", "published_reporting": "reporting"}
        ),
    }
    both.requests = {"duckdb": both.duckdb.requests(), "postgres": both.postgres.requests()}
    return both


@contextmanager
def asked(site: Site, watchlist: str) -> Iterator[None]:
    """Have a watchlist, and keys of all providers or, of a short one, of the first alone."""
    keys = {f"SOURCES__{name.upper()}__API_KEY": "" for name in ONLY_CRAWLORA} if "datasets" not in watchlist else {}
    before = dict(site.variables)
    site.project.watchlist.write_text(watchlist)
    site.variables |= keys
    yield
    site.variables |= before


def on_postgres(site: Site, url: str) -> Site:
    site.variables |= {"DESTINATION": "postgres", "DESTINATION__POSTGRES__CREDENTIALS": url}
    return site


def run(url: str, statement: str) -> Rows:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def contents(ask: Callable[[str], Rows], schemas: dict[str, str]) -> dict[str, Rows]:
    """Every row of every table of some schemas, under the names of the marts."""
    found: dict[str, Rows] = {}
    for schema, name in schemas.items():
        columns: dict[str, list[str]] = {}
        for table, column in ask(
            f"select table_name, column_name from information_schema.columns where table_schema = '{schema}'"
        ):
            columns.setdefault(table, []).append(column)
        for table, listed in columns.items():
            kept = sorted(set(listed) - RUN_COLUMNS)
            rows = ask(f"select {', '.join(kept)} from {schema}.{table}")
            found[f"{name}.{table}"] = sorted((tuple(map(plain, row)) for row in rows), key=repr)
    return found


def plain(value: Any) -> Any:
    """A value whose last bits, in which the two interpolate quantiles differently, do not count."""
    return float(f"{value:.12g}") if isinstance(value, Decimal | float) else value


def differing(here: dict[str, Rows], there: dict[str, Rows]) -> dict[str, Any]:
    """The first rows by table that only one side has."""
    return {name: [sorted(set(map(repr, a)) ^ set(map(repr, there[name])))[:4]]
            for name, a in here.items() if a != there[name]}  # fmt: skip


def test_all_marts_are_the_same_row_by_row(lived: Lived) -> None:
    here, there = lived.marts["duckdb"], lived.marts["postgres"]

    assert here.keys() == there.keys()
    assert differing(here, there) == {}
    assert len(here) > 19


def test_there_is_enough_history_for_what_looks_back(lived: Lived) -> None:
    counts = """
        select
            (select count(median_gain_per_day) from reporting.rpt_early_signals),
            (select count(growth_30d_rate) from reporting.rpt_hashtag_growth),
            (select count(median_days_to_half_views) from reporting.rpt_content_benchmark),
            (select count(median_view_count_at_7d) from reporting.rpt_content_benchmark),
            (select count(lift_low) from reporting.rpt_hashtag_cooccurrence),
            (select count(*) from reporting.rpt_trend_discovery where status = 'left')
    """

    assert min(run(lived.url, counts)[0]) > 0


def test_hostile_captions_come_through(lived: Lived) -> None:
    rows = run(lived.url, "select video_id, caption from marts.dim_video where length(video_id) = 1")

    # An empty caption is none.
    expected = {**CAPTIONS, "6": "NUL \ufffd and \ufffd"}
    assert {number: caption or "" for number, caption in rows} == expected


def test_what_bi_tools_read_is_the_marts(lived: Lived) -> None:
    assert differing(lived.marts["published"], lived.marts["postgres"]) == {}
    assert lived.marts["published"].keys() == lived.marts["postgres"].keys()


def test_a_day_costs_the_same_and_is_not_bought_again(lived: Lived) -> None:
    again = lived.postgres.run(DAYS[-1], hour=12)

    assert lived.requests["postgres"] == lived.requests["duckdb"]
    assert (again.exit_code, again.walks, lived.postgres.requests()) == (0, [], lived.requests["postgres"])


def test_nothing_of_the_warehouse_is_in_the_folder_and_no_connection_stays(lived: Lived) -> None:
    connected = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"

    assert not lived.postgres.project.warehouse.exists()
    assert not lived.postgres.project.exports.exists()
    assert run(lived.url, connected) == [(0,)]


def test_the_password_is_nowhere_in_the_folder(
    lived: Lived, all_bytes: Callable[[Path], Iterator[tuple[Path, bytes]]]
) -> None:
    holding = [path for path, content in all_bytes(lived.postgres.project.root) if SECRET.encode() in content]

    assert holding == []


def test_the_commands_read_it(lived: Lived) -> None:
    status = lived.postgres.tiktags("status", "--json")
    query = lived.postgres.tiktags("query", "--json", "select sum(view_count) as n from marts.fct_hashtag_stats_daily")
    usage = lived.postgres.tiktags("usage", "--json", "--now", "2026-11-03")
    doctor = lived.postgres.tiktags("doctor", "--json")

    assert [result.exit_code for result in (status, query, usage, doctor)] == [0, 0, 0, 0]
    assert json.loads(status.stdout)["tables"] == {name: len(rows) for name, rows in lived.marts["postgres"].items()}
    [(total,)] = lived.duckdb.rows("select sum(view_count) from marts.fct_hashtag_stats_daily")
    assert json.loads(query.stdout)["rows"] == [{"n": int(total)}]
    [check] = [item for item in json.loads(doctor.stdout)["checks"] if item["name"] == "warehouse"]
    assert check["detail"].startswith("PostgreSQL 1")
    assert SECRET not in doctor.stdout


@pytest.mark.parametrize(
    "sql", ["delete from raw.walks", "drop table raw.walks", "selec 1", "commit; drop table raw.walks"]
)
def test_a_query_cannot_write(lived: Lived, sql: str) -> None:
    result = lived.postgres.tiktags("query", sql)

    assert result.exit_code == 2
    assert "the query failed" in result.stderr
    assert run(lived.url, "select count(*) > 0 from raw.walks") == [(True,)]


def test_a_server_that_is_down_is_reported_before_anything_is_sent(make_site: MakeSite, tiny: World) -> None:
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://postgres@127.0.0.1:{closed.getsockname()[1]}/tiktags"
        site = on_postgres(make_site(tiny, f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]'), url)

        with pytest.raises(LoadError, match=r"cannot be reached: .*refused"):
            site.run(0)

    assert set(site.requests().values()) == {0}


@pytest.mark.parametrize("command", ["doctor", "run"])
def test_the_password_is_removed_from_all_messages(make_site: MakeSite, tiny: World, command: str) -> None:
    password = f"never/said+{command}"
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://owner:{quote(password, safe='')}@127.0.0.1:{closed.getsockname()[1]}/tiktags"
        site = on_postgres(make_site(tiny, f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]'), url)

        said = site.tiktags("-v", command).output

    assert "refused" in said
    assert [form for form in (password, quote(password, safe="")) if form in said] == []
    assert str(ConfigError(f"a driver says {password} and {url}")).count("[key]") == 2


@pytest.fixture
def another_url(postgres_url: str) -> Iterator[str]:
    """A second database, so that the first keeps what was lived through."""
    server, _, name = postgres_url.rpartition("/")
    administer(server, f'create database "{name}_b"')
    yield f"{postgres_url}_b"
    administer(server, f'drop database "{name}_b" with (force)')


def administer(server: str, statement: str) -> None:
    """Run what cannot be run in a transaction."""
    with closing(psycopg2.connect(f"{server}/postgres")) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)


def test_a_server_that_goes_away_in_a_run_leaves_what_was_fetched_pending(
    make_site: MakeSite, tiny: World, another_url: str
) -> None:
    server, _, name = another_url.rpartition("/")
    named = f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]'
    site = on_postgres(make_site(tiny, named, keys=ONLY_CRAWLORA), another_url)

    def accept(*, is_allowed: bool) -> None:
        administer(server, f'alter database "{name}" allow_connections {is_allowed}')

    def refuse(stage: str) -> None:
        if stage == "fetching and loading crawlora":
            accept(is_allowed=False)

    outcome = site.run(5, on_stage=refuse)
    accept(is_allowed=True)
    sent = site.requests()
    again = site.run(5, hour=12)

    assert outcome.exit_code == 1
    assert "not currently accepting connections. What was fetched stays pending" in " ".join(outcome.messages)
    assert (again.exit_code, again.walks, site.requests()) == (0, [], sent)


def test_a_database_that_is_not_there_is_named(make_site: MakeSite, tiny: World, postgres_url: str) -> None:
    site = on_postgres(make_site(tiny, f'hashtags = [{{name = "{tiny.hashtags[0].name}"}}]'), postgres_url + "_not")

    doctor, ran = site.tiktags("doctor"), site.tiktags("run")

    assert (doctor.exit_code, ran.exit_code) == (2, 2)
    assert "does not exist" in " ".join(doctor.stdout.split())
    assert "[destination.postgres.credentials] in .dlt/secrets.toml" in ran.stderr
