"""Pages as the schema describes them, in plain Python: sizes, orders and cursors."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLError

from schema.reads.mapping import Listing

Terms = tuple[tuple[str, bool], ...]
"""(column, whether descending), most significant first."""

COLUMNS_OF_ORDER = {
    "NAME": ("name_folded", "name"),
    "AMOUNT": ("currency", "amount_minor"),
    "NEXT_QUESTION": ("next_weight",),
}
"""What an order field stands for that is not simply named like its column."""


def refused(message: str, code: str) -> GraphQLError:
    """A fault of the request, as clients see it."""
    return GraphQLError(message, extensions={"code": code})


@dataclass(frozen=True)
class Asked:
    """Which page of a list is asked for."""

    size: int
    backward: bool
    terms: Terms
    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None

    @classmethod
    def of(cls, listing: Listing, given: Mapping[str, Any], cursors: Cursors) -> Asked:
        """Raises: GraphQLError for arguments that make no page."""
        first, last = given.get("first"), given.get("last")
        if first is not None and last is not None:
            raise refused("Give first or last, not both.", "INVALID_PAGINATION")
        for name, wanted in (("first", first), ("last", last)):
            if wanted is not None and wanted < 0:
                raise refused(f"{name} is {wanted}: give 0 to 100.", "INVALID_PAGINATION")
        size = first if first is not None else last if last is not None else 50
        terms = terms_of(listing, given.get("orderBy"))
        after, before = (
            None if given.get(name) is None else cursors.read(name, list_name(listing.kind, terms), given[name])
            for name in ("after", "before")
        )
        return cls(min(size, 100), last is not None, terms, after, before)

    def page(self, rows: Sequence[Any]) -> Page:
        """The page of a list's rows (given in any order)."""
        within = [
            row
            for row in in_order(rows, self.terms)
            if (self.after is None or compare(position(row, self.terms), self.after, self.terms) > 0)
            and (self.before is None or compare(position(row, self.terms), self.before, self.terms) < 0)
        ]
        more = len(within) > self.size
        if self.backward:
            shown = within[max(len(within) - self.size, 0) :]
            return Page(shown, self.before is not None, self.after is not None or more)
        return Page(within[: self.size], self.before is not None or more, self.after is not None)


@dataclass(frozen=True)
class Page:
    """The rows of a page, and whether the list goes on beyond them: at the end of a cursor it always does."""

    rows: Sequence[Any]
    has_next: bool
    has_previous: bool


def terms_of(listing: Listing, order_by: Sequence[Mapping[str, Any]] | None) -> Terms:
    """The order: as asked for, or the list's own. What is named again decides nothing; the id breaks ties.

    Raises: GraphQLError for too many.
    """
    if not order_by:
        return listing.order.terms
    if len(order_by) > 5:
        raise refused(f"orderBy has {len(order_by)} entries: give at most 5.", "INVALID_ORDER")
    terms: dict[str, bool] = {}
    for entry in order_by:
        for column in columns_of(entry["field"]):
            if column not in terms:
                terms[column] = _name(entry["direction"]) == "DESC"
    return (*terms.items(), ("id", [*terms.values()][-1]))


def columns_of(field: Any) -> tuple[str, ...]:
    """The columns that an order field stands for."""
    name = _name(field)
    return COLUMNS_OF_ORDER.get(name, (name.lower(),))


def _name(value: Any) -> str:
    return value.name if isinstance(value, Enum) else value


def snake(name: str) -> str:
    """A column's name, from a field's."""
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


# Orders


def position(row: Any, terms: Terms) -> tuple[Any, ...]:
    """Where a row stands in an order."""
    return tuple(getattr(row, column) for column, _ in terms)


def in_order(rows: Sequence[Any], terms: Terms) -> list[Any]:
    """The rows in order, those without a value last in either direction."""
    found = list(rows)
    for column, descending in reversed(terms):
        present = [row for row in found if getattr(row, column) is not None]
        absent = [row for row in found if getattr(row, column) is None]
        present.sort(key=lambda row: _weight(getattr(row, column)), reverse=descending)
        found = present + absent
    return found


def compare(one: Sequence[Any], other: Sequence[Any], terms: Terms) -> int:
    """Negative where the first position comes before the second, positive where it comes after it."""
    for mine, theirs, (_, descending) in zip(one, other, terms, strict=True):
        if mine is None or theirs is None:
            if mine is None and theirs is None:
                continue
            return 1 if mine is None else -1
        a, b = _weight(mine), _weight(theirs)
        if a != b:
            return (1 if a > b else -1) * (-1 if descending else 1)
    return 0


def _weight(value: Any) -> Any:
    """The value as it is ordered: texts by their bytes (a day of a cursor is a text, in the order of days)."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        return value.encode()
    return value.bytes if isinstance(value, UUID) else value


# Cursors


def list_name(kind: str, terms: Terms) -> str:
    """What a cursor is signed for."""
    return f"{kind} " + ",".join(f"-{column}" if descending else column for column, descending in terms)


class Cursors:
    """Cursors by their format: 12 bytes of HMAC-SHA256 over list, NUL and position, then the position as JSON."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"anbahn cursors\x00" + secret.encode()).digest()

    def write(self, name: str, values: Sequence[Any]) -> str:
        body = orjson.dumps([_json(value) for value in values])
        return base64.urlsafe_b64encode(self._signature(name, body) + body).decode().rstrip("=")

    def read(self, argument: str, name: str, text: str) -> tuple[Any, ...]:
        """The position.

        Raises: GraphQLError where the text is no cursor of the list.
        """
        wrong = f"{argument}: {text[:40]!r} is not a cursor of this list: use one from its edges or pageInfo."
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise refused(wrong, "INVALID_CURSOR") from None
        if len(text) > 4000 or data[:12] != self._signature(name, data[12:]):
            raise refused(wrong, "INVALID_CURSOR")
        return tuple(_value(value) for value in orjson.loads(data[12:]))

    def _signature(self, name: str, body: bytes) -> bytes:
        return hmac.digest(self._key, name.encode() + b"\x00" + body, "sha256")[:12]


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, UUID):
        return {"u": value.hex}
    return {"d": value.isoformat()} if isinstance(value, date) else value


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return {"t": datetime.fromisoformat, "d": date.fromisoformat, "u": UUID}[kind](text)
