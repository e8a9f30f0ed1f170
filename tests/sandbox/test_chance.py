from __future__ import annotations

from tiktok_hashtags.sandbox.chance import between, digits, pick, share


def test_a_draw_depends_on_its_key_alone() -> None:
    first = [share("a", n) for n in range(100)]

    again = [share("a", n) for n in reversed(range(100))]

    assert again == first[::-1]
    assert len(set(first)) == 100


def test_draws_are_the_same_on_every_machine() -> None:
    assert between(0, 1_000_000, 7, "christmas") == 664_271


def test_draws_stay_inside_their_bounds() -> None:
    drawn = {between(1, 3, n) for n in range(200)}
    picked = {pick("ab", n) for n in range(200)}

    assert drawn == {1, 2, 3}
    assert picked == {"a", "b"}


def test_an_id_has_the_requested_length_and_fits_63_bits() -> None:
    ids = [digits(19, n) for n in range(2_000)]

    assert {len(id_) for id_ in ids} == {19}
    assert max(map(int, ids)) < 2**63


def test_half_a_surrogate_pair_can_be_part_of_a_key() -> None:
    assert 0 <= share("\ud83d") < 1
