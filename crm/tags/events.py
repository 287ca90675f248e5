"""What happens to tags, and to records by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCreated(Event):
    name: ClassVar[str] = "tag.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChanged(Event):
    name: ClassVar[str] = "tag.changed"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDeleted(Event):
    name: ClassVar[str] = "tag.deleted"
    word: str
    records: int
    """How many had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTagged(Event):
    """Tags were put on a record, or taken off it."""

    added: list[UUID]
    removed: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTagged(RecordTagged):
    name: ClassVar[str] = "contact.tagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationTagged(RecordTagged):
    name: ClassVar[str] = "organization.tagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTagged(RecordTagged):
    name: ClassVar[str] = "lead.tagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealTagged(RecordTagged):
    name: ClassVar[str] = "deal.tagged"
