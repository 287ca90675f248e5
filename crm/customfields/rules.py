"""What custom fields may hold, and how it is read and carried along. Pure.

A record's values are one JSON object, by the keys of the fields: text, number, yes or no, day (ISO 8601), a choice, or
an array of choices. A number is a ``Decimal`` here, so that none of its digits is lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, count
from typing import Any, TypeAlias

from crm import text
from crm.customfields.facts import FieldFacts, FieldKind
from crm.errors import Invalid

Json: TypeAlias = str | Decimal | bool | list[str]
Values: TypeAlias = Mapping[str, Any]
"""A record's values, by key. What was stored once may be of any kind."""

MOST_FIELDS = 100
"""Of one entity, archived ones apart."""
MOST_CHOICES = 200
MOST_DIGITS = 30
LONGEST_TEXT = 10_000
LONGEST_CHOICE = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SLOTS = {kind: kind.value.lower() for kind in FieldKind}
"""The name of the slot that holds a field's value, in what is given and what is shown."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody gives it: by its slot; no slot empties the field."""

    key: str
    slots: tuple[tuple[str, Any], ...] = ()
    """(slot, value), each not None."""


def read_key(key: str) -> str:
    """A field's key as somebody gives it.

    Raises: Invalid.
    """
    if not _KEY.fullmatch(key):
        raise Invalid(
            f"{key[:60]!r} is no key: give 1 to 50 of a-z, 0-9 and _, beginning with a letter, such as company_size.",
            field=("key",),
        )
    return key


def key_for(name: str, taken: Collection[str]) -> str:
    """A key made of a field's name, other than those that are taken."""
    stem = re.sub(r"[^a-z0-9]+", "_", text.fold(name)).strip("_")
    stem = (stem if stem[:1].isalpha() else f"field_{stem}")[:45].strip("_")
    keys = chain([stem], (f"{stem}_{number}" for number in count(2)))
    return next(key for key in keys if key not in taken)


def read_choices(given: Sequence[str], kind: FieldKind) -> list[str]:
    """What can be chosen, in this order.

    Raises: Invalid.
    """
    if kind not in (FieldKind.CHOICE, FieldKind.CHOICES):
        if given:
            raise Invalid(f"A field of kind {kind.value} has no choices.", field=("choices",))
        return []
    if not 1 <= len(given) <= MOST_CHOICES:
        raise Invalid(f"choices has {len(given)} entries: give 1 to {MOST_CHOICES}.", field=("choices",))
    found: dict[str, str] = {}
    for index, choice in enumerate(given):
        at = ("choices", str(index))
        read = text.required(choice, field=at, limit=LONGEST_CHOICE)
        other = found.setdefault(text.fold(read) or read, read)
        if other is not read:
            raise Invalid(f"{read!r} looks like {other!r}: choices differ in more than case and accents.", field=at)
    return list(found.values())


def is_number(value: Decimal) -> bool:
    """Whether it is a number, of at most MOST_DIGITS digits as people write it."""
    if not value.is_finite():
        return False
    if not value:
        return True
    _, digits, exponent = value.as_tuple()
    places = int(exponent)
    trailing = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    places += trailing
    return max(value.adjusted() + 1, 1) + max(-places, 0) <= MOST_DIGITS


def written(value: Decimal) -> str:
    """The number as people write it: no exponent, no zeros that say nothing."""
    if not value:
        return "0"
    shown = format(value, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def changes(given: Sequence[Given], fields: Mapping[str, FieldFacts], *, at: tuple[str, ...]) -> dict[str, Json | None]:
    """What the given values change of a record, by key; None empties a field. ``fields`` are its entity's, by key.

    Raises: Invalid, naming the slot at fault below ``at``, and saying what the field is.
    """
    found: dict[str, Json | None] = {}
    for index, value in enumerate(given):
        here = (*at, str(index))
        field = fields.get(value.key)
        if field is None:
            known = ", ".join(sorted(key for key, one in fields.items() if not one.archived)[:20]) or "none"
            raise Invalid(f"There is no custom field {value.key[:60]!r} here: there are {known}.", field=(*here, "key"))
        if field.archived:
            raise Invalid(f"{field.name} is archived: restore the field first.", field=(*here, "key"))
        if value.key in found:
            raise Invalid(f"{field.name} is given twice: give it once.", field=(*here, "key"))
        found[value.key] = _change(value, field, here)
    return found


def merged(values: Values, changes: Mapping[str, Json | None]) -> dict[str, Any]:
    """A record's values after the changes; all others stay."""
    kept = {key: value for key, value in values.items() if key not in changes}
    return kept | {key: value for key, value in changes.items() if value is not None}


def carry(values: Values, from_fields: Sequence[FieldFacts], to_fields: Sequence[FieldFacts]) -> dict[str, Any]:
    """What of a record's values another one can hold: those whose key is there too, with the same kind.

    Of choices, those that are there too. Archived fields are left behind, and give nothing.
    """
    kinds = {field.key: field.kind for field in from_fields if not field.archived}
    found: dict[str, Any] = {}
    for field in to_fields:
        if field.archived or kinds.get(field.key) is not field.kind:
            continue
        value = shown(values, field)
        if value is None:
            continue
        if field.kind is FieldKind.CHOICE and value not in field.choices:
            continue
        if field.kind is FieldKind.CHOICES:
            value = [choice for choice in field.choices if choice in value]
            if not value:
                continue
        found[field.key] = value
    return found


def shown(values: Values, field: FieldFacts) -> Any:
    """A field's value, as its kind holds such; None where there is none of that kind."""
    value = values.get(field.key)
    match field.kind:
        case FieldKind.NUMBER:
            return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
        case FieldKind.BOOLEAN:
            is_right = isinstance(value, bool)
        case FieldKind.DATE:
            is_right = isinstance(value, str) and is_day(value)
        case FieldKind.CHOICES:
            is_right = isinstance(value, list) and bool(value) and all(isinstance(entry, str) for entry in value)
        case _:
            is_right = isinstance(value, str)
    return value if is_right else None


def is_day(value: str) -> bool:
    """Whether it is a day of the calendar as ISO 8601 writes it."""
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _change(given: Given, field: FieldFacts, here: tuple[str, ...]) -> Json | None:
    slot = SLOTS[field.kind]
    for name, _ in given.slots:
        if name != slot:
            raise Invalid(f"{field.name} is of kind {field.kind.value}: give it as {slot}.", field=(*here, name))
    if not given.slots:
        return None
    value, at = given.slots[0][1], (*here, slot)
    match field.kind:
        case FieldKind.TEXT:
            return text.note(value, field=at, limit=LONGEST_TEXT)
        case FieldKind.NUMBER:
            if not is_number(value):
                raise Invalid(f"{field.name} takes a number of at most {MOST_DIGITS} digits, such as 12.5.", field=at)
            return Decimal(written(value))
        case FieldKind.DATE:
            day: date = value
            return day.isoformat()
        case FieldKind.CHOICE:
            return _chosen(value, field, at)
        case FieldKind.CHOICES:
            some = {_chosen(entry, field, (*at, str(index))) for index, entry in enumerate(value)}
            return [choice for choice in field.choices if choice in some] or None
        case _:
            return bool(value)


def _chosen(value: str, field: FieldFacts, at: tuple[str, ...]) -> str:
    if value not in field.choices:
        listed = ", ".join(repr(choice) for choice in field.choices[:20])
        raise Invalid(f"{value[:60]!r} is no choice of {field.name}: choose one of {listed}.", field=at)
    return value
