"""Changes of single fields: what is left out stays as it is."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

T = TypeVar("T")


class Unchanged(Enum):
    """The type of ``UNCHANGED``."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED
"""In the place of a field's new value: it stays as it is. (None is a value: it is emptied.)"""

Change: TypeAlias = T | Literal[Unchanged.UNCHANGED]
"""A field's new value, or that it stays as it is."""


def or_else(change: T | Literal[Unchanged.UNCHANGED], current: T) -> T:
    """The field's value after the change."""
    return current if change is UNCHANGED else change
