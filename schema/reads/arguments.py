"""What a client asks of a list, taken apart into its *shape*, which SQL is compiled from, and its *values*.

Two requests with one shape share one plan, whatever their values; no value ever becomes part of a plan or its key.
Bad arguments are refused here, with a message that names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from schema import ids
from schema.cursors import BadCursor, CursorSigner
from schema.errors import RequestError
from schema.reads.filters import Condition, Reading, Shape, mentions
from schema.reads.ordering import Order

LARGEST_PAGE = 100
DEFAULT_PAGE = 50
MOST_ORDERS = 5


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What arguments a list takes: its rows' kind, its own order, and the fields of its filter by GraphQL name."""

    kind: str
    order: Order
    conditions: Mapping[str, Condition]
    hides_archived: bool = False
    """Archived rows are in the list only where its filter speaks of ``archived``."""


@dataclass(frozen=True, slots=True)
class ListShape:
    """Which part of which list, without the values."""

    size: int
    backward: bool
    after: tuple[bool, ...] | None
    """For each column of the order whether the cursor's value is null; None: no cursor."""
    before: tuple[bool, ...] | None
    order: Order
    filter: Shape | None
    hides_archived: bool = False

    @property
    def falls(self) -> bool:
        """Whether the rows are read from the largest down, by the order's first term."""
        return self.order.terms[0][1] != self.backward

    @classmethod
    def whole(cls, order: Order) -> ListShape:
        """All of a list that has no pages."""
        return cls(0, False, None, None, order, None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A shape and its values, in the order in which the compiler places them: after, before, filter."""

    shape: Any
    values: tuple[Any, ...]


NOTHING = Asked(None, ())


def cursor_list(kind: str, order: Order) -> str:
    """The name that cursors are signed for: they may be used in any list of that kind in that order."""
    return f"{kind} {order.name}"


def asked_of_list(spec: ListSpec, given: Mapping[str, Any], cursors: CursorSigner) -> Asked:
    """Take a list's arguments apart.

    Raises: RequestError for arguments that make no page.
    """
    size, backward = _size(given.get("first"), given.get("last"))
    order = _order(spec, given.get("orderBy"))
    values: list[Any] = []
    after = _position("after", given.get("after"), cursor_list(spec.kind, order), cursors, values)
    before = _position("before", given.get("before"), cursor_list(spec.kind, order), cursors, values)
    filter = Reading(spec.conditions, values).read(given.get("filter"))
    hides = spec.hides_archived and not mentions(given.get("filter"), "archived")
    return Asked(ListShape(size, backward, after, before, order, filter, hides), tuple(values))


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page of a list that no type maps: its cursors' positions as they are."""

    size: int
    backward: bool
    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None


def asked_of_page(given: Mapping[str, Any], list_name: str, cursors: CursorSigner) -> AskedPage:
    """Take the arguments of a list apart that has neither filter nor order.

    Raises: RequestError for arguments that make no page.
    """
    size, backward = _size(given.get("first"), given.get("last"))
    found = [_cursor(name, given.get(name), list_name, cursors) for name in ("after", "before")]
    return AskedPage(size, backward, *found)


def asked_of_whole(
    takes: Mapping[str, Condition], order: Order, hides_archived: bool, given: Mapping[str, Any]
) -> Asked:
    """Take the arguments of a list apart that has no pages: each is a condition."""
    values: list[Any] = []
    filter = Reading(takes, values).read(given)
    hides = hides_archived and not mentions(given, "archived")
    return Asked(ListShape(0, False, None, None, order, filter, hides), tuple(values))


def asked_of_id(given: Mapping[str, Any], kinds: Mapping[str, Any]) -> Asked:
    """The shape of ``node(id)`` is the object's kind; None where the id is of none."""
    parts = ids.split(given["id"])
    return NOTHING if parts is None or parts[0] not in kinds else Asked(parts[0], (parts[1],))


def asked_of_ids(given: Mapping[str, Any], kinds: Mapping[str, Any]) -> Asked:
    """The shape of ``nodes(ids)`` is the kinds it asks for; the values are their ids, then (kind, id) of each place.

    Raises: RequestError for too many ids.
    """
    if len(given["ids"]) > LARGEST_PAGE:
        raise RequestError(f"ids has {len(given['ids'])} entries: give at most {LARGEST_PAGE}.", "INVALID_PAGINATION")
    places = [parts if parts and parts[0] in kinds else None for parts in map(ids.split, given["ids"])]
    by_kind: dict[str, dict[Any, None]] = {}
    for place in places:
        if place is not None:
            by_kind.setdefault(place[0], {})[place[1]] = None
    wanted = tuple(sorted(by_kind))
    return Asked(wanted, (*(list(by_kind[kind]) for kind in wanted), places))


def _size(first: int | None, last: int | None) -> tuple[int, bool]:
    """(rows on the page, whether they are taken from the end)."""
    if first is not None and last is not None:
        raise RequestError("Give first or last, not both.", "INVALID_PAGINATION")
    wanted = first if first is not None else last
    if wanted is None:
        return DEFAULT_PAGE, False
    if wanted < 0:
        name = "first" if first is not None else "last"
        raise RequestError(f"{name} is {wanted}: give 0 to {LARGEST_PAGE}.", "INVALID_PAGINATION")
    return min(wanted, LARGEST_PAGE), last is not None


def _order(spec: ListSpec, given: Sequence[Mapping[str, Any]] | None) -> Order:
    if not given:
        return spec.order
    if len(given) > MOST_ORDERS:
        raise RequestError(f"orderBy has {len(given)} entries: give at most {MOST_ORDERS}.", "INVALID_ORDER")
    terms: dict[str, bool] = {}
    for entry in given:
        for column in _plain(entry["field"]):
            terms.setdefault(column, _plain(entry["direction"]) == "DESC")
    return Order(tuple(terms.items())).then_by_id()


def _position(
    name: str, cursor: str | None, list_name: str, cursors: CursorSigner, values: list[Any]
) -> tuple[bool, ...] | None:
    position = _cursor(name, cursor, list_name, cursors)
    if position is None:
        return None
    values.extend(value for value in position if value is not None)
    return tuple(value is None for value in position)


def _cursor(name: str, cursor: str | None, list_name: str, cursors: CursorSigner) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    try:
        return cursors.read(list_name, cursor)
    except BadCursor as error:
        raise RequestError(f"{name}: {error}.", "INVALID_CURSOR") from None


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
