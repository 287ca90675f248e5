"""Filters, taken apart into their *shape*, which SQL is compiled from, and their *values* (schema/reads/arguments.py).

The key of a custom field is a value like any other: two filters by different fields share one plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum
from typing import Any, TypeAlias

from crm.customfields.rules import MOST_DIGITS, is_number, written
from crm.errors import Invalid
from crm.money import LARGEST_MINOR, exponent
from crm.text import fold, name_key
from schema import ids
from schema.errors import RequestError

MOST_CONDITIONS = 100

Shape: TypeAlias = "Compared | Combined | Exists | HasAll"


class Slot(Enum):
    """A custom field as one kind of value: what a record holds of another kind is no value of this one."""

    ANY = "any"
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison with the next value (``isNull`` and ``notNull``: with none) of a column, or of a custom field,
    whose key is the value before."""

    comparison: str
    column: str | Slot


@dataclass(frozen=True, slots=True)
class Combined:
    """``and``, ``or`` or ``not`` of conditions; ``not`` has one."""

    word: str
    parts: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """Rows of another table that belong to a row, such as its addresses: their column ``by`` is its id."""

    kind: str
    by: str
    column: str
    """What of them is compared."""


@dataclass(frozen=True, slots=True)
class Exists:
    """At least one child is there, for which the comparison holds."""

    child: Child
    comparison: str | None = None


@dataclass(frozen=True, slots=True)
class HasAll:
    """There is a child for each of the next value's entries, all of which differ."""

    child: Child


@dataclass(frozen=True, slots=True)
class Condition:
    """A field of a filter: which comparator on what."""

    comparator: str
    column: str
    folded: str | None = None
    """The column that holds the text as names are compared."""
    refers_to: str | None = None
    """The kind of object that an id must be of."""
    child: Child | None = None
    normalize: Callable[[str, bool], str] | None = None
    """A text as the column holds such; the second argument says whether it is the whole one."""


def mentions(given: Mapping[str, Any] | None, field: str) -> bool:
    """Whether a filter says anything of a field, at whatever depth."""
    for name, value in (given or {}).items():
        if value is None:
            continue
        if name == field:
            return True
        if name in ("and", "or") and any(mentions(entry, field) for entry in value):
            return True
        if name == "not" and mentions(value, field):
            return True
    return False


class Reading:
    """Reads a filter, collecting its values."""

    def __init__(self, conditions: Mapping[str, Condition], values: list[Any]) -> None:
        self._known = conditions
        self._values = values
        self._conditions = 0

    def read(self, given: Mapping[str, Any] | None, path: str = "filter") -> Shape | None:
        """The shape of one filter object; None when it says nothing.

        Raises: RequestError for what cannot be compared.
        """
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
                parts += self._condition(self._known[name], value, here)
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Combined("and", tuple(parts))

    def _inner(self, given: Mapping[str, Any], path: str) -> Shape:
        """The shape of a filter within a filter; one that says nothing counts as a condition, too."""
        shape = self.read(given, path)
        return self._count(Combined("and", ())) if shape is None else shape

    def _condition(self, condition: Condition, given: Any, path: str) -> list[Shape]:
        match condition.comparator:
            case "Boolean":
                return [self._count(Compared("notNull" if given else "isNull", condition.column))]
            case "Chosen":  # an argument that is a condition by itself
                self._values.append(_value(condition, "eq", given, path))
                return [self._count(Compared("eq", condition.column))]
            case "MoneyFilter":
                return self._money(condition, given, path)
            case "TagFilter":
                return self._tags(condition, given, path)
            case "AddressFilter":
                return self._addresses(condition, given, path)
            case "CustomFieldFilter":
                return [shape for index, entry in enumerate(given) for shape in self._custom(entry, f"{path}.{index}")]
        return self._compared(condition, given, path)

    def _compared(
        self, condition: Condition, given: Mapping[str, Any], path: str, *, slot: Slot | None = None, key: str = ""
    ) -> list[Shape]:
        """Comparisons of one column, or of the custom field with a key."""
        shapes: list[Shape] = []
        for comparison, value in given.items():
            if comparison == "isNull":
                if value is None:
                    continue
                compared = "isNull" if value else "notNull"
            elif value is None:
                if comparison not in ("eq", "ne"):
                    raise RequestError(f"{path}.{comparison}: null cannot be compared with.", "INVALID_FILTER")
                compared = "isNull" if comparison == "eq" else "notNull"
            else:
                compared = comparison
            if slot is not None:
                self._values.append(key)
            column: str | Slot = slot or condition.column
            if compared not in ("isNull", "notNull"):
                self._values.append(_each(condition, comparison, value, f"{path}.{comparison}"))
                column = slot or condition.folded or condition.column
            shapes.append(self._count(Compared(compared, column)))
        return shapes

    def _tags(self, condition: Condition, given: Mapping[str, Any], path: str) -> list[Shape]:
        return [
            shape
            for comparison, value in given.items()
            for shape in self._of_set(condition, comparison, value, f"{path}.{comparison}")
        ]

    def _of_set(self, condition: Condition, comparison: str, value: Any, path: str) -> list[Shape]:
        """A comparison of all children at once: ``any``, ``all`` and ``none`` of some, or whether there are any."""
        child = condition.child
        if child is None:
            raise LookupError(f"{path} compares what belongs to a row")
        if comparison == "isEmpty":
            if value is None:
                return []
            there = Exists(child)
            return [self._count(Combined("not", (there,)) if value else there)]
        if value is None:
            raise RequestError(f"{path}: null cannot be compared with.", "INVALID_FILTER")
        self._values.append([*dict.fromkeys(_each(condition, comparison, value, path))])
        if comparison == "all":
            return [self._count(HasAll(child))]
        some = Exists(child, "in")
        return [self._count(Combined("not", (some,)) if comparison == "none" else some)]

    def _addresses(self, condition: Condition, given: Mapping[str, Any], path: str) -> list[Shape]:
        """Comparisons that hold where they hold for at least one of a row's addresses."""
        child = condition.child
        if child is None or condition.normalize is None:
            raise LookupError(f"{path} compares addresses")
        shapes: list[Shape] = []
        for comparison, value in given.items():
            if value is None or comparison == "isNull":
                if comparison not in ("eq", "isNull"):
                    raise RequestError(f"{path}.{comparison}: null cannot be compared with.", "INVALID_FILTER")
                if comparison == "eq" or value is not None:
                    is_there = comparison == "isNull" and not value
                    shapes.append(self._count(Exists(child) if is_there else Combined("not", (Exists(child),))))
                continue
            self._values.append(_each(condition, comparison, value, f"{path}.{comparison}"))
            shapes.append(self._count(Exists(child, comparison)))
        return shapes

    def _custom(self, given: Mapping[str, Any], path: str) -> list[Shape]:
        """What is asked of one custom field."""
        key = _value(_TEXT, "eq", given["key"], f"{path}.key")
        shapes: list[Shape] = []
        for name, value in given.items():
            here = f"{path}.{name}"
            if value is None or name == "key":
                continue
            if name == "isNull":
                self._values.append(key)
                shapes.append(self._count(Compared("isNull" if value else "notNull", Slot.ANY)))
            elif name == "choices":
                for comparison, several in value.items():
                    if several is None:
                        raise RequestError(f"{here}.{comparison}: null cannot be compared with.", "INVALID_FILTER")
                    self._values += (key, _each(_TEXT, comparison, several, f"{here}.{comparison}"))
                    shapes.append(self._count(Compared(comparison, Slot.CHOICES)))
            else:
                condition, slot = _SLOTS[name]
                shapes += self._compared(condition, value, here, slot=slot, key=key)
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


_TEXT = Condition("TextFilter", "")
_SLOTS = {
    "text": (_TEXT, Slot.TEXT),
    "choice": (_TEXT, Slot.TEXT),
    "number": (Condition("NumberFilter", ""), Slot.NUMBER),
    "boolean": (Condition("BooleanFilter", ""), Slot.BOOLEAN),
    "date": (Condition("DateFilter", ""), Slot.DATE),
}


def _each(condition: Condition, comparison: str, value: Any, path: str) -> Any:
    """The value as the column holds it, or each of a list."""
    if isinstance(value, list):
        return [_value(condition, comparison, entry, path) for entry in value]
    return _value(condition, comparison, value, path)


def _value(condition: Condition, comparison: str, value: Any, path: str) -> Any:
    """The value as the column holds it."""
    value = value.value if isinstance(value, Enum) else value
    if condition.refers_to is not None:
        parts = ids.split(value)
        if parts is None or parts[0] != condition.refers_to:
            raise RequestError(f"{path}: {value[:60]!r} is not the id of a {condition.refers_to}.", "INVALID_FILTER")
        return parts[1]
    if isinstance(value, str):
        if "\x00" in value:
            raise RequestError(f"{path}: no text holds the character U+0000.", "INVALID_FILTER")
        is_whole = comparison not in ("contains", "startsWith")
        if condition.normalize is not None:
            return condition.normalize(value, is_whole)
        if condition.folded is not None:
            return name_key(value) if is_whole else fold(value)
    if isinstance(value, Decimal):
        return _number(value, path)
    if isinstance(value, datetime):
        return _moment(value, path)
    if isinstance(value, date) and condition is _SLOTS["date"][0]:
        return value.isoformat()
    return value


def _number(value: Decimal, path: str) -> Decimal:
    if not is_number(value):
        message = f"{path}: give a number of at most {MOST_DIGITS} digits, such as 12.5."
        raise RequestError(message, "INVALID_FILTER")
    return Decimal(written(value))


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
