"""Choices, read from a tape of bytes.

Hypothesis draws the tape as one piece of data, which takes a thousandth of the time that as many draws would, and
shrinks it: a byte of 0, and the end of the tape, choose what is simplest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """One example's choices."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def below(self, number: int) -> int:
        """A number from 0 up to one below ``number``."""
        if number <= 1:
            return 0
        value = self._byte()
        return value * number >> 8 if number <= 64 else (value * 256 + self._byte()) * number >> 16

    def chance(self, percent: int) -> bool:
        """Whether something happens; simplest is that it does not."""
        return self.below(100) >= 100 - percent

    def one(self, values: Sequence[T]) -> T:
        """One of some values; the first is simplest."""
        return values[self.below(len(values))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """The values in any order."""
        left = [*values]
        return [left.pop(self.below(len(left))) for _ in values]

    def _byte(self) -> int:
        self._place += 1
        return self._data[self._place - 1] if self._place <= len(self._data) else 0
