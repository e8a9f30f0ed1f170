"""The histories of hashtags and creators equal the results of slow, plain Python on the world's observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from tests.e2e.growth import Table
from tests.e2e.month import Month
from tests.e2e.month_site import assert_equal

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

OF_HASHTAGS = ("hashtag_id", "description", "is_commerce", "announcement_title", "announcement_body")
OF_CREATORS = ("handle", "display_name", "bio", "is_verified", "region", "language")
RUN_AT = time(6)


def test_creators_keep_every_handle_from_the_day_it_was_seen(month_site: Site, month: Month) -> None:
    expected = histories(month.creators, OF_CREATORS)

    assert_equal(month_site, "dim_creator_history", ("creator_id", "valid_from"), expected, schema="marts")
    handles = {(creator, row["handle"]) for (creator, _), row in expected.items()}
    assert len(handles) > len(month.creators)
    assert len(expected) > len(handles)


def test_a_creator_s_handle_on_a_date_is_the_world_s(month_site: Site, month: Month) -> None:
    shown = [(creator, when, told["handle"]) for creator, days in month.creators.items() for when, told in days.items()]

    rows = month_site.rows("select creator_id, handle, valid_from, valid_to from marts.dim_creator_history")

    for creator, when, handle in shown:
        at = datetime.combine(when, RUN_AT)
        own = [row for row in rows if row[0] == creator and row[2] <= at and (row[3] is None or at < row[3])]
        assert [row[1] for row in own] == [handle]


def test_hashtags_keep_every_state_under_any_spelling(month_site: Site, month: Month) -> None:
    expected = histories(month.hashtags, OF_HASHTAGS, labels=("hashtag_name",))

    assert_equal(month_site, "dim_hashtag_history", ("hashtag_key", "valid_from"), expected, schema="marts")
    assert {row["is_commerce"] for row in expected.values()} >= {None, False}
    spellings = {told["hashtag_name"] for told in month.hashtags[month.keys[0]].values() if "hashtag_name" in told}
    assert len(spellings) > 1


def histories(
    told: Mapping[str, Mapping[date, Mapping[str, object]]],
    attributes: tuple[str, ...],
    labels: tuple[str, ...] = (),
) -> Table:
    """By key and beginning: each state of a hashtag or creator; an unknown value keeps the last known one."""
    rows: Table = {}
    for key, by_date in told.items():
        versions = list(_versions(by_date, attributes, labels))
        for version, following in zip(versions, [*versions[1:], None], strict=True):
            valid_to = following["valid_from"] if following else None
            row = {name: value for name, value in version.items() if name != "valid_from"}
            rows[key, version["valid_from"]] = row | {"valid_to": valid_to, "is_current": following is None}
    return rows


def _versions(
    by_date: Mapping[date, Mapping[str, object]], attributes: tuple[str, ...], labels: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    state: dict[str, object] = dict.fromkeys(attributes + labels)
    version: dict[str, Any] | None = None
    for when in sorted(by_date):
        before = [state[name] for name in attributes]
        state |= {name: value for name, value in by_date[when].items() if value is not None}
        at = datetime.combine(when, RUN_AT)
        if version is None or [state[name] for name in attributes] != before:
            if version is not None:
                yield version
            version = {"valid_from": at}
        version |= {**state, "last_seen_at": at}
    if version is not None:
        yield version
