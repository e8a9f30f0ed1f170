from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_hashtags.extract.paging import IdSet


@given(pages=st.lists(st.lists(st.sampled_from([None, *"abcdefghij"]))))
def test_each_id_is_unseen_once(pages: list[list[str | None]]) -> None:
    ids, expected = IdSet(), set[str]()

    for page in pages:
        fresh = ids.unseen(page)

        assert sorted(fresh) == sorted({item for item in page if item} - expected)
        expected |= set(fresh)


def test_ids_stay_known_when_there_are_many() -> None:
    ids = IdSet()
    pages = [[str(number) for number in range(start, start + 50)] for start in range(0, 50_000, 50)]

    fresh = [ids.unseen(page) for page in pages]
    again = [ids.unseen(page) for page in pages]

    assert sum(map(len, fresh)) == 50_000
    assert sum(map(len, again)) == 0


@given(st.lists(st.one_of(st.integers(0, 2**70).map(str), st.text(max_size=6))), st.text(max_size=6))
def test_a_set_of_ids_holds_what_was_put_in_and_nothing_else(ids: list[str], other: str) -> None:
    held = IdSet(ids)

    assert all(item in held for item in ids)
    assert (other in held) == (other in ids)


@pytest.mark.parametrize("absent", ["8", "07", "+7", " 7", "７", "²", "", None, 7, "9" * 30])
def test_an_id_is_its_spelling(absent: object) -> None:
    assert absent not in IdSet(["7", "v15", "9223372036854775807"])
