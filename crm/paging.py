"""Keyset paging: a page begins where a row stands in the order, not at a count of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """The columns a list is ordered by, all in one direction; the last one is unique."""

    columns: tuple[str, ...]
    descending: bool = False


NEWEST_FIRST = Order(("created_at", "id"), descending=True)
BY_NAME = Order(("name_folded", "name", "id"))
BY_RANK = Order(("rank", "id"))


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list: ``size`` rows after or before a position, from its end when ``backward``."""

    size: int
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    rows: Sequence[M]
    has_next: bool
    has_previous: bool


async def page(query: QuerySet[M], order: Order, window: Window) -> Page[M]:
    """The rows of a window in the list's order."""
    if window.after is not None:
        query = query.filter(_beyond(order, window.after, forward=True))
    if window.before is not None:
        query = query.filter(_beyond(order, window.before, forward=False))
    sign = "-" if order.descending != window.backward else ""
    rows = list(await query.order_by(*(f"{sign}{column}" for column in order.columns)).limit(window.size + 1))
    more = len(rows) > window.size
    rows = rows[: window.size]
    if window.backward:
        return Page(rows[::-1], has_next=window.before is not None, has_previous=more or window.after is not None)
    return Page(rows, has_next=more or window.before is not None, has_previous=window.after is not None)


def _beyond(order: Order, position: tuple[Any, ...], *, forward: bool) -> Q:
    """Rows strictly beyond a position: (a, b) > (x, y), written so that an index on the first column serves."""
    comparison = "gt" if forward != order.descending else "lt"
    condition = Q()
    for depth in range(len(order.columns)):
        equal = {column: position[i] for i, column in enumerate(order.columns[:depth])}
        step = Q(**equal, **{f"{order.columns[depth]}__{comparison}": position[depth]})
        condition = step if depth == 0 else condition | step
    return Q(**{f"{order.columns[0]}__{comparison}e": position[0]}) & condition
