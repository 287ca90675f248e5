"""What lists can be filtered and ordered by: typed comparators, and the words in which a room declares its own filter.

Every condition given must hold. A comparator compares values; a field without one is equal to nothing, differs from
everything, and is found by ``isNull``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry

from schema.reads.filters import Child
from schema.scalars import CurrencyCode

E = TypeVar("E")

CONDITION = "anbahn.condition"
"""Where it is kept, in a filter field's Strawberry metadata, what the field compares: ``On``."""


@dataclass(frozen=True, slots=True)
class On:
    """What a field of a filter compares."""

    column: str | None = None
    """None: the one that is named like the field."""
    folded: str | None = None
    child: Child | None = None
    normalize: Callable[[str, bool], str] | None = None


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


@strawberry.input(description="Compares a number, exactly: 1.10 is 1.1, and as many digits count as were given.")
class NumberFilter:
    eq: Decimal | None = _comparator("Is this number; null: there is none.")
    ne: Decimal | None = _comparator("Is not this number; null: there is one.")
    in_: list[Decimal] | None = _comparator("Is one of these.", "in")
    not_in: list[Decimal] | None = _comparator("Is none of these.")
    lt: Decimal | None = _comparator("Is smaller.")
    lte: Decimal | None = _comparator("Is not larger.")
    gt: Decimal | None = _comparator("Is larger.")
    gte: Decimal | None = _comparator("Is not smaller.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares the tags of a record by their global ids.")
class TagFilter:
    any: list[strawberry.ID] | None = _comparator("Has at least one of these.")
    all: list[strawberry.ID] | None = _comparator("Has each of these.")
    none: list[strawberry.ID] | None = _comparator("Has none of these.")
    is_empty: bool | None = _comparator("Whether it has no tag at all.")


@strawberry.input(
    description="Compares addresses or phone numbers: each comparison holds where it does for at least one of them."
)
class AddressFilter:
    eq: str | None = _comparator("Is this one, however it is written; null: there is none.")
    in_: list[str] | None = _comparator("Is one of these, however they are written.", "in")
    contains: str | None = _comparator("Has this text in it.")
    starts_with: str | None = _comparator("Begins with this text.")
    is_null: bool | None = _comparator("Whether there is none.")


@strawberry.input(description="Compares what is chosen of a custom field's choices.")
class ChoicesFilter:
    any: list[str] | None = _comparator("At least one of these is chosen.")
    all: list[str] | None = _comparator("Each of these is chosen.")
    none: list[str] | None = _comparator("None of these is chosen.")


@strawberry.input(
    description="Compares one custom field. Compare what its kind holds: a value of another kind counts as none there."
)
class CustomFieldFilter:
    key: str = strawberry.field(description="The field's `key`; one that no field has is a field without values.")
    text: TextFilter | None = _comparator("TEXT: the text, exactly.")
    number: NumberFilter | None = _comparator("NUMBER: the number.")
    boolean: BooleanFilter | None = _comparator("BOOLEAN: yes or no.")
    date: DateFilter | None = _comparator("DATE: the day.")
    choice: TextFilter | None = _comparator("CHOICE: what is chosen.")
    choices: ChoicesFilter | None = _comparator("CHOICES: what is chosen; nothing where the field is empty.")
    is_null: bool | None = _comparator("Whether it is empty, whatever its kind.")


def where(description: str, *, folded: str | None = None) -> Any:
    """A condition on the row's column of the same name (an amount: on ``amount_minor`` and ``currency``).

    ``folded`` names the column that holds the text as names are compared (``crm.text.name_key``).
    """
    return _condition(description, On(folded=folded))


def archived(plural: str) -> Any:
    """Whether rows that were archived are wanted; a list whose ``Listing`` hides them shows them only then."""
    return _condition(
        f"true: only archived {plural}; false: only others. Where a filter does not speak of it, archived ones are left"
        " out of lists; for both give `or: [{archived: true}, {archived: false}]`.",
        On("archived_at"),
    )


def tagged(by: str) -> Any:
    """A condition on the tags of a row; ``by`` is the column of taggings that names it."""
    return _condition("Its tags.", On(child=Child("Tagging", by, "tag_id")))


def reached_by(description: str, kind: str, by: str, column: str, normalize: Callable[[str, bool], str]) -> Any:
    """A condition on a row's addresses: the rows of a kind whose column ``by`` names it, compared by ``column``."""
    return _condition(description, On(child=Child(kind, by, column), normalize=normalize))


def custom() -> Any:
    """Conditions on the custom fields of a row."""
    return _condition("Its custom fields; each condition must hold.", On("custom"))


def _condition(description: str, on: On) -> Any:
    return strawberry.field(description=description, default=strawberry.UNSET, metadata={CONDITION: on})


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
