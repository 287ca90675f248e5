"""The order of a list: by which columns, each in which direction, and always ending with the id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from crm.tables import Table


@dataclass(frozen=True)
class Order:
    """Columns and directions, most significant first. Rows without a value come last in either direction."""

    terms: tuple[tuple[str, bool], ...]
    """(column, whether descending)."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column, _ in self.terms)

    @cached_property
    def name(self) -> str:
        """The order in one word, such as ``-created_at,-id``: cursors belong to it."""
        return ",".join(f"-{column}" if descending else column for column, descending in self.terms)

    def is_even(self, table: Table) -> bool:
        """Whether rows are in order when the tuples of their columns are: one direction, and no value missing."""
        directions = {descending for _, descending in self.terms}
        return len(directions) == 1 and not any(table.columns[column].nullable for column in self.columns)

    def then_by_id(self) -> Order:
        """The order made total: the id last, in the direction of the term before it."""
        if any(column == "id" for column in self.columns):
            return self
        return Order((*self.terms, ("id", self.terms[-1][1])))


def ascending(*columns: str) -> Order:
    """By these columns, smallest first."""
    return Order(tuple((column, False) for column in columns))


def descending(*columns: str) -> Order:
    """By these columns, largest first."""
    return Order(tuple((column, True) for column in columns))


NEWEST_FIRST = descending("created_at", "id")
BY_NAME = ascending("name_folded", "name", "id")
BY_RANK = ascending("rank", "id")
BY_POSITION = ascending("position", "id")
LATEST_FIRST = descending("at", "id")
