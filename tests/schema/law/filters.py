"""Filters as the schema describes them, in plain Python and with two truth values.

A comparison with a missing value does not hold, and its ``not`` does: a field without a value is equal to nothing and
differs from everything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any
from uuid import UUID

from graphql import GraphQLInputObjectType, GraphQLSchema, get_named_type
from iso4217 import Currency

from crm.contacts.rules import parse_email
from crm.errors import Invalid
from crm.text import fold, name_key
from tests.schema.law.facts import Facts
from tests.schema.law.pages import refused, snake

Holds = Callable[[Any], bool]
"""Whether a filter holds for a row."""

SORTED_NAMES = {("ContactFilter", "name"), ("OrganizationFilter", "name")}
"""The texts that are compared as people sort them."""
REFERRED = {"owner": "Member", "parent": "Organization"}
"""The kind of object an id must be of, where it is not named like its field."""
_ID = re.compile(r"([A-Za-z]+)_([0-9a-f]{32})")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda mine, value: mine is not None and mine == value,
    "ne": lambda mine, value: mine is None or mine != value,
    "lt": lambda mine, value: mine is not None and mine < value,
    "lte": lambda mine, value: mine is not None and mine <= value,
    "gt": lambda mine, value: mine is not None and mine > value,
    "gte": lambda mine, value: mine is not None and mine >= value,
    "in": lambda mine, value: mine is not None and mine in value,
    "notIn": lambda mine, value: mine is None or mine not in value,
    "contains": lambda mine, value: mine is not None and value in mine,
    "startsWith": lambda mine, value: mine is not None and mine.startswith(value),
}


ADDRESSES = {
    ("ContactFilter", "email"): ("ContactEmail", "contact_id", "address_normalized"),
    ("ContactFilter", "phone"): ("ContactPhone", "contact_id", "number"),
    ("OrganizationFilter", "email"): ("OrganizationEmail", "organization_id", "address_normalized"),
    ("OrganizationFilter", "phone"): ("OrganizationPhone", "organization_id", "number"),
}
"""Where addresses are kept: (rows, whose they are, as they are compared)."""


def speaks_of(given: Mapping[str, Any] | None, field: str) -> bool:
    """Whether a filter says anything of a field, however deep."""
    for name, value in (given or {}).items():
        within = value if isinstance(value, list) else [value]
        if value is not None and (
            name == field or (name in ("and", "or", "not") and any(speaks_of(entry, field) for entry in within))
        ):
            return True
    return False


class Filter:
    """Reads one filter; every comparison in it counts."""

    def __init__(self, schema: GraphQLSchema, type_name: str, facts: Facts) -> None:
        self._schema = schema
        self._type = type_name
        self._facts = facts
        self._comparisons = 0

    def read(self, given: Mapping[str, Any] | None, path: str = "filter") -> Holds:
        """Raises: GraphQLError for what cannot be compared."""
        parts: list[Holds] = []
        for name, value in (given or {}).items():
            here = f"{path}.{name}"
            if value is None:
                continue
            if name in ("and", "or"):
                inner = [self.read(entry, f"{here}.{index}") for index, entry in enumerate(value)]
                parts.append(_all(inner) if name == "and" else _any(inner))
            elif name == "not":
                parts.append(_not(self.read(value, here)))
            else:
                parts.append(_all(self._condition(name, value, here)))
        return _all(parts)

    def _condition(self, name: str, given: Any, path: str) -> list[Holds]:
        filter = self._schema.type_map[self._type]
        assert isinstance(filter, GraphQLInputObjectType)
        field = filter.fields[name]
        sorted_as_names = "as people sort" in (field.description or "")
        assert sorted_as_names == ((self._type, name) in SORTED_NAMES), f"is {self._type}.{name} compared as a name?"
        comparator = get_named_type(field.type).name
        if comparator == "Boolean":
            assert name == "archived"
            self._count()
            return [lambda row: (row.archived_at is not None) is given]
        if comparator == "MoneyFilter":
            return self._money(snake(name), given, path)
        if comparator == "TagFilter":
            return [hold for word, value in given.items() for hold in self._tags(word, value, f"{path}.{word}")]
        if comparator == "AddressFilter":
            return [hold for word, value in given.items() for hold in self._address(name, word, value, path)]
        if comparator == "CustomFieldFilter":
            return [hold for index, one in enumerate(given) for hold in self._custom(one, f"{path}.{index}")]
        return [
            self._comparison(name, comparator, comparison, value, f"{path}.{comparison}")
            for comparison, value in given.items()
            if not (comparison == "isNull" and value is None)
        ]

    def _comparison(self, name: str, comparator: str, comparison: str, value: Any, path: str) -> Holds:
        column = snake(name)
        if comparison == "isNull" or value is None:
            if comparison not in ("isNull", "eq", "ne"):
                raise refused(f"{path}: null cannot be compared with.", "INVALID_FILTER")
            missing = value if comparison == "isNull" else comparison == "eq"
            self._count()
            return lambda row: (getattr(row, column) is None) is missing
        if comparator == "IdFilter":
            kind = REFERRED.get(name.removesuffix("Id"), name.removesuffix("Id").capitalize())
            assert kind in self._schema.type_map, f"{self._type}.{name}: whose id is it?"
            value = _each(value, lambda entry: _id(entry, kind, path))
        elif comparator == "TextFilter":
            value = _each(value, lambda entry: _text(entry, path))
            if (self._type, name) in SORTED_NAMES:
                column = "name_folded"
                value = _each(value, fold if comparison in ("contains", "startsWith") else name_key)
        elif comparator == "DateTimeFilter":
            value = _each(value, lambda entry: _moment(entry, path))
        else:
            value = _each(value, lambda entry: entry.value if isinstance(entry, Enum) else entry)
        self._count()
        compare = _COMPARISONS[comparison]
        return lambda row: compare(getattr(row, column), value)

    # What belongs to a row

    def _tags(self, word: str, value: Any, path: str) -> list[Holds]:
        column = f"{self._type.removesuffix('Filter').lower()}_id"

        def tags(row: Any) -> set[Any]:
            return {tagging.tag_id for tagging in self._facts.where("Tagging", column, row.id)}

        if word == "isEmpty":
            if value is None:
                return []
            self._count()
            return [lambda row: (not tags(row)) is value]
        wanted = {_id(entry, "Tag", path) for entry in _given(value, path)}
        self._count()
        return [lambda row: _SETS[word](tags(row), wanted)]

    def _address(self, name: str, word: str, value: Any, path: str) -> list[Holds]:
        kind, column, compared = ADDRESSES[self._type, name]

        def held(row: Any) -> list[str]:
            return [getattr(child, compared) for child in self._facts.where(kind, column, row.id)]

        if word == "isNull" or (word == "eq" and value is None):
            if value is None and word == "isNull":
                return []
            self._count()
            missing = value is not False
            return [lambda row: (not held(row)) is missing]
        as_compared = _email if name == "email" else _phone
        given = _each(_given(value, f"{path}.{word}"), lambda entry: _text(entry, f"{path}.{word}"))
        sought = _each(given, lambda entry: as_compared(entry, word in ("eq", "in")))
        self._count()
        return [lambda row: any(_COMPARISONS[word](address, sought) for address in held(row))]

    def _custom(self, given: Mapping[str, Any], path: str) -> list[Holds]:
        key = _text(given["key"], f"{path}.key")
        parts: list[Holds] = []
        for name, value in given.items():
            if value is None or name == "key":
                continue
            if name == "isNull":
                self._count()
                parts.append(lambda row, value=value: (row.custom.get(key) is None) is value)  # type: ignore[misc]
            else:
                for word, sought in value.items():
                    parts += self._slot(key, name, word, sought, f"{path}.{name}.{word}")
        return parts

    def _slot(self, key: str, name: str, word: str, value: Any, path: str) -> list[Holds]:
        def mine(row: Any) -> Any:
            return _held(row.custom.get(key), name)

        if name == "choices":
            wanted = {_text(entry, path) for entry in _given(value, path)}
            self._count()
            return [lambda row: _SETS[word](mine(row), wanted)]
        if word == "isNull" or (value is None and word in ("eq", "ne")):
            if value is None and word == "isNull":
                return []
            self._count()
            missing = value if word == "isNull" else word == "eq"
            return [lambda row: (mine(row) is None) is missing]
        checked = {"number": _number, "text": _text, "choice": _text}.get(name)
        sought = _given(value, path)
        if checked is not None:
            sought = _each(sought, lambda entry: checked(entry, path))
        elif name == "date":
            sought = sought.isoformat()
        self._count()
        return [lambda row: _COMPARISONS[word](mine(row), sought)]

    def _money(self, column: str, given: Mapping[str, Any], path: str) -> list[Holds]:
        code = given["currency"].strip().upper()
        try:
            places = Currency(code).exponent
        except ValueError:
            places = None
        if places is None:
            message = f"{code!r} is not a currency: give its ISO 4217 code, such as EUR."
            raise refused(f"{path}.currency: {message}", "INVALID_FILTER")
        unit = Decimal(10) ** -places
        self._count()
        parts: list[Holds] = [lambda row: row.currency == code]
        for comparison, amount in given.items():
            if comparison == "currency":
                continue
            if amount is None or not amount.is_finite():
                raise refused(f"{path}.{comparison}: give an amount such as 1500.00.", "INVALID_FILTER")
            if not (comparison == "eq" and not _is_whole(amount, unit)):
                self._count()
            parts.append(_amount(_COMPARISONS[comparison], column, unit, amount))
        return parts

    def _count(self) -> None:
        self._comparisons += 1
        if self._comparisons > 100:
            raise refused("filter has more than 100 conditions.", "INVALID_FILTER")


_SETS: Mapping[str, Callable[[set[Any], set[Any]], bool]] = {
    "any": lambda mine, wanted: bool(mine & wanted),
    "all": lambda mine, wanted: mine >= wanted,
    "none": lambda mine, wanted: not mine & wanted,
}


def _held(value: Any, slot: str) -> Any:
    """What is kept for a custom field, as one kind of value."""
    if slot == "choices":
        return {entry for entry in value if isinstance(entry, str)} if isinstance(value, list) else set()
    if slot == "boolean":
        return value if isinstance(value, bool) else None
    if slot == "number":
        return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    if not isinstance(value, str) or (slot == "date" and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        return None
    return value


def _given(value: Any, path: str) -> Any:
    if value is None:
        raise refused(f"{path}: null cannot be compared with.", "INVALID_FILTER")
    return value


def _number(number: Decimal, path: str) -> Decimal:
    digits = "x" * 31
    if number.is_finite() and (not number or abs(int(number.as_tuple().exponent)) <= 100):
        whole, _, places = format(number or Decimal(0), "f").strip("-").partition(".")
        digits = (whole.lstrip("0") or "0") + places.rstrip("0")
    if len(digits) > 30:
        raise refused(f"{path}: give a number of at most 30 digits, such as 12.5.", "INVALID_FILTER")
    return number


def _email(text: str, whole: bool) -> str:
    try:
        return parse_email(text)[1] if whole else unicodedata.normalize("NFC", text.strip()).casefold()
    except Invalid:
        return unicodedata.normalize("NFC", text.strip()).casefold()


def _phone(text: str, whole: bool) -> str:
    digits = re.sub("[^0-9]", "", text)
    if text.strip()[:1] == "+":
        return "+" + digits
    return re.sub("^00", "+", digits) if whole else digits


def _amount(compare: Callable[[Any, Any], bool], column: str, unit: Decimal, amount: Decimal) -> Holds:
    def holds(row: Any) -> bool:
        minor = getattr(row, f"{column}_minor")
        return compare(None if minor is None else minor * unit, amount)  # both exact: at most 18 digits

    return holds


def _is_whole(amount: Decimal, unit: Decimal) -> bool:
    """Whether it is a whole number of minor units, and none beyond all bounds."""
    if amount and amount.adjusted() > 17:
        return False
    return (Fraction(amount) / Fraction(unit)).denominator == 1


def _all(parts: list[Holds]) -> Holds:
    return lambda row: all(part(row) for part in parts)


def _any(parts: list[Holds]) -> Holds:
    return lambda row: any(part(row) for part in parts)


def _not(part: Holds) -> Holds:
    return lambda row: not part(row)


def _each(value: Any, convert: Callable[[Any], Any]) -> Any:
    return [convert(entry) for entry in value] if isinstance(value, list) else convert(value)


def _id(text: str, kind: str, path: str) -> Any:
    found = _ID.fullmatch(text)
    if found is None or found[1] != kind:
        raise refused(f"{path}: {text[:60]!r} is not the id of a {kind}.", "INVALID_FILTER")
    return UUID(hex=found[2])


def _text(text: str, path: str) -> str:
    if "\x00" in text:
        raise refused(f"{path}: no text holds the character U+0000.", "INVALID_FILTER")
    return text


def _moment(moment: datetime, path: str) -> datetime:
    if moment.tzinfo is None:
        raise refused(f"{path}: give the moment with its zone, such as 2026-03-02T09:00:00Z.", "INVALID_FILTER")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        message = f"{path}: {moment.isoformat()} lies outside the years 1 to 9999."
        raise refused(message, "INVALID_FILTER") from None
