"""The order of cards: laws of ranks."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.deals import ranks

digits = st.text(alphabet=ranks.DIGITS, min_size=1, max_size=12).map(lambda text: text + "V")


@given(low=st.none() | digits, high=st.none() | digits, seed=st.integers())
def test_a_rank_lies_strictly_between_its_neighbours(low: str | None, high: str | None, seed: int) -> None:
    if low is not None and high is not None:
        if low == high:
            return
        low, high = min(low, high), max(low, high)
    rank = ranks.between(low, high, random.Random(seed))
    assert low is None or low < rank
    assert high is None or rank < high
    assert rank
    assert not rank.endswith("0")
    assert set(rank) <= set(ranks.DIGITS)


@given(seed=st.integers(), places=st.lists(st.floats(0, 1), max_size=60))
def test_any_history_of_insertions_keeps_the_order(seed: int, places: list[float]) -> None:
    chance = random.Random(seed)
    column: list[str] = []
    for place in places:
        index = round(place * len(column))
        low = column[index - 1] if index else None
        high = column[index] if index < len(column) else None
        column.insert(index, ranks.between(low, high, chance))
    assert column == sorted(column)
    assert len(set(column)) == len(column)


@pytest.mark.parametrize("end", ["first", "last"])
def test_filling_a_column_from_one_end_keeps_ranks_short(end: str) -> None:
    chance = random.Random(1)
    rank = ranks.between(None, None, chance)
    for _ in range(20_000):
        rank = ranks.between(rank, None, chance) if end == "last" else ranks.between(None, rank, chance)
    assert len(rank) <= ranks.WIDTH


def test_the_ends_of_the_scale_still_have_room() -> None:
    chance = random.Random(1)
    top, bottom = "zzzzzz", "000001"
    assert ranks.between(top, None, chance) > top
    assert ranks.between(None, bottom, chance) < bottom


def test_bisecting_one_gap_takes_hundreds_of_cards_before_it_is_ranked_anew() -> None:
    chance = random.Random(1)
    low, high = ranks.spread(2)
    count = 0
    while len(high) <= ranks.LONGEST:
        high = ranks.between(low, high, chance)
        count += 1
    assert count > 300


@given(count=st.integers(0, 500))
def test_a_column_ranked_anew_is_in_order_with_room_everywhere(count: int) -> None:
    spread = ranks.spread(count)
    assert spread == sorted(set(spread))
    assert len(spread) == count
    chance = random.Random(count)
    for low, high in zip([None, *spread], [*spread, None], strict=True):
        assert len(ranks.between(low, high, chance)) <= ranks.WIDTH + 1


def test_neighbours_in_the_wrong_order_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no rank between"):
        ranks.between("V", "V", random.Random(1))
