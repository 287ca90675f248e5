"""Values to ask with: drawn from what the world holds, and around it, so that filters find something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from schema.reads.typemap import TypeMap
from tests.conftest import SECRET
from tests.schema.law.filling import KEYS, VALUES
from tests.schema.law.filters import ADDRESSES
from tests.schema.law.pages import Cursors, Terms, list_name, position, snake
from tests.schema.law.world import World

CURSORS = Cursors(SECRET)


NAMES_OF_IDS = {"owner": "Member", "parent": "Organization"}
STRANGE_TEXTS = (
    "",
    " ",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "ß",
    "ss",
    "ä",
    "a",
    "💥",
    "\u0301",
    "none of them",
    "\ufeff",
    "x" * 300,
)
BAD_CURSORS = ("", "=", "rubbish", "é", "A" * 5000, "AAAAAAAAAAAAAAAAAAAAAAAA", "bnVsbA")
NIL = "0" * 32
MALFORMED_IDS = ("", "x", "Lead", "Lead_", "Lead_00", f"lead_{NIL}", f"Lead_{NIL}\n", 5, "Lead_" + "G" * 32)
MISSING_IDS = tuple(f"{kind}_{'0' * 31}1" for kind in ("Lead", "Deal", "Money", "Node", "Query"))


class Values:
    """Values for every scalar in its place."""

    def __init__(self, world: World, types: TypeMap) -> None:
        self.world = world
        self._types = types
        self.kinds = sorted(types.node_kinds)

    @cache  # noqa: B019
    def column(self, kind: str, column: str) -> tuple[Any, ...]:
        """What the column holds, without null."""
        found = {getattr(row, column): None for row in self.world.rows[kind]}
        return tuple(value for value in found if value is not None)

    @cache  # noqa: B019
    def ids(self, kind: str) -> Sequence[str]:
        """Global ids of a kind: there, not there, and of the other workspace."""
        known = [f"{kind}_{row.id.hex}" for row in self.world.rows[kind]]
        return [*known, *known[:6], *(f"{kind}_{row.id.hex}" for row in self.world.foreign[kind][:2]), f"{kind}_{NIL}"]

    @cache  # noqa: B019
    def any_id(self) -> Sequence[Any]:
        """Anything in the place of an id."""
        few = [self.ids(kind)[step::7][:40] for kind in self.kinds for step in range(1, 3)]
        return [*(id for some in few for id in some), *MALFORMED_IDS, *MISSING_IDS]

    @cache  # noqa: B019
    def compared(self, kind: str, name: str, comparator: str, comparison: str) -> Sequence[Any]:
        """A value to compare a field of the kind's filter with."""
        column = snake(name)
        if comparator == "CustomFieldFilter":
            return KEYS
        if kind.startswith("custom "):
            return _custom(kind.removeprefix("custom "))
        if comparator == "TagFilter":
            return self.ids("Tag")
        if comparator == "AddressFilter":
            rows, _, held = ADDRESSES[f"{kind}Filter", name]
            return _addresses(self.column(rows, held), comparison)
        if comparator == "TextFilter":
            return _texts(self.column(kind, column), comparison)
        if comparator == "IntFilter":
            return _around(self.column(kind, column))
        if comparator == "DateTimeFilter":
            return _moments(self.column(kind, column))
        if comparator == "DateFilter":
            return [*{day.isoformat(): None for day in self.column(kind, column)}, "2000-01-01"]
        if comparator == "BooleanFilter":
            return (False, True)
        if comparator == "IdFilter":
            stem = name.removesuffix("Id")
            return self.ids(NAMES_OF_IDS.get(stem, stem.capitalize()))
        if comparator == "MoneyFilter":
            return _CODES if comparison == "currency" else _AMOUNTS
        raise LookupError(f"what is {comparator} compared with?")

    def refused(self, comparator: str, comparison: str) -> Sequence[Any] | None:
        """Values of the right type that are refused in this place; None: there are none."""
        if comparator in ("TextFilter", "AddressFilter", "ChoicesFilter", "CustomFieldFilter"):
            return ["\x00", "a\x00b"]
        if comparator == "NumberFilter":
            return ["NaN", "-Infinity", "1e30", "1e-30", "1" * 31, "0.1" + "0" * 28 + "1", "1e1000000", "-1e-1000000"]
        if comparator == "TagFilter":
            return [*MALFORMED_IDS, "Lead_" + "0" * 32]
        if comparator == "DateTimeFilter":
            return ["2026-03-02T09:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"]
        if comparator == "IdFilter":
            return [*MALFORMED_IDS, "Money_" + "0" * 32]
        if comparator == "MoneyFilter":
            return ["XXX", "", "EURO"] if comparison == "currency" else ["NaN", "-Infinity", "sNaN"]
        return None

    def scalar(self, name: str) -> Sequence[Any]:
        """A value of a scalar that stands in no place known here."""
        return {
            "Int": range(-3, 120),
            "String": STRANGE_TEXTS,
            "Boolean": (False, True),
            "ID": self.any_id(),
        }[name]

    def cursor(self, kind: str, terms: Terms, row: Any, other: Any, split: int) -> str:
        """The cursor of a row, or (with two of them) of a place between rows."""
        values = (*position(row, terms)[:split], *position(other, terms)[split:])
        return CURSORS.write(list_name(kind, terms), values)


def _texts(held: Iterable[str], comparison: str) -> Sequence[str]:
    texts = dict.fromkeys([*held, *STRANGE_TEXTS])
    if comparison == "contains":
        return [*dict.fromkeys([text[1:3] for text in texts] + [text[-2:] for text in texts])]
    if comparison == "startsWith":
        return [*dict.fromkeys([text[:2] for text in texts] + [text.upper()[:1] for text in texts])]
    return [*texts, *dict.fromkeys(text.swapcase() for text in texts)]


def _addresses(held: Iterable[str], comparison: str) -> Sequence[str]:
    texts = [*dict.fromkeys(held)]
    if comparison in ("contains", "startsWith"):
        return [*(text[: len(text) // 2] for text in texts), "+", "", "30", "@", "%", "X.TEST", " +49 "]
    return [
        *texts,
        *(text.upper() for text in texts[:20]),
        *STRANGE_TEXTS,
        "+49 30-1",
        "0049301",
        "a@x.test",
        "x" * 300,
    ]


def _custom(slot: str) -> Sequence[Any]:
    """What a custom field may be compared with."""
    if slot == "number":
        numbers = [value for value in VALUES if isinstance(value, int | Decimal) and not isinstance(value, bool)]
        return [*(str(number) for number in numbers if number < 10**30), "5.00", "-0", "1e3", 5, 0.1, "9" * 30]
    if slot == "date":
        return ["2026-03-02", "2026-03-03", "2024-02-29", "0001-01-01", "9999-12-31"]
    if slot == "boolean":
        return (False, True)
    texts = [value for value in VALUES if isinstance(value, str)]
    return [*texts, *STRANGE_TEXTS, "RED", "re"]


def _around(held: Iterable[int]) -> Sequence[int]:
    near = {number + step for number in held for step in (-1, 0, 1)} | {0, -1}
    return sorted(number for number in near if -(2**31) <= number < 2**31)


def _moments(held: Iterable[datetime]) -> Sequence[str]:
    shifted = timezone(timedelta(hours=5, minutes=30))
    found: dict[str, None] = {}
    for moment in held:
        found[moment.isoformat()] = None
        found[moment.isoformat().replace("+00:00", "Z")] = None
        if 2 < moment.year < 9998:
            found[moment.astimezone(shifted).isoformat()] = None
            found[(moment + timedelta(microseconds=1)).isoformat()] = None
    return [*found, "2026-03-02T09:00Z"]


_CODES = ("EUR", "eur", " USD ", "JPY", "KWD", "CHF")
_AMOUNTS = (
    0, 1, 5, "0.00", "0.01", "0.05", "0.005", "0.0100", 0.99, "1.00", "123.45", "12345", "12.345", "-1", "-0", "1e3",
    "1000000000000000.00", "999999999999999.99", "100000000000000000", "99999999999999999", "100000000000000000.001",
    "1e30", "-1e30", "1e-30", "0.3333333333333333333333333333333333333333", "10000000", "1E+7", "100000000000000",
)  # fmt: skip
