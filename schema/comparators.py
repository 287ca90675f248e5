"""What lists can be filtered and ordered by: typed comparators, and the words in which a room declares its own filter.

Every condition given must hold. A comparator compares values; a field without one is equal to nothing, differs from
everything, and is found by ``isNull``.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry

from schema.scalars import CurrencyCode

E = TypeVar("E")

CONDITION = "anbahn.condition"
"""Where a filter field's columns are kept in its Strawberry metadata."""


def _comparator(description: str, name: str | None = None) -> Any:
    return strawberry.field(description=description, default=strawberry.UNSET, name=name)


@strawberry.input(description="Compares a text exactly, or a name without regard to case, umlauts and accents.")
class TextFilter:
    eq: str | None = _comparator("Is this text; null: there is none.")
    ne: str | None = _comparator("Is not this text; null: there is one.")
    in_: list[str] | None = _comparator("Is one of these.", "in")
    not_in: list[str] | None = _comparator("Is none of these.")
    contains: str | None = _comparator("Has this text in it.")
    starts_with: str | None = _comparator("Begins with this text.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares a whole number.")
class IntFilter:
    eq: int | None = _comparator("Is this number; null: there is none.")
    ne: int | None = _comparator("Is not this number; null: there is one.")
    in_: list[int] | None = _comparator("Is one of these.", "in")
    not_in: list[int] | None = _comparator("Is none of these.")
    lt: int | None = _comparator("Is smaller.")
    lte: int | None = _comparator("Is not larger.")
    gt: int | None = _comparator("Is larger.")
    gte: int | None = _comparator("Is not smaller.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares a moment. Give it with a zone, such as 2026-03-02T09:00:00Z.")
class DateTimeFilter:
    eq: datetime | None = _comparator("Is this moment; null: there is none.")
    ne: datetime | None = _comparator("Is not this moment; null: there is one.")
    lt: datetime | None = _comparator("Is before it.")
    lte: datetime | None = _comparator("Is not after it.")
    gt: datetime | None = _comparator("Is after it.")
    gte: datetime | None = _comparator("Is not before it.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares a day.")
class DateFilter:
    eq: date | None = _comparator("Is this day; null: there is none.")
    ne: date | None = _comparator("Is not this day; null: there is one.")
    lt: date | None = _comparator("Is before it.")
    lte: date | None = _comparator("Is not after it.")
    gt: date | None = _comparator("Is after it.")
    gte: date | None = _comparator("Is not before it.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares a yes or no.")
class BooleanFilter:
    eq: bool | None = _comparator("Is this.")


@strawberry.input(description="Compares a reference to another object by its global id.")
class IdFilter:
    eq: strawberry.ID | None = _comparator("Is this object; null: there is none.")
    ne: strawberry.ID | None = _comparator("Is not this object; null: there is one.")
    in_: list[strawberry.ID] | None = _comparator("Is one of these.", "in")
    not_in: list[strawberry.ID] | None = _comparator("Is none of these.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares an amount of one currency; amounts of others never match.")
class MoneyFilter:
    currency: CurrencyCode = strawberry.field(description="The currency.")
    eq: Decimal | None = _comparator("Is this amount.")
    lt: Decimal | None = _comparator("Is smaller.")
    lte: Decimal | None = _comparator("Is not larger.")
    gt: Decimal | None = _comparator("Is larger.")
    gte: Decimal | None = _comparator("Is not smaller.")


@strawberry.input(description="Compares one of a few values.")
class Filter(Generic[E]):
    eq: E | None = _comparator("Is this value; null: there is none.")
    ne: E | None = _comparator("Is not this value; null: there is one.")
    in_: list[E] | None = _comparator("Is one of these.", "in")
    not_in: list[E] | None = _comparator("Is none of these.")


def where(description: str, *, folded: str | None = None) -> Any:
    """A condition on the row's column of the same name (an amount: on ``amount_minor`` and ``currency``).

    ``folded`` names the column that holds the text as names are compared (``crm.text.name_key``).
    """
    return strawberry.field(description=description, default=strawberry.UNSET, metadata={CONDITION: folded})


def all_of() -> Any:
    """The field ``and`` of a filter."""
    return strawberry.field(name="and", description="All of these hold; none given: true.", default=strawberry.UNSET)


def any_of() -> Any:
    """The field ``or`` of a filter."""
    return strawberry.field(
        name="or", description="At least one of these holds; none given: false.", default=strawberry.UNSET
    )


def none_of() -> Any:
    """The field ``not`` of a filter."""
    return strawberry.field(name="not", description="This does not hold.", default=strawberry.UNSET)


@strawberry.enum(name="OrderDirection", description="Which end of an order comes first.")
class Direction(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest, earliest, A first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest, Z first.")


def order_fields(name: str, description: str, **fields: tuple[str, tuple[str, ...]]) -> Any:
    """The enum of what a list can be ordered by: for each value its description and the columns it stands for."""
    members = Enum(name, {field: columns for field, (_, columns) in fields.items()})  # type: ignore[misc]
    shown = strawberry.enum(members, name=name, description=description)
    for value in shown.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = fields[value.name][0]
    return shown
