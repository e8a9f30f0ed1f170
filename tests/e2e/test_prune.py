# ruff: noqa: S608  # queries are made of names out of the catalogue
"""What goes changes no mart and no budget, and space comes back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from tiktok_hashtags.sandbox import DATASET_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.conftest import MakeSite, Rows, Site

    from tiktok_hashtags.sandbox import World

pytestmark = pytest.mark.slow

# 35 days later only the first day's pages are too old; another day later those of both.
AFTER_THE_FIRST = ("--now", "2026-12-07")
AFTER_BOTH = ("--now", "2026-12-08")


@pytest.fixture(scope="module")
def lived(make_site: MakeSite, tiny: World) -> Site:
    """Two days, the second loaded twice, and rows of a load that was killed."""
    watchlist = f"""
        hashtags = [{{name = "{tiny.hashtags[0].name}"}}, {{id = "{tiny.hashtags[1].id}"}}]
        trends = [{{country = "US"}}]
        searches = [{{keyword = "cat"}}]
        datasets = [{{dataset_id = "{DATASET_ID}"}}]
    """
    site = make_site(tiny, watchlist)
    site.run(0)
    site.run(1)
    assert site.tiktags("replay", "--since", "2026-11-02").exit_code == 0
    for table in ("unifapi_videos", "unifapi_videos__hashtags"):
        site.change(
            f"insert into raw.{table} by name select * replace ('1.5' as _dlt_load_id) from raw.{table} limit 3"
        )
    return site


def marts(site: Site) -> dict[str, Rows]:
    """Every row of every mart."""
    names = site.rows(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('marts', 'reporting')"
    )
    return {name: sorted(site.rows(f"from {name}"), key=repr) for (name,) in names}


def ledger(site: Site) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(site.project.journal)) as connection:
        return [connection.execute(f"select * from {name} order by 1, 2").fetchall() for name in ("requests", "spend")]


def pages(site: Site) -> list[str]:
    with closing(sqlite3.connect(site.project.journal)) as connection:
        return [day for (day,) in connection.execute("select snapshot_date from pages order by 1")]


def pruned(site: Site, *arguments: str) -> dict[str, Any]:
    result = site.tiktags("prune", "--json", *arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_without_yes_it_lists_the_data_and_changes_no_byte(
    lived: Site, all_bytes: Callable[[Path], Iterator[tuple[Path, bytes]]]
) -> None:
    before = dict(all_bytes(lived.project.root))

    told = pruned(lived, *AFTER_THE_FIRST)
    shown = lived.tiktags("prune", *AFTER_THE_FIRST)

    reasons = {part["name"]: part["reason"] for part in told["parts"]}
    [old_pages] = [part for part in told["parts"] if part["name"] == "pages of journal.sqlite"]
    assert (told["is_removed"], told["freed_bytes"]) == (False, None)
    assert (old_pages["first_date"], old_pages["last_date"]) == ("2026-11-01", "2026-11-01")
    assert old_pages["rows"] == pages(lived).count("2026-11-01") > 0
    assert old_pages["bytes"] > 1000
    assert reasons["raw.crawlora_trends__trend"] == "replaced by a later load"
    assert reasons["raw._dlt_pipeline_state"] == "replaced by a later state"
    assert {"replaced by a later load", "of a load that never completed"} <= set(reasons.values())
    assert "Nothing was deleted: `tiktags prune --yes` does it." in shown.stdout
    assert dict(all_bytes(lived.project.root)) == before


def test_what_goes_changes_no_mart_and_no_budget(lived: Site, copy_of: Callable[[Site], Site]) -> None:
    site = copy_of(lived)
    files = (site.project.journal, site.project.warehouse)
    before, spent, sizes = marts(site), ledger(site), [path.stat().st_size for path in files]

    told = pruned(site, "--yes", *AFTER_BOTH)

    copies = "select count(*), count(distinct (snapshot_date, request_key, position)) from raw.unifapi_videos"
    [(rows, observations)] = site.rows(copies)
    assert told["is_removed"]
    assert told["freed_bytes"] > 0
    assert rows == observations > 0
    assert site.rows("select 1 from raw.unifapi_videos__hashtags where _dlt_load_id = '1.5'") == []
    assert pages(site) == []
    assert [path.stat().st_size < size for path, size in zip(files, sizes, strict=True)] == [True, True]
    assert ledger(site) == spent
    assert site.tiktags("transform", "--full-refresh").exit_code == 0
    assert marts(site) == before
    assert pruned(site, *AFTER_BOTH)["parts"] == []


def test_a_run_after_it_works_and_buys_nothing_of_the_day_again(lived: Site, copy_of: Callable[[Site], Site]) -> None:
    site = copy_of(lived)
    # Long after, so that dlt's finished packages are gone too.
    pruned(site, "--yes", "--now", "2126-01-01")
    sent = site.requests()

    again, next_day = site.run(1, hour=20), site.run(2)

    assert (again.exit_code, again.walks, next_day.exit_code) == (0, [], 0)
    assert site.requests() != sent
    assert set(pages(site)) == {"2026-11-03"}


def test_a_journal_that_is_open_elsewhere_is_pruned_and_gives_its_space_back_later(
    lived: Site, copy_of: Callable[[Site], Site]
) -> None:
    site = copy_of(lived)
    with closing(sqlite3.connect(site.project.journal)) as other:
        other.execute("select 1 from pages").fetchall()
        told = pruned(site, "--yes", *AFTER_BOTH)

    assert told["notes"] == ["journal.sqlite is open in another process: its space is reused when it grows"]
    assert pages(site) == []


def test_a_replay_of_nothing_but_pruned_dates_is_an_error_that_names_them(
    lived: Site, copy_of: Callable[[Site], Site]
) -> None:
    site = copy_of(lived)
    pruned(site, "--yes", *AFTER_BOTH)

    result = site.tiktags("replay", "--since", "2026-10-01")

    assert result.exit_code == 2
    assert "no pages from 2026-10-01 on (pruned: 2026-11-01 to 2026-11-02); nothing was replayed" in result.stderr


def test_rejects_are_deleted_if_the_configuration_says_so(
    lived: Site, copy_of: Callable[[Site], Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = copy_of(lived)
    monkeypatch.setitem(site.variables, "RETENTION__JOURNAL_DAYS", "365")
    monkeypatch.setitem(site.variables, "RETENTION__REJECTS_DAYS", "35")
    columns = "run_id, snapshot_date, observed_at, reason, _dlt_load_id"
    site.change(
        f"insert into raw.rejects ({columns}) select 'r', unnest([date '2026-11-01', date '2026-11-02']),"
        " timestamp '2026-11-01', 'null', max(load_id) from raw._dlt_loads"
    )

    told = pruned(site, "--yes", *AFTER_THE_FIRST)

    assert ("raw.rejects", "older than rejects_days", "2026-11-01") in [
        (part["name"], part["reason"], part["last_date"]) for part in told["parts"]
    ]
    assert site.rows("select snapshot_date::text from raw.rejects where run_id = 'r'") == [("2026-11-02",)]
    assert set(pages(site)) == {"2026-11-01", "2026-11-02"}


def test_finished_packages_of_dlt_go(lived: Site, copy_of: Callable[[Site], Site]) -> None:
    site = copy_of(lived)
    loaded = site.project.pipelines / "tiktok_hashtags" / "load" / "loaded"

    told = pruned(site, "--yes", "--now", "2126-01-01")

    assert [part["rows"] > 0 for part in told["parts"] if part["name"] == "dlt's finished packages"] == [True]
    assert list(loaded.iterdir()) == []


def test_beside_a_run_it_is_refused_at_once(lived: Site) -> None:
    with FileLock(lived.project.lock):
        result = lived.tiktags("prune")

    assert result.exit_code == 7


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_retention_that_is_no_number_of_days_is_a_configuration_error(
    lived: Site, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setitem(lived.variables, "RETENTION__JOURNAL_DAYS", value)

    result = lived.tiktags("prune", "--yes")

    assert result.exit_code == 2
    assert f"[retention] journal_days: expected a number of days from 1 to 100000, found '{value}'" in result.stderr
