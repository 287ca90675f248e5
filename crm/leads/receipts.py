"""What a conversion did to records: written down as it happens, so that it can be told to people and undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from crm.contacts.models import Contact, Organization
from crm.deals.models import Deal
from crm.effects import Effect, EffectCode
from crm.errors import DomainError
from crm.leads.models import Lead
from crm.money import Money

Record = Contact | Organization | Lead | Deal

AMOUNT = "amount"
"""The name of a deal's two columns that are one value."""
CUSTOM = "custom."
"""Begins the names of values of the workspace's own fields."""
TAG = "tag"

_NAMES = {
    "contact_id": "contact",
    "organization_id": "organization",
    "owner_id": "owner",
    "expected_close_date": "expectedCloseDate",
    "job_title": "jobTitle",
    "qualification_snapshot": "qualificationSnapshot",
}
"""Columns whose names in the API differ."""


def api_name(name: str) -> tuple[str, ...]:
    """A value's name, as the API has it."""
    if name.startswith(CUSTOM):
        return ("custom", name.removeprefix(CUSTOM))
    return (_NAMES.get(name, name),)


@dataclass(frozen=True, slots=True)
class Filled:
    """A value that a record did not have, and has since."""

    kind: str
    id: UUID
    name: str
    after: Any
    """As plain data."""
    before: Any = None
    """Nearly always nothing, for only what is empty is filled; a name is never nothing."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that a conversion changed."""

    lead: Mapping[str, Any]
    """Columns of the lead as they were."""
    made: tuple[tuple[str, UUID], ...] = ()
    filled: tuple[Filled, ...] = ()

    def plain(self) -> dict[str, Any]:
        """It as it is stored."""
        return {
            "lead": {name: plain(value) for name, value in self.lead.items()},
            "made": [[kind, str(id)] for kind, id in self.made],
            "filled": [
                {"kind": one.kind, "id": str(one.id), "name": one.name, "before": one.before, "after": one.after}
                for one in self.filled
            ],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Receipt:
        """What ``plain`` made of it."""
        return cls(
            lead=stored["lead"],
            made=tuple((kind, UUID(id)) for kind, id in stored["made"]),
            filled=tuple(
                Filled(one["kind"], UUID(one["id"]), one["name"], one["after"], one["before"])
                for one in stored["filled"]
            ),
        )

    def made_ids(self, kind: str) -> set[UUID]:
        return {id for made, id in self.made if made == kind}


@dataclass(slots=True)
class Ledger:
    """What a conversion does, while it does it."""

    rehearsing: bool
    made: list[tuple[str, UUID]] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    refusals: list[DomainError] = field(default_factory=list)

    def refuse(self, error: DomainError) -> None:
        """Refuse; in a rehearsal note it and go on, so that everything that stands in the way is told at once."""
        if not self.rehearsing:
            raise error
        self.refusals.append(error)

    def tell(self, code: EffectCode, message: str, *name: str, record: Record | None = None) -> None:
        self.effects.append(Effect(code, message, name, None if record is None else reference(record)))

    def create(self, record: Record, message: str, *name: str) -> None:
        """Note a record that is made."""
        self.made.append(reference(record))
        # In a rehearsal it has no id that anybody could ask for.
        self.tell(EffectCode.CREATES, message, *name, record=None if self.rehearsing else record)

    def note_filled(self, record: Record, name: str, after: Any, message: str, *, before: Any = None) -> None:
        """Note a value that the record did not have."""
        kind, id = reference(record)
        self.filled.append(Filled(kind, id, name, after, before))
        self.tell(EffectCode.FILLS, message, *api_name(name), record=record)

    def fill(self, record: Record, name: str, given: Any, what: str) -> bool:
        """Give the record a value, if there is one and the record has none; whether it did."""
        if empty(given):
            return False
        held, new = held_by(record, name), plain(given)
        if empty(held):
            _put(record, name, given)
            self.note_filled(record, name, new, f"{what} is filled.")
            return True
        if held != new:
            self.tell(EffectCode.KEEPS, f"{what} stays as it is.", *api_name(name), record=record)
        return False


def reference(record: Record) -> tuple[str, UUID]:
    return type(record).__name__, record.id


def empty(value: Any) -> bool:
    return value is None or value == "" or value == {} or value == []


def held_by(record: Record, name: str) -> Any:
    """A record's value as plain data, by its name in receipts."""
    if name == AMOUNT:
        amount = record.amount if isinstance(record, Deal) else None
        return None if amount is None else plain(amount)
    if name.startswith(CUSTOM):
        return record.custom.get(name.removeprefix(CUSTOM))
    return plain(getattr(record, name))


def clear(record: Record, name: str) -> None:
    """Take a value away that was filled."""
    if name.startswith(CUSTOM):
        key = name.removeprefix(CUSTOM)
        record.custom = {other: value for other, value in record.custom.items() if other != key}
    else:
        _put(record, name, {} if name == "utm" else None)


def _put(record: Record, name: str, value: Any) -> None:
    if name == AMOUNT and isinstance(record, Deal):
        record.amount_minor, record.currency = (value.minor, value.currency) if value else (None, None)
    elif name.startswith(CUSTOM):
        record.custom = {**record.custom, name.removeprefix(CUSTOM): value}
    else:
        setattr(record, name, value)


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
