"""A segmented cache keeps its bounds, and what is asked for again and again."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.caches import CacheStats, SegmentedCache

KEYS = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(st.tuples(st.just("get"), KEYS, st.just(0)), st.tuples(st.just("put"), KEYS, st.integers(0, 40)))
)


class Model:
    """The same cache, written for being read: two lists, and sums made anew each time."""

    def __init__(self, entries: int, weight: int) -> None:
        self.entries, self.weight = entries, weight
        self.most_protected = (entries * 4 // 5, weight * 4 // 5)
        self.probation: list[tuple[int, int]] = []
        self.protected: list[tuple[int, int]] = []
        self.counted = {"hits": 0, "misses": 0, "evictions": 0, "refused": 0}

    def get(self, key: int) -> int | None:
        found = next((pair for pair in self.probation + self.protected if pair[0] == key), None)
        if found is None:
            self.counted["misses"] += 1
            return None
        self.counted["hits"] += 1
        self.remove(key)
        self.protected.append(found)
        while len(self.protected) > self.most_protected[0] or sum_of(self.protected) > self.most_protected[1]:
            self.probation.append(self.protected.pop(0))
        return found[1]

    def put(self, key: int, value: int) -> None:
        self.remove(key)
        if value > self.weight - self.most_protected[1]:
            self.counted["refused"] += 1
            return
        self.probation.append((key, value))
        while (
            len(self.probation + self.protected) > self.entries or sum_of(self.probation + self.protected) > self.weight
        ):
            self.probation.pop(0)
            self.counted["evictions"] += 1

    def remove(self, key: int) -> None:
        self.probation = [pair for pair in self.probation if pair[0] != key]
        self.protected = [pair for pair in self.protected if pair[0] != key]


def sum_of(pairs: list[tuple[int, int]]) -> int:
    return sum(value for _, value in pairs)


@given(entries=st.integers(1, 12), weight=st.integers(1, 150), steps=STEPS)
def test_it_does_what_its_model_does_and_never_holds_more_than_it_may(
    entries: int, weight: int, steps: list[tuple[str, int, int]]
) -> None:
    """Each value is its own weight."""
    cache: SegmentedCache[int, int] = SegmentedCache(entries, weight=weight, weigh=lambda _, value: value)
    model = Model(entries, weight)
    for verb, key, value in steps:
        if verb == "get":
            assert cache.get(key) == model.get(key)
        else:
            cache.put(key, value)
            model.put(key, value)
        kept = model.probation + model.protected
        assert cache.stats() == CacheStats(entries=len(kept), weight=sum_of(kept), **model.counted)
        assert len(cache) <= entries
        assert cache.stats().weight <= weight


@given(entries=st.integers(2, 20), one_off=st.lists(st.integers(0, 20), min_size=50, max_size=400))
def test_what_was_used_again_survives_any_number_of_one_off_keys(entries: int, one_off: list[int]) -> None:
    cache: SegmentedCache[str, int] = SegmentedCache(entries, weight=100, weigh=lambda _, value: value)
    cache.put("hot", 20)
    assert cache.get("hot") == 20
    for n, weight in enumerate(one_off):
        assert cache.get(f"one-off {n}") is None
        cache.put(f"one-off {n}", weight)
    assert cache.get("hot") == 20


def test_without_weights_only_the_entries_count() -> None:
    cache: SegmentedCache[int, str] = SegmentedCache(10)
    for n in range(100):
        cache.put(n, "x" * 10_000)
    assert cache.stats() == CacheStats(entries=10, weight=0, hits=0, misses=0, evictions=90, refused=0)
    assert cache.get(99) == "x" * 10_000


def test_what_is_too_heavy_displaces_nothing_but_the_value_it_replaces() -> None:
    cache: SegmentedCache[str, str] = SegmentedCache(10, weight=100, weigh=lambda key, value: len(value))
    cache.put("small", "x")
    cache.put("large", "y")
    cache.put("large", "y" * 21)
    assert cache.get("large") is None
    assert cache.get("small") == "x"
    assert cache.stats().refused == 1


@pytest.mark.parametrize("bounds", [{"entries": 0}, {"entries": 1, "weight": 0, "weigh": lambda key, value: 1}])
def test_a_cache_that_could_hold_nothing_is_refused(bounds: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        SegmentedCache(**bounds)  # type: ignore[arg-type]


def test_a_call_takes_as_long_in_a_large_cache_as_in_a_small_one() -> None:
    def seconds(entries: int) -> float:
        cache: SegmentedCache[int, int] = SegmentedCache(entries)
        for n in range(2 * entries):
            cache.put(n, n)
            cache.get(n)
        best = float("inf")
        for _ in range(5):
            begun = time.perf_counter()
            for n in range(5000):
                cache.put(-n, n)
                cache.get(-n)
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(100_000) < 10 * seconds(100)
