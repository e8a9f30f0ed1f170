from __future__ import annotations

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
