"""A bounded cache that one-off keys cannot sweep empty."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache holds now, and what has happened to it since it was made."""

    entries: int
    weight: int
    hits: int
    misses: int
    evictions: int
    refused: int
    """Values that were too heavy to be kept at all."""


class SegmentedCache(Generic[K, V]):
    """Values by key, at most ``entries`` of them and, with ``weigh``, at most ``weight`` in all.

    A segmented LRU: what is put in is on probation until it is found for the first time; from then on it is protected.
    Only what is on probation is evicted, the one unused for longest first, and the protected hold at most four fifths
    of either bound: so whoever asks for something new each time displaces nothing that is asked for again and again.
    What alone is heavier than the other fifth is not kept. Every call is O(1), amortised. For one thread.
    """

    __slots__ = (
        "_entries",
        "_evictions",
        "_hits",
        "_misses",
        "_probation",
        "_protected",
        "_protected_weight",
        "_refused",
        "_total_weight",
        "_weigh",
        "_weight",
    )

    def __init__(self, entries: int, *, weight: int = 0, weigh: Callable[[K, V], int] | None = None) -> None:
        if entries < 1 or (weigh is not None and weight < 1):
            raise ValueError("a cache holds at least one entry, and weighs at least 1 where it is weighed")
        self._entries = entries
        self._weight = weight
        self._weigh = weigh
        self._probation: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._protected: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._protected_weight = 0
        self._total_weight = 0
        self._hits = self._misses = self._evictions = self._refused = 0

    def __len__(self) -> int:
        return len(self._probation) + len(self._protected)

    def get(self, key: K) -> V | None:
        """The value, which counts as its use; None when there is none."""
        kept = self._protected.get(key)
        if kept is not None:
            self._protected.move_to_end(key)
        else:
            kept = self._probation.pop(key, None)
            if kept is None:
                self._misses += 1
                return None
            self._protected[key] = kept
            self._protected_weight += kept[1]
            self._demote()
        self._hits += 1
        return kept[0]

    def put(self, key: K, value: V) -> None:
        """Keep a value, instead of the one that the key had. It has not been used by that."""
        self._forget(key)
        weight = self._weigh(key, value) if self._weigh is not None else 0
        if weight > self._weight - self._most_protected_weight:
            self._refused += 1
            return
        self._probation[key] = (value, weight)
        self._total_weight += weight
        while len(self) > self._entries or self._total_weight > self._weight:
            _, (_, freed) = self._probation.popitem(last=False)
            self._total_weight -= freed
            self._evictions += 1

    def stats(self) -> CacheStats:
        return CacheStats(len(self), self._total_weight, self._hits, self._misses, self._evictions, self._refused)

    @property
    def _most_protected_weight(self) -> int:
        return self._weight * 4 // 5

    def _demote(self) -> None:
        """Put what was unused for longest on probation again, as the last to be evicted there."""
        while len(self._protected) > self._entries * 4 // 5 or self._protected_weight > self._most_protected_weight:
            key, kept = self._protected.popitem(last=False)
            self._protected_weight -= kept[1]
            self._probation[key] = kept

    def _forget(self, key: K) -> None:
        kept = self._protected.pop(key, None)
        if kept is not None:
            self._protected_weight -= kept[1]
        else:
            kept = self._probation.pop(key, None)
        if kept is not None:
            self._total_weight -= kept[1]
