from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from tests.fetch.journal_rows import AT, PAGE, on_disk, reserve, row, store

from tiktok_hashtags.errors import BudgetError, LoadError
from tiktok_hashtags.fetch.journal import Journal
from tiktok_hashtags.fetch.journal_tables import Spent, StoredPage


def test_a_stored_page_is_on_disk_when_store_returns(path: Path, journal: Journal) -> None:
    store(journal, "a")

    assert on_disk(path, "select request_key, credits from pages") == [("a", 50)]


def test_a_reserved_charge_is_on_disk_when_reserve_returns(path: Path, journal: Journal) -> None:
    reserve(journal, row())

    assert on_disk(path, "select outcome, credits, finished_at from requests") == [("unknown", 50, None)]


def test_pages_come_back_after_reopening(path: Path, journal: Journal) -> None:
    store(journal, "a")
    journal.close()

    with closing(Journal(path)) as reopened:
        assert reopened.page("a") == PAGE
        assert reopened.page("b") is None


def test_a_journal_that_was_never_closed_still_has_its_pages(path: Path, journal: Journal) -> None:
    store(journal, "a")
    reserve(journal, row())

    with closing(Journal(path)) as next_run:
        assert next_run.page("a") == PAGE
        assert next_run.spent("unifapi", at=AT) == Spent(50, 50, 0.05, 0.05)


def test_a_page_is_found_by_the_threads_that_did_not_store_it(journal: Journal) -> None:
    store(journal, "a")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(journal.page, ["a"] * 8))

    assert found == [PAGE] * 8


def test_what_is_stored_again_replaces_what_was(journal: Journal) -> None:
    store(journal, "a")

    store(journal, "a", replace(PAGE, body=b"newer"))

    assert journal.page("a") == replace(PAGE, body=b"newer")


def test_the_bytes_of_a_page_are_kept_exactly(journal: Journal) -> None:
    body = bytes(range(256)) * 1_000

    store(journal, "a", replace(PAGE, body=body, observed_at=AT + timedelta(microseconds=1)))

    assert journal.page("a") == StoredPage(body, AT + timedelta(microseconds=1), 50)


def test_settling_replaces_the_reservation(journal: Journal) -> None:
    reserved = reserve(journal, row())

    settled = replace(reserved, credits=20, cost_usd=0.02, outcome="ok", status=200, bytes=999, finished_at=AT)
    journal.settle(settled, reserved=reserved)

    [found] = journal.requests("run-1", "unifapi")
    kept = ("credits", "cost_usd", "outcome", "status", "bytes", "finished_at", "snapshot_date")
    assert [found[name] for name in kept] == [20, 0.02, "ok", 200, 999, "2026-11-01T06:00:00", "2026-11-01"]


def test_requests_come_in_the_order_they_were_made_and_of_one_run_and_provider(journal: Journal) -> None:
    reserve(journal, row(1, requested_at=AT + timedelta(seconds=2)))
    reserve(journal, row(2, requested_at=AT))
    reserve(journal, row(3, run_id="run-0"))
    reserve(journal, row(4, provider="crawlora"))
    journal.record(row(5, requested_at=AT + timedelta(seconds=1), credits=0, outcome="replayed"))

    ids = [request["request_id"] for request in journal.requests("run-1", "unifapi")]

    assert ids == ["r2", "r5", "r1"]


def test_charges_are_summed_by_day_and_month_over_all_runs_and_dollars_over_all_providers(journal: Journal) -> None:
    midnight = datetime(2026, 11, 2)
    reserve(journal, row(1, requested_at=midnight - timedelta(microseconds=1), credits=10))
    reserve(journal, row(2, requested_at=midnight, run_id="run-0", credits=3))
    reserve(journal, row(3, requested_at=midnight + timedelta(hours=1), credits=4))
    reserve(journal, row(4, provider="crawlora", requested_at=midnight, credits=8))
    reserve(journal, row(5, requested_at=datetime(2026, 10, 31, 23, 59), credits=1_000))

    spent = journal.spent("unifapi", at=midnight)

    assert (spent.day_credits, spent.month_credits) == (7, 17)
    assert (round(spent.day_usd, 9), round(spent.month_usd, 9)) == (0.015, 0.025)


def test_what_a_request_did_not_cost_is_no_longer_spent(journal: Journal) -> None:
    reserved = reserve(journal, row(credits=50))

    journal.settle(replace(reserved, credits=20, cost_usd=0.02, outcome="ok"), reserved=reserved)

    spent = journal.spent("unifapi", at=AT)
    assert (spent.day_credits, spent.month_credits) == (20, 20)
    assert (round(spent.day_usd, 9), round(spent.month_usd, 9)) == (0.02, 0.02)


def test_usage_is_by_day_and_provider_and_has_no_dollars_where_a_price_is_unknown(journal: Journal) -> None:
    reserve(journal, row(1))
    journal.reserve(row(2), lambda _: None)
    reserve(journal, row(3, provider="crawlora"))
    journal.record(row(4, provider="crawlora", outcome="replayed", credits=0, cost_usd=0.0))
    reserve(journal, row(5, requested_at=AT - timedelta(days=1)))

    usage = journal.usage(since=AT.date())

    # Day, provider, requests, replayed pages, unknown outcomes, credits and dollars.
    assert [tuple(line.values()) for line in usage] == [
        ("2026-11-01", "crawlora", 1, 1, 1, 50, 0.05),
        ("2026-11-01", "unifapi", 2, 0, 2, 100, None),
    ]


def test_a_price_depends_on_the_credits_used_before_it_this_month(journal: Journal) -> None:
    first, used = journal.reserve(row(1), lambda spent: spent.month_credits / 10)
    second, used_then = journal.reserve(row(2), lambda spent: spent.month_credits / 10)

    assert (used, used_then) == (0, 50)
    assert (first.cost_usd, second.cost_usd) == (0.0, 5.0)


def test_a_charge_that_its_price_refuses_leaves_nothing(path: Path, journal: Journal) -> None:
    reserve(journal, row(1))

    def refuse(_: Spent) -> float:
        raise BudgetError("over the limit")

    with pytest.raises(BudgetError, match="over the limit"):
        journal.reserve(row(2), refuse)

    assert on_disk(path, "select request_id from requests") == [("r1",)]
    assert journal.spent("unifapi", at=AT).day_credits == 50


def test_processes_that_share_a_ledger_cannot_overrun_a_cap_together(path: Path, journal: Journal) -> None:
    def priced(spent: Spent) -> float:
        if spent.day_credits >= 100:
            raise BudgetError("over the limit")
        return 0.0

    with closing(Journal(path)) as other, ThreadPoolExecutor(8) as pool:

        def attempt(number: int) -> bool:
            try:
                (journal, other)[number % 2].reserve(row(number, credits=1), priced)
            except BudgetError:
                return False
            return True

        granted = sum(pool.map(attempt, range(300)))

    assert granted == 100


def test_many_threads_write_at_once(path: Path, journal: Journal) -> None:
    def work(number: int) -> None:
        reserved = reserve(journal, row(number))
        store(journal, f"page-{number}")
        journal.settle(replace(reserved, credits=1, outcome="ok"), reserved=reserved)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(200)))

    assert journal.spent("unifapi", at=AT).day_credits == 200
    assert on_disk(path, "select count(*) from pages") == [(200,)]


def test_close_writes_what_nobody_waited_for(path: Path, journal: Journal) -> None:
    reserved = reserve(journal, row())
    journal.settle(replace(reserved, credits=7, outcome="ok"), reserved=reserved)

    journal.close()

    assert on_disk(path, "select credits, outcome from requests") == [(7, "ok")]


def test_a_closed_journal_raises_instead_of_waiting(journal: Journal) -> None:
    journal.close()

    with pytest.raises(LoadError, match=r"journal\.sqlite: the journal is closed"):
        journal.flush()


def test_closing_twice_is_no_error_and_ends_the_writer(path: Path) -> None:
    before = set(threading.enumerate())
    journal = Journal(path)
    writers = set(threading.enumerate()) - before

    journal.close()
    journal.close()

    assert len(writers) == 1
    assert not any(writer.is_alive() for writer in writers)


def test_a_request_cannot_be_charged_under_the_same_id_twice(journal: Journal) -> None:
    reserve(journal, row())

    with pytest.raises(LoadError, match="UNIQUE constraint failed"):
        reserve(journal, row())


def test_two_journals_on_one_file_see_each_others_charges(path: Path, journal: Journal) -> None:
    with closing(Journal(path)) as other:
        reserve(other, row(1, credits=5))
        reserve(journal, row(2, credits=6))

        assert journal.spent("unifapi", at=AT) == other.spent("unifapi", at=AT)
        assert journal.spent("unifapi", at=AT).day_credits == 11


def test_a_suspect_page_is_requested_again_but_known_to_a_replay(journal: Journal, path: Path) -> None:
    store(journal, "good")
    store(journal, "misleading")

    journal.mark_suspect(["misleading", "never stored"])

    later = Journal(path)
    assert [each.page("good") for each in (journal, later)] == [PAGE, PAGE]
    assert [each.page("misleading") for each in (journal, later)] == [None, None]
    assert later.page("misleading", even_suspect=True) == PAGE
    assert later.page("never stored", even_suspect=True) is None
    later.close()


def test_a_suspect_page_that_was_bought_again_is_trusted(journal: Journal, path: Path) -> None:
    store(journal, "misleading")
    journal.mark_suspect(["misleading"])

    store(journal, "misleading")

    later = Journal(path)
    assert [each.page("misleading") for each in (journal, later)] == [PAGE, PAGE]
    later.close()


def test_pruned_dates_are_known_from_the_ledger(journal: Journal) -> None:
    days = [date(2026, 11, day) for day in (1, 2, 3)]
    for number, day in enumerate(days):
        reserved = reserve(journal, row(number, snapshot_date=day))
        journal.settle(replace(reserved, outcome="ok" if number else "not_found"), reserved=reserved)
    journal.store("a", PAGE, provider="unifapi", snapshot_date=days[2], url="/x")

    assert journal.pruned_dates(since=days[0]) == [days[1]]
    assert journal.pruned_dates(since=days[2]) == []


def exported(journal: Journal) -> None:
    """Two requests of one project and one of another, all taken to a warehouse."""
    for number, project in enumerate(("a", "a", "b"), 1):
        journal.record(row(number, project=project))
    journal.mark_exported(["r1", "r2", "r3"])


@pytest.mark.parametrize(
    ("project", "in_warehouse", "again"),
    [
        ("a", {"run-1": 2}, []),
        ("a", {"run-1": 1}, ["r1", "r2"]),
        ("a", {"run-1": 1, "run-2": 9}, ["r1", "r2"]),
        ("b", {}, ["r3"]),
        (None, {"run-1": 3}, []),
        (None, {"run-1": 2}, ["r1", "r2", "r3"]),
    ],
)
def test_where_the_warehouse_has_fewer_requests_of_a_run_than_were_loaded_all_of_the_project_s_are_loaded_again(
    journal: Journal, project: str | None, in_warehouse: dict[str, int], again: list[str]
) -> None:
    exported(journal)

    journal.forget_lost_exports(project, in_warehouse=in_warehouse)

    assert [each["request_id"] for each in journal.unexported(None, but_run="run-2")] == again
