"""What a client asks of a list, taken apart into its *shape*, which SQL is compiled from, and its *values*.

Two requests with one shape share one plan, whatever their values; no value ever becomes part of a plan or its key.
Bad arguments are refused here, with a message that names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum
from typing import Any, TypeAlias

from crm.errors import Invalid
from crm.money import LARGEST_MINOR, exponent
from crm.text import fold, name_key
from schema import ids
from schema.cursors import BadCursor, CursorSigner
from schema.errors import RequestError
from schema.reads.ordering import Order

LARGEST_PAGE = 100
DEFAULT_PAGE = 50
MOST_CONDITIONS = 100
MOST_ORDERS = 5

Shape: TypeAlias = "Compared | Combined"


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of a column with the next value (``isNull`` and ``notNull``: with none)."""

    comparison: str
    column: str


@dataclass(frozen=True, slots=True)
class Combined:
    """``and``, ``or`` or ``not`` of conditions; ``not`` has one."""

    word: str
    parts: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A field of a filter: which comparator on which column."""

    comparator: str
    column: str
    folded: str | None = None
    """The column that holds the text as names are compared."""
    refers_to: str | None = None
    """The kind of object that an id must be of."""


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What arguments a list takes: its rows' kind, its own order, and the fields of its filter by GraphQL name."""

    kind: str
    order: Order
    conditions: Mapping[str, Condition]


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
    filter = _Filter(spec, values).read(given.get("filter"))
    return Asked(ListShape(size, backward, after, before, order, filter), tuple(values))


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


class _Filter:
    """Reads a filter, collecting its values."""

    def __init__(self, spec: ListSpec, values: list[Any]) -> None:
        self._spec = spec
        self._values = values
        self._conditions = 0

    def read(self, given: Mapping[str, Any] | None, path: str = "filter") -> Shape | None:
        """The shape of one filter object; None when it says nothing."""
        parts: list[Shape] = []
        for name, value in (given or {}).items():
            if value is None:
                continue
            here = f"{path}.{name}"
            if name in ("and", "or"):
                inner = (self._inner(entry, f"{here}.{index}") for index, entry in enumerate(value))
                parts.append(Combined(name, tuple(inner)))
            elif name == "not":
                parts.append(Combined("not", (self._inner(value, here),)))
            else:
                parts += self._condition(self._spec.conditions[name], value, here)
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Combined("and", tuple(parts))

    def _inner(self, given: Mapping[str, Any], path: str) -> Shape:
        """The shape of a filter within a filter; one that says nothing counts as a condition, too."""
        shape = self.read(given, path)
        return self._count(Combined("and", ())) if shape is None else shape

    def _condition(self, condition: Condition, given: Mapping[str, Any], path: str) -> list[Shape]:
        if condition.comparator == "MoneyFilter":
            return self._money(condition, given, path)
        shapes: list[Shape] = []
        for comparison, value in given.items():
            if comparison == "isNull":
                if value is not None:
                    shapes.append(self._count(Compared("isNull" if value else "notNull", condition.column)))
            elif value is None:
                if comparison not in ("eq", "ne"):
                    raise RequestError(f"{path}.{comparison}: null cannot be compared with.", "INVALID_FILTER")
                shapes.append(self._count(Compared("isNull" if comparison == "eq" else "notNull", condition.column)))
            else:
                where = f"{path}.{comparison}"
                listed = isinstance(value, list)
                values = [_value(condition, comparison, entry, where) for entry in (value if listed else [value])]
                self._values.append(values if listed else values[0])
                shapes.append(self._count(Compared(comparison, condition.folded or condition.column)))
        return shapes

    def _money(self, condition: Condition, given: Mapping[str, Any], path: str) -> list[Shape]:
        try:
            code = given["currency"].strip().upper()
            places = exponent(code)
        except Invalid as error:
            raise RequestError(f"{path}.currency: {error.message}", "INVALID_FILTER") from None
        self._values.append(code)
        shapes = [self._count(Compared("eq", "currency"))]
        for comparison, amount in given.items():
            if comparison == "currency":
                continue
            if amount is None or not amount.is_finite():
                raise RequestError(f"{path}.{comparison}: give an amount such as 1500.00.", "INVALID_FILTER")
            bound = _minor(comparison, amount, places)
            if bound is None:  # no amount of the currency is as fine as that
                shapes.append(Combined("or", ()))
            else:
                self._values.append(bound)
                shapes.append(self._count(Compared(comparison, condition.column)))
        return shapes

    def _count(self, shape: Shape) -> Shape:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise RequestError(f"filter has more than {MOST_CONDITIONS} conditions.", "INVALID_FILTER")
        return shape


def _value(condition: Condition, comparison: str, value: Any, path: str) -> Any:
    """The value as the column holds it."""
    value = _plain(value)
    if condition.refers_to is not None:
        parts = ids.split(value)
        if parts is None or parts[0] != condition.refers_to:
            raise RequestError(f"{path}: {value[:60]!r} is not the id of a {condition.refers_to}.", "INVALID_FILTER")
        return parts[1]
    if isinstance(value, str):
        if "\x00" in value:
            raise RequestError(f"{path}: no text holds the character U+0000.", "INVALID_FILTER")
        if condition.folded is not None:
            return fold(value) if comparison in ("contains", "startsWith") else name_key(value)
    if isinstance(value, datetime):
        return _moment(value, path)
    return value


def _moment(value: datetime, path: str) -> datetime:
    if value.tzinfo is None:
        raise RequestError(f"{path}: give the moment with its zone, such as 2026-03-02T09:00:00Z.", "INVALID_FILTER")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise RequestError(f"{path}: {value.isoformat()} lies outside the years 1 to 9999.", "INVALID_FILTER") from None


def _minor(comparison: str, amount: Decimal, places: int) -> int | None:
    """The bound in minor units that says the same of whole minor units; None where none is equal to the amount."""
    if amount and amount.adjusted() > 17:
        bound = LARGEST_MINOR + 1 if amount > 0 else -1
        return None if comparison == "eq" else bound
    # quantize is exact whatever the number of digits; arithmetic would round them to 28 first.
    rounding = ROUND_CEILING if comparison in ("gte", "lt") else ROUND_FLOOR
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding)
    if comparison == "eq" and rounded != amount:
        return None
    return max(-1, min(int(rounded.scaleb(places)), LARGEST_MINOR + 1))
